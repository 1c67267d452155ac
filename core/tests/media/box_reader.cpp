#include "box_reader.hpp"

#include <stdexcept>

namespace rill::test {

std::uint64_t Box::integer(std::size_t offset, std::size_t size) const {
    if (offset + size > content.size()) throw std::out_of_range("beyond the end of " + type);
    std::uint64_t value = 0;
    for (const std::uint8_t byte : content.subspan(offset, size))
        value = value << 8 | byte;
    return value;
}

std::vector<Box> boxes(std::span<const std::uint8_t> bytes) {
    constexpr std::size_t header = 8;
    std::vector<Box> found;
    for (std::size_t position = 0; position < bytes.size();) {
        const Box rest{"box", position, bytes.subspan(position)};
        const std::size_t size = rest.u32(0);
        if (size < header || size > rest.content.size()) throw std::runtime_error("a box size is wrong");
        const auto type = rest.content.subspan(4, 4);
        found.push_back(
            {std::string(type.begin(), type.end()), position, rest.content.subspan(header, size - header)});
        position += size;
    }
    return found;
}

std::vector<Box> find_boxes(std::span<const std::uint8_t> bytes, std::string_view path) {
    const std::size_t slash = path.find('/');
    std::vector<Box> found;
    for (const Box& box : boxes(bytes)) {
        if (box.type != path.substr(0, slash)) continue;
        if (slash == std::string_view::npos) {
            found.push_back(box);
            continue;
        }
        for (Box& inner : find_boxes(box.content, path.substr(slash + 1)))
            found.push_back(std::move(inner));
    }
    return found;
}

}  // namespace rill::test
