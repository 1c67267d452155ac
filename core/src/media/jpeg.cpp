#include "jpeg.hpp"

namespace rill::jpeg {

namespace {

/// The second byte of a marker; the first is 0xFF (table B.1).
enum Marker : std::uint8_t {
    temporary = 0x01,
    first_frame = 0xC0,
    last_huffman_frame = 0xC2,
    huffman_tables = 0xC4,
    extension = 0xC8,
    arithmetic_conditioning = 0xCC,
    last_frame = 0xCF,
    first_restart = 0xD0,
    start_of_image = 0xD8,
    end_of_image = 0xD9,
    start_of_scan = 0xDA,
};

/// The next marker: any number of 0xFF may be before it (§B.1.1.2). 0, which is none, when there is another
/// byte instead.
std::uint8_t take_marker(ByteReader& reader) {
    if (reader.u8() != 0xFF) return 0;
    std::uint8_t code = 0xFF;
    while (code == 0xFF && reader.ok())
        code = reader.u8();
    return code;
}

bool has_content(std::uint8_t marker) {
    return marker != temporary && (marker < first_restart || marker > start_of_image);
}

bool begins_frame(std::uint8_t marker) {
    return marker >= first_frame && marker <= last_frame && marker != huffman_tables && marker != extension &&
           marker != arithmetic_conditioning;
}

/// A frame header after its length (§B.2.2).
std::optional<Size> parse_frame(Bytes header) {
    constexpr int max_side = 16'384;
    constexpr int max_pixels = 2 * 8192 * 4320;  // decoded, some 200 MB
    constexpr std::size_t component_size = 3;
    ByteReader reader(header);
    const int precision = reader.u8();
    Size size;
    size.height = reader.u16();  // 0: a DNL marker says it after the scan, which no camera does
    size.width = reader.u16();
    const std::size_t components = reader.u8();
    if (precision != 8 || (components != 1 && components != 3)) return std::nullopt;
    if (size.width < 1 || size.height < 1 || size.width > max_side || size.height > max_side ||
        size.width * size.height > max_pixels)
        return std::nullopt;
    if (reader.rest().size() != components * component_size) return std::nullopt;
    return size;
}

}  // namespace

std::optional<Size> parse_size(Bytes jpeg) {
    ByteReader reader(jpeg);
    if (take_marker(reader) != start_of_image) return std::nullopt;
    std::optional<Size> size;
    while (reader.ok()) {
        const std::uint8_t marker = take_marker(reader);
        if (marker == 0 || marker == end_of_image) return std::nullopt;
        if (!has_content(marker)) continue;
        constexpr std::size_t length_size = 2;
        const std::size_t length = reader.u16();
        if (length < length_size) return std::nullopt;
        const Bytes content = reader.take(length - length_size);
        if (!reader.ok()) return std::nullopt;
        if (marker == start_of_scan) return reader.rest().empty() ? std::nullopt : size;
        if (!begins_frame(marker)) continue;
        // A second frame is of the hierarchical mode.
        if (marker > last_huffman_frame || size) return std::nullopt;
        size = parse_frame(content);
        if (!size) return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace rill::jpeg
