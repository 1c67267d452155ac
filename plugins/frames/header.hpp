// What stands in front of each binary message of WS …/frames: 64 bytes, little-endian.
//
//   at  bytes
//    0    4   "RILF"
//    4    2   version, 1
//    6    2   bytes of this header, 64: the payload begins there, whatever a later version adds
//    8    4   format: 1 bgr, 2 rgb, 3 gray, 4 i420, 5 jpeg, 6 png
//   12    4   width, pixels
//   16    4   height, pixels
//   20    4   stride: bytes from a row to the next, of the first plane; 0 for jpeg and png
//   24    8   sequence of the picture; a gap is what this client did not get
//   32    8   capture time, UTC, microseconds since 1970 (signed)
//   40    8   running time of the server's media clock, nanoseconds (signed)
//   48    4   bytes of the payload
//   52    1   matrix of i420 as ISO/IEC 23091-2 numbers it (1: BT.709, 5, 6: BT.601, 9: BT.2020); else 0
//   53    1   1: samples use the full range (0–255), 0: 16–235
//   54   10   0
#pragma once

#include "picture.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace rill::frames {

inline constexpr std::size_t header_bytes = 64;

void write_header(std::span<std::uint8_t, header_bytes> out, const Description& picture,
                  std::size_t payload_bytes);

}  // namespace rill::frames
