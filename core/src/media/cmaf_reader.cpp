// Movie fragments back into samples. The inverse of cmaf.cpp.
#include "track_fragment.hpp"

#include <rill/media/cmaf_reader.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace rill::cmaf {
namespace {

/// Of at most latest_ticks.
Nanoseconds to_time(std::uint64_t ticks, std::uint32_t scale) {
    return Nanoseconds(static_cast<std::int64_t>(gst_util_uint64_scale_round(ticks, GST_SECOND, scale)));
}

Nanoseconds to_signed_time(std::int64_t ticks, std::uint32_t scale) {
    return ticks < 0 ? -to_time(static_cast<std::uint64_t>(-ticks), scale)
                     : to_time(static_cast<std::uint64_t>(ticks), scale);
}

/// What a trun has for each sample (§8.8.8). Our writer has two forms, one for video and one for sound.
struct RunFields {
    static constexpr std::uint32_t sound = 0x001 | 0x100 | 0x200;  ///< data offset, durations, sizes
    static constexpr std::uint32_t video = sound | 0x400 | 0x800;  ///< flags and composition offsets, too
};

SampleInfo read_sample(ByteReader& fields, bool video, std::uint32_t default_flags, std::uint64_t dts) {
    constexpr std::uint32_t is_non_sync = 1U << 16;
    constexpr std::uint32_t is_not_depended_on = 2;
    SampleInfo sample;
    sample.duration = fields.u32();
    sample.size = fields.u32();
    const std::uint32_t flags = video ? fields.u32() : default_flags;
    const auto composition_offset = video ? static_cast<std::int32_t>(fields.u32()) : 0;
    sample.keyframe = (flags & is_non_sync) == 0;
    sample.disposable = (flags >> 22 & 3U) == is_not_depended_on;
    sample.dts = dts;
    sample.pts = static_cast<std::int64_t>(dts) + composition_offset;
    return sample;
}

/// Sets the times in nanoseconds. False when they do not fit.
bool set_times(SampleInfo& sample, std::uint32_t scale) {
    const std::uint64_t latest = latest_ticks(scale);
    const std::uint64_t end = sample.dts + sample.duration;
    if (end > latest || (sample.pts > 0 && static_cast<std::uint64_t>(sample.pts) > latest)) return false;
    sample.dts_time = to_time(sample.dts, scale);
    sample.pts_time = to_signed_time(sample.pts, scale);
    sample.duration_time = to_time(end, scale) - sample.dts_time;
    return true;
}

Result<RunInfo> read_run(const TrackFragment& fragment, const Init& init, std::size_t moof_bytes) {
    const std::uint32_t scale = init.time_scales[fragment.track];
    const bool video = init.tracks[fragment.track].kind == Kind::video;
    FullBox box = full_box(fragment.run);
    const std::size_t count = box.fields.u32();
    const std::uint64_t data_offset = box.fields.u32();
    if (box.version != 1 || box.flags != (video ? RunFields::video : RunFields::sound)) {
        return broken("a trun has other fields than Rill writes");
    }
    const std::size_t sample_fields = video ? 4 * 4 : 2 * 4;
    if (!box.fields.ok() || count == 0 || count * sample_fields != box.fields.rest().size()) {
        return broken("a trun is not as long as its samples");
    }
    if (data_offset < moof_bytes + box_header_size ||
        data_offset > std::numeric_limits<std::int32_t>::max()) {
        return broken("a trun has its data outside of mdat");
    }
    if (fragment.base_time > latest_ticks(scale)) return broken("a tfdt is centuries away");

    RunInfo run;
    run.track = fragment.track;
    run.samples.reserve(count);
    std::uint64_t offset = data_offset;
    std::uint64_t dts = fragment.base_time;
    for (std::size_t i = 0; i < count; ++i) {
        SampleInfo sample = read_sample(box.fields, video, fragment.default_flags, dts);
        sample.offset = offset;
        if (sample.size == 0 || sample.duration == 0) return broken("a sample is empty or has no duration");
        if (!set_times(sample, scale)) return broken("a sample is centuries away");
        offset += sample.size;
        dts += sample.duration;
        run.samples.push_back(sample);
    }
    return run;
}

}  // namespace

Result<Fragment> parse_fragment(Bytes bytes, const Init& init) {
    const auto moof = take_moof(bytes);
    if (!moof) return broken("there is no whole moof");
    const auto header = find_box(moof->content, fourcc("mfhd"));
    if (!header) return broken("moof has no mfhd");
    FullBox numbered = full_box(*header);

    Fragment fragment;
    fragment.moof_bytes = moof->size;
    fragment.sequence = numbered.fields.u32();
    if (!numbered.fields.ok()) return broken("mfhd is cut short");
    const auto read = for_each_track_fragment(moof->content, init, [&](const TrackFragment& of) -> Result<> {
        auto run = read_run(of, init, moof->size);
        if (!run) return run.error();
        const SampleInfo& last = run->samples.back();
        fragment.data_end = std::max(fragment.data_end, last.offset + last.size);
        fragment.runs.push_back(*std::move(run));
        return ok();
    });
    if (!read) return read.error();
    if (fragment.runs.empty()) return broken("moof has no traf");
    return fragment;
}

}  // namespace rill::cmaf
