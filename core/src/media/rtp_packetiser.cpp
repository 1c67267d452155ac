#include <rill/media/formats.hpp>
#include <rill/media/rtp.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <optional>

namespace rill::rtp {

namespace {

constexpr std::size_t length_size = 4;

/// Where a NAL unit lies in the unit's buffer.
struct Nal {
    std::size_t offset, size;
    std::array<std::uint8_t, 2> header;  // H.264 uses the first byte
};

/// What differs between the two video payload formats.
struct VideoFormat {
    std::size_t nal_header_size;
    std::uint8_t (*type)(std::uint8_t first_byte);
    bool (*is_parameter_set)(std::uint8_t type);
    bool (*is_left_out)(std::uint8_t type);
    /// The bytes in front of a fragment, with neither the start nor the end bit set.
    std::uint8_t fragment_head_size;
    std::array<std::uint8_t, 3> (*fragment_head)(const Nal& nal);
    /// The bytes in front of an aggregation packet.
    std::vector<std::uint8_t> (*aggregate_head)(std::span<const std::span<const std::uint8_t>> nals);
};

// RFC 6184. The header is F(1) NRI(2) type(5).
constexpr std::uint8_t h264_stap_a = 24;
constexpr std::uint8_t h264_fu_a = 28;

const VideoFormat h264_format{
    .nal_header_size = 1,
    .type = [](std::uint8_t first) -> std::uint8_t { return first & 0x1F; },
    .is_parameter_set = [](std::uint8_t type) { return type == 7 || type == 8; },
    .is_left_out = [](std::uint8_t type) { return type == 9 || type == 12; },
    .fragment_head_size = 2,
    .fragment_head = [](const Nal& nal) -> std::array<std::uint8_t, 3> {
        return {static_cast<std::uint8_t>((nal.header[0] & 0xE0) | h264_fu_a),
                static_cast<std::uint8_t>(nal.header[0] & 0x1F), 0};
    },
    .aggregate_head = [](std::span<const std::span<const std::uint8_t>> nals) -> std::vector<std::uint8_t> {
        // §5.7.1: the highest NRI of those aggregated.
        std::uint8_t importance = 0;
        for (const auto& nal : nals)
            importance = std::max(importance, static_cast<std::uint8_t>(nal[0] & 0x60));
        return {static_cast<std::uint8_t>(importance | h264_stap_a)};
    },
};

// RFC 7798. The header is F(1) type(6) layer(6) temporal id(3).
constexpr std::uint8_t h265_ap = 48;
constexpr std::uint8_t h265_fu = 49;

const VideoFormat h265_format{
    .nal_header_size = 2,
    .type = [](std::uint8_t first) -> std::uint8_t { return (first >> 1) & 0x3F; },
    .is_parameter_set = [](std::uint8_t type) { return type >= 32 && type <= 34; },
    .is_left_out = [](std::uint8_t type) { return type == 35 || type == 38; },
    .fragment_head_size = 3,
    .fragment_head = [](const Nal& nal) -> std::array<std::uint8_t, 3> {
        return {static_cast<std::uint8_t>((nal.header[0] & 0x81) | (h265_fu << 1)), nal.header[1],
                static_cast<std::uint8_t>((nal.header[0] >> 1) & 0x3F)};
    },
    // Parameter sets are of layer 0 and temporal id 0 (which is written as 1).
    .aggregate_head = [](std::span<const std::span<const std::uint8_t>>) -> std::vector<std::uint8_t> {
        return {h265_ap << 1, 1};
    },
};

Ref<GstMemory> copy_to_memory(std::span<const std::uint8_t> bytes) {
    auto* copy = static_cast<std::uint8_t*>(g_memdup2(bytes.data(), bytes.size()));
    return Ref<GstMemory>::adopt(
        gst_memory_new_wrapped(GST_MEMORY_FLAG_READONLY, copy, bytes.size(), 0, bytes.size(), copy, g_free));
}

/// A part of the buffer as memory: shared where it lies in one piece of memory, as is usual.
Ref<GstMemory> share(GstBuffer* buffer, std::size_t offset, std::size_t size) {
    guint index = 0;
    guint count = 0;
    gsize skip = 0;
    if (gst_buffer_find_memory(buffer, offset, size, &index, &count, &skip) == FALSE) return nullptr;
    if (count == 1) {
        GstMemory* whole = gst_buffer_peek_memory(buffer, index);
        return Ref<GstMemory>::adopt(
            gst_memory_share(whole, static_cast<gssize>(skip), static_cast<gssize>(size)));
    }
    std::vector<std::uint8_t> bytes(size);
    gst_buffer_extract(buffer, offset, bytes.data(), size);
    return copy_to_memory(bytes);
}

/// The NAL units of a unit, read without mapping it whole (which would merge its memories). Empty: broken.
std::optional<std::vector<Nal>> find_nals(GstBuffer* buffer, const VideoFormat& format) {
    std::vector<Nal> nals;
    const std::size_t end = gst_buffer_get_size(buffer);
    std::size_t at = 0;
    while (at < end) {
        std::array<std::uint8_t, length_size> length{};
        if (gst_buffer_extract(buffer, at, length.data(), length_size) != length_size) return std::nullopt;
        const std::size_t size = GST_READ_UINT32_BE(length.data());
        at += length_size;
        if (size > end - at) return std::nullopt;
        if (size > format.nal_header_size) {
            Nal nal{at, size, {}};
            gst_buffer_extract(buffer, at, nal.header.data(), format.nal_header_size);
            nals.push_back(nal);
        }
        at += size;
    }
    return nals;
}

/// Cuts one video unit.
class VideoCut {
  public:
    VideoCut(const AccessUnit& unit, const VideoFormat& format, std::size_t max_payload)
        : unit_(unit), format_(format), max_payload_(max_payload) {}

    bool run(std::vector<Slice>& slices) {
        const auto nals = find_nals(unit_.buffer.get(), format_);
        if (!nals) return false;
        if (unit_.keyframe) add_parameter_sets(missing_parameter_sets(*nals), slices);
        for (const Nal& nal : *nals) {
            if (!format_.is_left_out(format_.type(nal.header[0]))) add(nal, slices);
        }
        if (!slices.empty()) slices.back().marker = true;
        return true;
    }

  private:
    std::vector<std::span<const std::uint8_t>> missing_parameter_sets(const std::vector<Nal>& nals) const {
        auto sets = parameter_sets(*unit_.format);
        std::erase_if(sets, [&](const auto& set) {
            return set.size() <= format_.nal_header_size ||
                   std::any_of(nals.begin(), nals.end(), [&](const Nal& nal) {
                       return nal.size == set.size() &&
                              gst_buffer_memcmp(unit_.buffer.get(), nal.offset, set.data(), set.size()) == 0;
                   });
        });
        return sets;
    }

    void add_parameter_sets(std::span<const std::span<const std::uint8_t>> sets,
                            std::vector<Slice>& slices) const {
        if (sets.size() > 1) {
            std::vector<std::uint8_t> packet = format_.aggregate_head(sets);
            for (const auto& set : sets) {
                packet.push_back(static_cast<std::uint8_t>(set.size() >> 8));
                packet.push_back(static_cast<std::uint8_t>(set.size()));
                std::copy(set.begin(), set.end(), std::back_inserter(packet));
            }
            if (packet.size() <= max_payload_) {
                slices.emplace_back().body = copy_to_memory(packet);
                return;
            }
        }
        for (const auto& set : sets) {
            Nal nal{0, set.size(), {}};
            std::copy_n(set.begin(), format_.nal_header_size, nal.header.begin());
            add_whole_or_cut(nal, slices, [&](std::size_t offset, std::size_t size) {
                return copy_to_memory(set.subspan(offset, size));
            });
        }
    }

    void add(const Nal& nal, std::vector<Slice>& slices) const {
        add_whole_or_cut(nal, slices, [&](std::size_t offset, std::size_t size) {
            return share(unit_.buffer.get(), nal.offset + offset, size);
        });
    }

    template <class Part>
    void add_whole_or_cut(const Nal& nal, std::vector<Slice>& slices, const Part& part) const {
        if (nal.size <= max_payload_) {
            slices.emplace_back().body = part(0, nal.size);
            return;
        }
        // Pieces of equal size: a short last packet costs as much as a full one.
        const std::size_t room = max_payload_ - format_.fragment_head_size;
        const std::size_t bytes = nal.size - format_.nal_header_size;
        const std::size_t pieces = (bytes + room - 1) / room;
        std::size_t at = 0;
        for (std::size_t piece = 0; piece < pieces; ++piece) {
            const std::size_t end = bytes * (piece + 1) / pieces;
            Slice& slice = slices.emplace_back();
            std::ranges::copy(format_.fragment_head(nal), slice.head.begin());
            slice.head_size = format_.fragment_head_size;
            std::uint8_t& flags = slice.head[slice.head_size - 1u];
            if (piece == 0) flags |= 0x80;
            if (piece + 1 == pieces) flags |= 0x40;
            slice.body = part(format_.nal_header_size + at, end - at);
            at = end;
        }
    }

    const AccessUnit& unit_;
    const VideoFormat& format_;
    std::size_t max_payload_;
};

/// Cuts a frame into pieces of equal size, each behind a payload descriptor that `describe` writes: it is
/// told whether the piece is the first and the last, and returns the descriptor's size, at most `largest`.
template <class Describe>
void cut_frame(const AccessUnit& unit, std::size_t max_payload, std::size_t largest,
               std::vector<Slice>& slices, const Describe& describe) {
    const std::size_t bytes = gst_buffer_get_size(unit.buffer.get());
    const std::size_t room = max_payload - largest;
    const std::size_t pieces = (bytes + room - 1) / room;
    std::size_t at = 0;
    for (std::size_t piece = 0; piece < pieces; ++piece) {
        const std::size_t end = bytes * (piece + 1) / pieces;
        Slice& slice = slices.emplace_back();
        slice.marker = piece + 1 == pieces;
        slice.head_size = describe(slice.head.data(), piece == 0, slice.marker);
        slice.body = share(unit.buffer.get(), at, end - at);
        at = end;
    }
}

/// A PictureID of 15 bits: viewers tell by it that nothing is missing between two frames.
std::uint8_t* put_picture_id(std::uint8_t* to, const AccessUnit& unit) {
    *to++ = static_cast<std::uint8_t>(0x80 | (unit.sequence >> 8 & 0x7F));
    *to++ = static_cast<std::uint8_t>(unit.sequence);
    return to;
}

/// RFC 7741 §4.2: X, S at the start of the frame; then I and the PictureID.
void cut_vp8(const AccessUnit& unit, std::size_t max_payload, std::vector<Slice>& slices) {
    constexpr std::uint8_t size = 4;
    cut_frame(unit, max_payload, size, slices, [&unit](std::uint8_t* head, bool is_first, bool) {
        head[0] = is_first ? 0x90 : 0x80;
        head[1] = 0x80;
        put_picture_id(head + 2, unit);
        return size;
    });
}

/// RFC 9628 §4.2, non-flexible mode, one layer: I, P, B, E, V; the PictureID; with V the scalability
/// structure, which says the size and that each picture refers to the one before it.
void cut_vp9(const AccessUnit& unit, std::size_t max_payload, std::vector<Slice>& slices) {
    constexpr std::uint8_t plain_size = 3;
    constexpr std::uint8_t size_with_structure = 11;
    cut_frame(unit, max_payload, size_with_structure, slices,
              [&unit](std::uint8_t* head, bool is_first, bool is_last) {
                  const bool has_structure = unit.keyframe && is_first;
                  *head =
                      static_cast<std::uint8_t>(0x80 | (unit.keyframe ? 0 : 0x40) | (is_first ? 0x08 : 0) |
                                                (is_last ? 0x04 : 0) | (has_structure ? 0x02 : 0));
                  std::uint8_t* to = put_picture_id(head + 1, unit);
                  if (!has_structure) return plain_size;
                  *to++ = 0x18;  // N_S 0, Y, G
                  GST_WRITE_UINT16_BE(to, unit.format->width);
                  GST_WRITE_UINT16_BE(to + 2, unit.format->height);
                  to += 4;
                  *to++ = 1;     // N_G
                  *to++ = 0x04;  // TID 0, R 1
                  *to = 1;       // P_DIFF
                  return size_with_structure;
              });
}

void cut_opus(const AccessUnit& unit, std::vector<Slice>& slices) {
    // A packet of Opus cannot be split (RFC 7587 §4.2); IP fragments a larger one.
    slices.emplace_back().body = share(unit.buffer.get(), 0, gst_buffer_get_size(unit.buffer.get()));
}

void cut_g711(const AccessUnit& unit, std::size_t max_payload, std::vector<Slice>& slices) {
    const std::size_t channels = static_cast<std::size_t>(std::max(unit.format->channels, 1));
    const std::size_t step = max_payload - max_payload % channels;
    const std::size_t size = gst_buffer_get_size(unit.buffer.get());
    for (std::size_t at = 0; at < size; at += step) {
        Slice& slice = slices.emplace_back();
        slice.ticks = static_cast<std::uint32_t>(at / channels);
        slice.body = share(unit.buffer.get(), at, std::min(step, size - at));
    }
}

}  // namespace

bool supports(Codec codec) {
    switch (codec) {
        case Codec::h264:
        case Codec::h265:
        case Codec::vp8:
        case Codec::vp9:
        case Codec::opus:
        case Codec::pcmu:
        case Codec::pcma:
            return true;
        case Codec::mjpeg:
        case Codec::aac:
        case Codec::g722:
        case Codec::lpcm:
            break;
    }
    return false;
}

std::uint32_t clock_rate(const Format& format) {
    if (format.kind == Kind::video) return 90'000;
    if (format.codec == Codec::opus) return 48'000;
    return static_cast<std::uint32_t>(std::max(format.sample_rate, 1));
}

Result<PayloadPtr> Packetiser::packetise(UnitPtr unit) {
    auto payload = std::make_shared<Payload>();
    auto& slices = payload->slices;
    bool intact = true;
    switch (unit->format->codec) {
        case Codec::h264:
            intact = VideoCut(*unit, h264_format, max_payload_).run(slices);
            break;
        case Codec::h265:
            intact = VideoCut(*unit, h265_format, max_payload_).run(slices);
            break;
        case Codec::vp8:
            cut_vp8(*unit, max_payload_, slices);
            break;
        case Codec::vp9:
            cut_vp9(*unit, max_payload_, slices);
            break;
        case Codec::opus:
            cut_opus(*unit, slices);
            break;
        case Codec::pcmu:
        case Codec::pcma:
            cut_g711(*unit, max_payload_, slices);
            break;
        case Codec::mjpeg:
        case Codec::aac:
        case Codec::g722:
        case Codec::lpcm:
            return Error{Code::not_acceptable, fmt::format("there is no RTP payload format for {} here",
                                                           to_string(unit->format->codec))};
    }
    if (!intact) {
        return Error{Code::invalid_config,
                     fmt::format("unit {} is broken: a NAL unit runs over its end", unit->sequence)};
    }
    for (const Slice& slice : slices)
        payload->bytes += slice.size();
    payload->unit = std::move(unit);
    return PayloadPtr(std::move(payload));
}

}  // namespace rill::rtp
