// Finds ISO base media boxes (ISO/IEC 14496-12 §4.2) in untrusted bytes.
#pragma once

#include "bits.hpp"

#include <rill/media/access_unit.hpp>
#include <rill/result.hpp>

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace rill::cmaf {

constexpr std::size_t box_header_size = 8;

constexpr std::uint32_t fourcc(const char (&type)[5]) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i)
        value = value << 8 | static_cast<std::uint8_t>(type[i]);
    return value;
}

inline Error broken(std::string_view what) {
    return {Code::unsupported_media, fmt::format("{}: the file is damaged, or Rill did not write it", what)};
}

struct Box {
    std::uint32_t type = 0;
    std::size_t size = 0;  ///< with the header
    Bytes content;
};

/// Takes the first box off `bytes`. Empty when it is not whole. Sizes 0 (to the end of the file) and 1 (64
/// bits), which our writer has no use for, count as broken.
inline std::optional<Box> take_box(Bytes& bytes) {
    ByteReader header(bytes);
    const std::size_t size = header.u32();
    const std::uint32_t type = header.u32();
    if (size < box_header_size || size > bytes.size()) return std::nullopt;
    const Box box{type, size, bytes.subspan(box_header_size, size - box_header_size)};
    bytes = bytes.subspan(size);
    return box;
}

/// The content of the first box of this type among boxes in a row.
inline std::optional<Bytes> find_box(Bytes bytes, std::uint32_t type) {
    while (const auto box = take_box(bytes)) {
        if (box->type == type) return box->content;
    }
    return std::nullopt;
}

/// The same through plain containers.
inline std::optional<Bytes> find_box(Bytes bytes, std::initializer_list<std::uint32_t> path) {
    std::optional<Bytes> found = bytes;
    for (const std::uint32_t type : path) {
        if (found) found = find_box(*found, type);
    }
    return found;
}

}  // namespace rill::cmaf
