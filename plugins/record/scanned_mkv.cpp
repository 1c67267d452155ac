#include "index.hpp"
#include "scanned_muxed.hpp"

#include <rill/media/formats.hpp>
#include <rill/recorded_codecs.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace rill::record {

namespace {

using Bytes = std::span<const std::uint8_t>;

/// RFC 9559 §5.1, RFC 8794 §11.
enum Id : std::uint32_t {
    ebml_head = 0x1A45DFA3,
    segment = 0x18538067,
    info = 0x1549A966,
    timestamp_scale = 0x2AD7B1,
    tracks = 0x1654AE6B,
    track_entry = 0xAE,
    codec_id = 0x86,
    codec_private = 0x63A2,
    cluster = 0x1F43B675,
    cluster_timestamp = 0xE7,
    simple_block = 0xA3,
    block_group = 0xA0,
    block = 0xA1,
    void_element = 0xEC,
};

constexpr std::size_t head_bytes = 1u << 20;
/// What is torn may be as long as the longest part (recordMaxPartSize).
constexpr std::uint64_t longest_tail = 1'000'000'000;
constexpr std::uint64_t search_bytes = 4u << 20;

struct Element {
    std::uint32_t id = 0;
    std::size_t header = 0;             ///< bytes of id and size
    std::optional<std::uint64_t> size;  ///< empty: unknown
};

/// Empty when there is no whole header.
std::optional<Element> element_at(Bytes bytes) {
    if (bytes.empty() || bytes[0] < 0x10) return std::nullopt;
    std::size_t at = 0;
    Element element;
    for (std::size_t length = bytes[0] >= 0x80   ? 1
                              : bytes[0] >= 0x40 ? 2
                              : bytes[0] >= 0x20 ? 3
                                                 : 4;
         length > 0; --length) {
        if (at >= bytes.size()) return std::nullopt;
        element.id = element.id << 8 | bytes[at++];
    }
    if (at >= bytes.size() || bytes[at] == 0) return std::nullopt;
    std::size_t length = 1;
    while ((bytes[at] << (length - 1) & 0x80) == 0)
        ++length;
    if (at + length > bytes.size()) return std::nullopt;
    std::uint64_t size = bytes[at] & (0xFFU >> length);
    for (std::size_t i = 1; i < length; ++i)
        size = size << 8 | bytes[at + i];
    element.header = at + length;
    const std::uint64_t unknown = (std::uint64_t{1} << (7 * length)) - 1;
    if (size != unknown) element.size = size;
    return element;
}

/// Elements one after the other, until `each` returns false or there is none; where that is. Segment and
/// Clusters are gone into.
template <class Each>
std::size_t walk(Bytes bytes, const Each& each) {
    std::size_t at = 0;
    while (const auto element = element_at(bytes.subspan(at))) {
        const std::size_t content = at + element->header;
        const bool is_outer = !element->size || element->id == segment || element->id == cluster;
        const std::uint64_t size = is_outer ? 0 : *element->size;
        const bool fits = size <= bytes.size() - content;
        if (!fits || !each(*element, bytes.subspan(content, size), at)) break;
        at = content + size;
    }
    return at;
}

std::uint64_t number(Bytes bytes) {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : bytes.first(std::min<std::size_t>(bytes.size(), 8)))
        value = value << 8 | byte;
    return value;
}

/// RFC 9559 §27: what GStreamer writes.
std::string codec_of(Bytes entry) {
    std::string id;
    Bytes config;
    walk(entry, [&](const Element& element, Bytes content, std::size_t) {
        if (element.id == codec_id) id.assign(content.begin(), content.end());
        if (element.id == codec_private) config = content;
        return true;
    });
    // It may be padded with zeros.
    id.resize(std::min(id.size(), id.find('\0')));
    if (id == "V_MPEG4/ISO/AVC") {
        const auto video = parse_h264_config(config);
        return video ? video->codec_string : "";
    }
    if (id == "V_MPEGH/ISO/HEVC") {
        const auto video = parse_h265_config(config);
        return video ? video->codec_string : "";
    }
    if (id.starts_with("A_AAC")) return fmt::format("mp4a.40.{}", config.empty() ? 2 : config[0] >> 3);
    // BITMAPINFOHEADER: its biCompression is a FourCC.
    constexpr std::string_view mjpeg = "MJPG";
    const bool is_fourcc = id == "V_MS/VFW/FOURCC" && config.size() >= 20;
    if (is_fourcc && std::equal(mjpeg.begin(), mjpeg.end(), config.begin() + 16)) return "mp4v.6C";
    if (id == "A_OPUS") return "opus";
    if (id == "A_PCM/INT/BIG") return "lpcm";
    // WAVEFORMATEX, little endian: 6 is A-law, 7 is µ-law.
    if (id == "A_MS/ACM" && config.size() >= 2) return config[0] == 6 ? "alaw" : config[0] == 7 ? "ulaw" : "";
    return "";
}

struct Head {
    std::uint64_t scale_ns = 1'000'000;
    std::string codecs;
    std::optional<std::size_t> first_cluster;
};

Head read_head(Bytes bytes) {
    Head head;
    walk(bytes, [&](const Element& element, Bytes content, std::size_t at) {
        if (element.id == cluster) head.first_cluster = at;
        if (element.id == info) {
            walk(content, [&](const Element& inner, Bytes value, std::size_t) {
                if (inner.id == timestamp_scale) head.scale_ns = number(value);
                return true;
            });
        }
        if (element.id == tracks) {
            walk(content, [&](const Element& inner, Bytes value, std::size_t) {
                if (inner.id == track_entry) append_codec(head.codecs, codec_of(value));
                return true;
            });
        }
        return !head.first_cluster;
    });
    return head;
}

/// Where the last Cluster begins.
Result<std::uint64_t> find_last_cluster(int fd, std::uint64_t size) {
    constexpr std::array<std::uint8_t, 5> start = {0x1F, 0x43, 0xB6, 0x75, 0x01};
    for (std::uint64_t end = size; end > 0 && size - end < longest_tail;) {
        const std::uint64_t begin = end - std::min(end, search_bytes);
        const auto bytes = read_at(fd, begin, std::min(size, end + start.size() - 1) - begin);
        if (!bytes) return bytes.error();
        const auto found = std::find_end(bytes->begin(), bytes->end(), start.begin(), start.end());
        if (found != bytes->end()) return begin + static_cast<std::uint64_t>(found - bytes->begin());
        end = begin;
    }
    return Error{Code::unsupported_media, "there is no Cluster at its end"};
}

/// What is told of the last Cluster's blocks.
struct Tail {
    std::int64_t last = 0;  ///< the latest time, in units of the file
    std::int64_t step = 0;  ///< from the block before
    bool has_block = false;
    std::size_t whole = 0;
};

Tail read_tail(Bytes bytes) {
    // So that no sum below overflows.
    constexpr auto latest = std::uint64_t{1} << 61;
    Tail tail;
    std::int64_t base = 0;
    const auto take_block = [&](Bytes content) {
        if (content.size() < 4) return;
        // A track number of one byte, and a signed time of two.
        const std::int64_t time = base + static_cast<std::int16_t>(content[1] << 8 | content[2]);
        if (tail.has_block && time > tail.last) tail.step = time - tail.last;
        tail.last = std::max(tail.last, time);
        tail.has_block = true;
    };
    tail.whole = walk(bytes, [&](const Element& element, Bytes content, std::size_t) {
        // What was not whole when the process ended.
        if (element.id == void_element) return false;
        if (element.id == cluster_timestamp)
            base = static_cast<std::int64_t>(std::min(number(content), latest));
        if (element.id == simple_block) take_block(content);
        if (element.id == block_group) {
            walk(content, [&](const Element& inner, Bytes value, std::size_t) {
                if (inner.id == block) take_block(value);
                return true;
            });
        }
        return true;
    });
    return tail;
}

/// Longer than any recording where the file says so.
std::int64_t duration_of(const Tail& tail, std::uint64_t scale_ns) {
    if (!tail.has_block) return 0;
    constexpr std::int64_t too_long = Index::longest_segment_us + 1;
    const std::int64_t units = tail.last + tail.step;
    const std::uint64_t unit_us = scale_ns / 1000;
    if (unit_us > too_long || (unit_us > 0 && units > too_long / static_cast<std::int64_t>(unit_us)))
        return too_long;
    return std::max(units * static_cast<std::int64_t>(unit_us), one_picture_us);
}

}  // namespace

Result<ScannedMux> scan_matroska(int fd, std::uint64_t size) {
    const auto first = read_at(fd, 0, std::min<std::uint64_t>(size, head_bytes));
    if (!first) return first.error();
    const auto magic = element_at(*first);
    if (!magic || magic->id != ebml_head) return Error{Code::unsupported_media, "it is no Matroska"};
    const Head head = read_head(*first);
    ScannedMux found;
    found.codecs = head.codecs;
    found.whole_bytes = size;
    if (!head.first_cluster) return found;
    found.init_bytes = static_cast<std::uint32_t>(*head.first_cluster);

    const auto at = find_last_cluster(fd, size);
    if (!at) return at.error();
    const auto bytes = read_at(fd, *at, size - *at);
    if (!bytes) return bytes.error();
    const Tail tail = read_tail(*bytes);
    found.whole_bytes = *at + tail.whole;
    if (found.whole_bytes < size) found.torn = "a Cluster is not whole";
    found.duration_us = duration_of(tail, head.scale_ns);
    return found;
}

}  // namespace rill::record
