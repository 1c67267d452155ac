// Finds boxes of an ISO base media file, for tests to look into.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rill::test {

/// Integers at byte offsets of a box's content; throws std::out_of_range beyond its end.
struct Box {
    std::string type;
    std::size_t position = 0;  ///< of the box's header in the bytes it was read from
    std::span<const std::uint8_t> content;

    std::uint32_t u16(std::size_t offset) const { return static_cast<std::uint32_t>(integer(offset, 2)); }
    std::uint32_t u32(std::size_t offset) const { return static_cast<std::uint32_t>(integer(offset, 4)); }
    std::uint64_t u64(std::size_t offset) const { return integer(offset, 8); }

  private:
    std::uint64_t integer(std::size_t offset, std::size_t size) const;
};

/// The boxes in a row; throws std::runtime_error when their sizes do not fill the bytes exactly.
std::vector<Box> boxes(std::span<const std::uint8_t> bytes);

/// All boxes at a path such as "moof/traf/trun". Only plain containers may be walked through.
std::vector<Box> find_boxes(std::span<const std::uint8_t> bytes, std::string_view path);

}  // namespace rill::test
