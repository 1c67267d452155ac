#include "box_writer.hpp"
#include "cmaf_init.hpp"
#include "h264.hpp"
#include "h265.hpp"

#include <rill/bytes.hpp>
#include <rill/media/cmaf.hpp>
#include <rill/media/formats.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace rill::cmaf {

std::size_t size_of(const Chunks& chunks) {
    std::size_t size = 0;
    for (const Ref<GBytes>& chunk : chunks)
        size += g_bytes_get_size(chunk.get());
    return size;
}

Result<Writer> Writer::create(std::vector<std::shared_ptr<const Format>> tracks, Nanoseconds epoch) {
    if (tracks.empty()) return Error{Code::not_acceptable, "there is no track to write"};
    for (const auto& format : tracks) {
        if (const auto checked = check_format(*format); !checked) return checked.error();
    }
    return Writer(std::move(tracks), epoch);
}

Writer::Writer(std::vector<std::shared_ptr<const Format>> tracks, Nanoseconds epoch)
    : tracks_(std::move(tracks)), epoch_(epoch) {}

Ref<GBytes> Writer::init_segment() const {
    return cmaf::init_segment(tracks_);
}

namespace {

/// The bytes of a buffer, which stays mapped as long as they live.
Ref<GBytes> share(const Ref<GstBuffer>& buffer) {
    struct Holder {
        explicit Holder(Ref<GstBuffer> held) : buffer(std::move(held)), mapped(buffer.get()) {}
        Ref<GstBuffer> buffer;
        MappedBuffer mapped;
    };
    auto holder = std::make_unique<Holder>(buffer);
    const Bytes bytes = holder->mapped.bytes();
    return Ref<GBytes>::adopt(g_bytes_new_with_free_func(
        bytes.data(), bytes.size(), [](gpointer data) { delete static_cast<Holder*>(data); },
        holder.release()));
}

/// With avc1 and hvc1 the parameter sets are in the sample entry only, and a sample is its own delimiter
/// (ISO/IEC 14496-15).
bool belongs_in_sample(Codec codec, Bytes nal) {
    if (codec == Codec::h264) {
        const auto type = h264::nal_type(nal);
        return type < h264::NalType::sps || type > h264::NalType::access_unit_delimiter;
    }
    const auto type = h265::nal_type(nal);
    return type < h265::NalType::vps || type > h265::NalType::access_unit_delimiter;
}

/// Appends the ranges of a unit of NAL units that its sample consists of, neighbours in one piece.
void append_nals(Codec codec, const Ref<GBytes>& unit, Chunks& payload) {
    constexpr std::size_t length_size = 4;
    const Bytes whole = view(unit);
    std::size_t start = 0;
    std::size_t end = 0;
    const auto flush = [&] {
        if (end == start) return;
        payload.push_back(Ref<GBytes>::adopt(g_bytes_new_from_bytes(unit.get(), start, end - start)));
    };
    for_each_nal(whole, [&](Bytes nal) {
        if (!belongs_in_sample(codec, nal)) return;
        const auto offset = static_cast<std::size_t>(nal.data() - whole.data()) - length_size;
        if (offset != end) {
            flush();
            start = offset;
        }
        end = offset + length_size + nal.size();
    });
    flush();
}

struct Sample {
    const AccessUnit* unit;
    std::size_t size;
};

/// A run whose samples are known.
struct TrackFragment {
    std::size_t track = 0;
    Nanoseconds end{0};
    std::vector<Sample> samples;
    std::size_t size = 0;
    std::size_t data_offset_position = 0;  ///< of trun's data_offset in the moof
};

/// Chooses the samples of a run and appends their bytes to `payload`.
TrackFragment collect(const Run& run, const Format& format, Chunks& payload) {
    TrackFragment fragment;
    fragment.track = run.track;
    fragment.end = run.end;
    for (const UnitPtr& unit : run.units) {
        const std::size_t before = payload.size();
        Ref<GBytes> bytes = share(unit->buffer);
        if (format.codec == Codec::h264 || format.codec == Codec::h265) {
            append_nals(format.codec, bytes, payload);
        } else if (g_bytes_get_size(bytes.get()) > 0) {
            payload.push_back(std::move(bytes));
        }
        std::size_t size = 0;
        for (std::size_t i = before; i < payload.size(); ++i)
            size += g_bytes_get_size(payload[i].get());
        if (size > 0) fragment.samples.push_back({unit.get(), size});
        fragment.size += size;
    }
    return fragment;
}

/// Rounded ticks since the epoch; 0 before it.
std::uint64_t ticks(Nanoseconds time, Nanoseconds epoch, std::uint32_t scale) {
    if (time <= epoch) return 0;
    const auto since = static_cast<std::uint64_t>(time.count()) - static_cast<std::uint64_t>(epoch.count());
    return gst_util_uint64_scale_round(since, scale, GST_SECOND);
}

/// The decode times of the samples, and the end after them. They always grow, even where units lie before the
/// epoch or closer together than a tick.
std::vector<std::uint64_t> decode_times(const TrackFragment& fragment, Nanoseconds epoch,
                                        std::uint32_t scale) {
    std::vector<std::uint64_t> times;
    times.reserve(fragment.samples.size() + 1);
    const auto append = [&](Nanoseconds time) {
        const std::uint64_t earliest = times.empty() ? 0 : times.back() + 1;
        times.push_back(std::max(ticks(time, epoch, scale), earliest));
    };
    for (const Sample& sample : fragment.samples)
        append(sample.unit->dts);
    append(fragment.end);
    return times;
}

/// ISO/IEC 14496-12 §8.8.3.1 and §8.6.4.3.
std::uint32_t sample_flags(bool keyframe, bool disposable) {
    constexpr std::uint32_t depends_on_no_other = 2U << 24;
    constexpr std::uint32_t depends_on_others = 1U << 24;
    constexpr std::uint32_t is_not_depended_on = 2U << 22;
    constexpr std::uint32_t is_non_sync = 1U << 16;
    const std::uint32_t sync = keyframe ? depends_on_no_other : depends_on_others | is_non_sync;
    return disposable ? sync | is_not_depended_on : sync;
}

std::uint32_t duration(std::uint64_t from, std::uint64_t to) {
    return static_cast<std::uint32_t>(
        std::min<std::uint64_t>(to - from, std::numeric_limits<std::uint32_t>::max()));
}

/// The composition time offset of trun version 1, in two's complement.
std::uint32_t composition_offset(std::uint64_t presentation, std::uint64_t decode) {
    const auto offset = static_cast<std::int64_t>(presentation) - static_cast<std::int64_t>(decode);
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(
        offset, std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max()));
}

void write_track_run(BoxWriter& out, TrackFragment& fragment, const Format& format, Nanoseconds epoch,
                     std::span<const std::uint64_t> times) {
    constexpr std::uint32_t data_offset = 0x001;
    constexpr std::uint32_t sample_duration = 0x100;
    constexpr std::uint32_t sample_size = 0x200;
    constexpr std::uint32_t sample_flags_present = 0x400;
    constexpr std::uint32_t composition_offsets = 0x800;
    const bool video = format.kind == Kind::video;
    const std::uint32_t fields = data_offset | sample_duration | sample_size |
                                 (video ? sample_flags_present | composition_offsets : 0);
    out.full_box("trun", 1, fields, [&] {
        out.u32(fragment.samples.size());
        fragment.data_offset_position = out.size();
        out.u32(0);
        for (std::size_t i = 0; i < fragment.samples.size(); ++i) {
            const Sample& sample = fragment.samples[i];
            out.u32(duration(times[i], times[i + 1]));
            out.u32(sample.size);
            if (!video) continue;
            out.u32(sample_flags(sample.unit->keyframe, sample.unit->disposable));
            out.u32(composition_offset(ticks(sample.unit->pts, epoch, time_scale(format)), times[i]));
        }
    });
}

void write_track_fragment(BoxWriter& out, TrackFragment& fragment, const Format& format, Nanoseconds epoch) {
    constexpr std::uint32_t description_index = 0x000002;
    constexpr std::uint32_t default_sample_flags = 0x000020;
    constexpr std::uint32_t default_base_is_moof = 0x020000;
    const std::uint32_t fields = default_base_is_moof | description_index;
    const bool video = format.kind == Kind::video;
    const std::vector<std::uint64_t> times = decode_times(fragment, epoch, time_scale(format));
    out.box("traf", [&] {
        out.full_box("tfhd", 0, fields | (video ? 0 : default_sample_flags), [&] {
            out.u32(fragment.track + 1);
            // trex says so, too; here it can be written over when the fragment goes into a joined file.
            out.u32(1);
            if (!video) out.u32(sample_flags(true, false));
        });
        out.full_box("tfdt", 1, 0, [&] { out.u64(times.front()); });
        write_track_run(out, fragment, format, epoch, times);
    });
}

}  // namespace

Chunks Writer::fragment(std::span<const Run> runs) {
    constexpr std::size_t mdat_header = 8;
    constexpr std::size_t max_offset = std::numeric_limits<std::int32_t>::max();
    Chunks chunks(1);  // the first place is for moof and the header of mdat
    std::vector<TrackFragment> fragments;
    for (const Run& run : runs) {
        TrackFragment fragment = collect(run, *tracks_.at(run.track), chunks);
        if (!fragment.samples.empty()) fragments.push_back(std::move(fragment));
    }

    BoxWriter out;
    out.box("moof", [&] {
        out.full_box("mfhd", 0, 0, [&] { out.u32(sequence_ + 1); });
        for (TrackFragment& fragment : fragments) {
            write_track_fragment(out, fragment, *tracks_[fragment.track], epoch_);
        }
    });
    std::size_t offset = out.size() + mdat_header;
    const std::size_t moof_size = out.size();
    for (const TrackFragment& fragment : fragments) {
        out.patch_u32(fragment.data_offset_position, offset);
        offset += fragment.size;
    }
    if (fragments.empty() || offset > max_offset) return {};
    out.u32(offset - moof_size);
    out.text("mdat");
    chunks.front() = out.to_bytes();
    ++sequence_;
    return chunks;
}

}  // namespace rill::cmaf
