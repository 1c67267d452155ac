// The parts of a segment as a few bytes each.
#pragma once

#include <rill/result.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace rill::record {

/// A fraction of a segment's file (a CMAF chunk: moof and mdat). Parts are consecutive, without holes, from
/// the end of the init segment on.
struct Part {
    std::uint32_t duration_us = 0;
    std::uint32_t bytes = 0;
    bool keyframe = false;  ///< its first picture is one

    bool operator==(const Part&) const = default;
};

/// For each part two varints (LEB128, low groups first): how much longer it is than the part before it, in us
/// (zigzag), and bytes * 2 + keyframe. Cameras are regular: four or five bytes a part.
std::vector<std::uint8_t> pack_parts(std::span<const Part> parts);

/// Error: internal when the bytes are not what pack_parts makes.
Result<std::vector<Part>> unpack_parts(std::span<const std::uint8_t> packed);

}  // namespace rill::record
