#include <rill/media/rtp.hpp>

#include <algorithm>

namespace rill::rtp {

namespace {

constexpr std::size_t fixed_header_size = 12;
constexpr std::size_t extension_header_size = 4;

std::uint8_t* put16(std::uint8_t* to, std::uint32_t value) {
    *to++ = static_cast<std::uint8_t>(value >> 8);
    *to++ = static_cast<std::uint8_t>(value);
    return to;
}

std::uint8_t* put32(std::uint8_t* to, std::uint32_t value) {
    return put16(put16(to, value >> 16), value);
}

std::uint8_t* put_extension(std::uint8_t* to, std::span<const std::uint8_t> extension) {
    const std::size_t words = (extension.size() + 3) / 4;
    to = put16(to, 0xBEDE);
    to = put16(to, static_cast<std::uint32_t>(words));
    to = std::copy(extension.begin(), extension.end(), to);
    return std::fill_n(to, words * 4 - extension.size(), std::uint8_t{0});
}

}  // namespace

std::size_t Slice::size() const {
    return head_size + (body ? gst_memory_get_sizes(body.get(), nullptr, nullptr) : 0);
}

std::uint32_t to_ticks(Nanoseconds time, std::uint32_t clock_rate) {
    // Seconds apart from the rest, so that the product stays within 64 bits for ever.
    constexpr std::int64_t second = 1'000'000'000;
    const std::int64_t seconds = time.count() / second;
    const std::int64_t rest = time.count() % second;
    return static_cast<std::uint32_t>(seconds * clock_rate + (rest * clock_rate + second / 2) / second);
}

Ref<GstBuffer> make_packet(StreamHeader& stream, const Slice& slice, std::uint32_t timestamp,
                           std::span<const std::uint8_t> extension) {
    const std::size_t extension_size =
        extension.empty() ? 0 : extension_header_size + (extension.size() + 3) / 4 * 4;
    const std::size_t header_size = fixed_header_size + extension_size + slice.head_size;

    auto packet = Ref<GstBuffer>::adopt(gst_buffer_new_allocate(nullptr, header_size, nullptr));
    GstMapInfo map;
    if (gst_buffer_map(packet.get(), &map, GST_MAP_WRITE) != FALSE) {
        std::uint8_t* to = map.data;
        *to++ = extension.empty() ? 0x80 : 0x90;
        *to++ = static_cast<std::uint8_t>((slice.marker ? 0x80 : 0) | (stream.payload_type & 0x7F));
        to = put16(to, stream.sequence++);
        to = put32(to, timestamp);
        to = put32(to, stream.ssrc);
        if (!extension.empty()) to = put_extension(to, extension);
        std::copy_n(slice.head.begin(), slice.head_size, to);
        gst_buffer_unmap(packet.get(), &map);
    }
    if (slice.body) gst_buffer_append_memory(packet.get(), Ref<GstMemory>(slice.body).leak());
    return packet;
}

}  // namespace rill::rtp
