// The boxes of a moof that Writer writes: what reads samples and what moves them have in common.
#pragma once

#include "box_parser.hpp"

#include <rill/media/cmaf_reader.hpp>

#include <algorithm>
#include <limits>

namespace rill::cmaf {

/// What lies beyond does not fit into Nanoseconds.
inline std::uint64_t latest_ticks(std::uint32_t scale) {
    return gst_util_uint64_scale(std::numeric_limits<std::int64_t>::max(), scale, GST_SECOND);
}

/// Never below 0 and never beyond latest_ticks.
inline std::uint64_t shifted(std::uint64_t ticks, Nanoseconds delta, std::uint32_t scale) {
    const bool back = delta.count() < 0;
    const auto count = static_cast<std::uint64_t>(delta.count());
    const std::uint64_t distance = gst_util_uint64_scale_round(back ? 0 - count : count, scale, GST_SECOND);
    if (back) return ticks - std::min(ticks, distance);
    const std::uint64_t latest = latest_ticks(scale);
    return ticks + std::min(distance, latest - std::min(ticks, latest));
}

/// Of a time on the common line, which has nothing before 0.
inline std::uint64_t to_ticks(Nanoseconds time, std::uint32_t scale) {
    return shifted(0, time, scale);
}

struct FullBox {
    unsigned version = 0;
    std::uint32_t flags = 0;
    ByteReader fields;
};

inline FullBox full_box(Bytes content) {
    ByteReader reader(content);
    const std::uint32_t head = reader.u32();
    return {head >> 24, head & 0xFFFFFF, reader};
}

/// The boxes of a traf (ISO/IEC 14496-12 §8.8.6).
struct TrackFragment {
    std::size_t track = 0;
    Bytes header;  ///< of tfhd, from track_ID on
    std::uint32_t default_flags = 0;
    std::uint64_t base_time = 0;
    Bytes base_time_field;
    Bytes run;
    Bytes type_field;  ///< of the traf itself
};

inline Result<> read_header(Bytes content, const Init& init, TrackFragment& fragment) {
    constexpr std::uint32_t default_sample_flags = 0x000020;
    constexpr std::uint32_t always = 0x020000 | 0x000002;  // default base is moof, description index
    FullBox header = full_box(content);
    fragment.header = header.fields.rest();
    const std::uint32_t id = header.fields.u32();
    const std::uint32_t description = header.fields.u32();
    if ((header.flags & default_sample_flags) != 0) fragment.default_flags = header.fields.u32();
    if (!header.fields.ok() || (header.flags & ~default_sample_flags) != always) {
        return broken("a tfhd is cut short or has other fields than Rill writes");
    }
    if (id < 1 || id > init.tracks.size()) return broken("a tfhd names a track that moov has not");
    if (description != 1) return broken("a tfhd names a sample description that moov has not");
    fragment.track = id - 1;
    return ok();
}

inline Result<> read_base_time(Bytes content, TrackFragment& fragment) {
    FullBox base = full_box(content);
    fragment.base_time_field = base.fields.rest();
    fragment.base_time = base.fields.u64();
    if (!base.fields.ok() || base.version != 1) return broken("a tfdt is cut short or not of version 1");
    fragment.base_time_field = fragment.base_time_field.first(sizeof fragment.base_time);
    return ok();
}

inline Result<TrackFragment> read_track_fragment(Bytes content, const Init& init) {
    const auto header = find_box(content, fourcc("tfhd"));
    const auto base = find_box(content, fourcc("tfdt"));
    const auto run = find_box(content, fourcc("trun"));
    if (!header || !base || !run) return broken("a traf has no whole tfhd, tfdt and trun");
    TrackFragment fragment;
    if (const auto read = read_header(*header, init, fragment); !read) return read.error();
    if (const auto read = read_base_time(*base, fragment); !read) return read.error();
    fragment.run = *run;
    return fragment;
}

/// Calls `each` with the traf boxes of a moof, until it has an error.
template <class Each>
Result<> for_each_track_fragment(Bytes moof, const Init& init, const Each& each) {
    while (!moof.empty()) {
        const Bytes head = moof;
        const auto box = take_box(moof);
        if (!box) return broken("a box in moof is longer than moof");
        if (box->type != fourcc("traf")) continue;
        auto fragment = read_track_fragment(box->content, init);
        if (!fragment) return fragment.error();
        fragment->type_field = head.subspan(4, 4);
        if (auto done = each(*fragment); !done) return done;
    }
    return ok();
}

/// The first box, which must be a moof.
inline std::optional<Box> take_moof(Bytes bytes) {
    const auto moof = take_box(bytes);
    return moof && moof->type == fourcc("moof") ? moof : std::nullopt;
}

}  // namespace rill::cmaf
