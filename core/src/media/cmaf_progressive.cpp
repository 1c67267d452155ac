#include "box_writer.hpp"
#include "cmaf_init.hpp"
#include "track_fragment.hpp"

#include <rill/media/cmaf_progressive.hpp>

#include <algorithm>
#include <limits>
#include <numeric>

namespace rill::cmaf {

void SampleTables::repeat(std::vector<Repeated>& values, std::uint32_t value) {
    if (values.empty() || values.back().value != value) values.push_back({0, value});
    ++values.back().count;
}

void SampleTables::add_sample(Track& track, std::uint64_t dts, const SampleInfo& sample) {
    const std::int64_t pts =
        static_cast<std::int64_t>(dts) + sample.pts - static_cast<std::int64_t>(sample.dts);
    if (track.sizes.empty()) {
        track.first_dts = dts;
        track.first_pts = pts;
    } else {
        constexpr std::uint64_t longest = std::numeric_limits<std::uint32_t>::max();
        dts = std::clamp(dts, track.last_dts + 1, track.last_dts + longest);
        repeat(track.durations, static_cast<std::uint32_t>(dts - track.last_dts));
    }
    track.first_pts = std::min(track.first_pts, pts);
    track.end_pts = std::max(track.end_pts, pts + sample.duration);
    const auto offset = static_cast<std::int32_t>(pts - static_cast<std::int64_t>(dts));
    repeat(track.composition_offsets, static_cast<std::uint32_t>(offset));
    track.last_dts = dts;
    track.last_duration = sample.duration;
    track.sizes.push_back(sample.size);
    if (sample.keyframe) track.keyframes.push_back(static_cast<std::uint32_t>(track.sizes.size()));
}

void SampleTables::add(const Fragment& fragment, const Init& init, std::span<const JoinedPlace> places,
                       Nanoseconds delta, std::uint64_t position) {
    for (const RunInfo& run : fragment.runs) {
        const JoinedPlace& place = places[run.track];
        if (place.track == JoinedPlace::left_out) continue;
        if (place.track >= tracks_.size()) tracks_.resize(place.track + 1);
        Track& track = tracks_[place.track];
        const std::uint64_t stored = run.samples.front().dts;
        const std::uint64_t moved = shifted(stored, delta, init.time_scales[run.track]);
        for (const SampleInfo& sample : run.samples)
            add_sample(track, moved + (sample.dts - stored), sample);
        track.chunks.push_back(position + run.samples.front().offset);
        const ChunkRun chunk{static_cast<std::uint32_t>(track.chunks.size()),
                             static_cast<std::uint32_t>(run.samples.size()), place.description};
        const bool same = !track.chunk_runs.empty() && track.chunk_runs.back().samples == chunk.samples &&
                          track.chunk_runs.back().description == chunk.description;
        if (!same) track.chunk_runs.push_back(chunk);
        samples_ += run.samples.size();
    }
}

/// Writes the tables of one track, as they are but for where mdat begins.
class TableWriter {
  public:
    TableWriter(const SampleTables::Track& track, Kind kind, bool wide, std::uint64_t content_start)
        : track_(track), kind_(kind), wide_(wide), content_start_(content_start) {}

    void operator()(BoxWriter& out) const {
        out.full_box("stts", 0, 0, [&] {
            const bool any = !track_.sizes.empty();
            out.u32(track_.durations.size() + (any ? 1 : 0));
            repeated(out, track_.durations);
            if (any) repeated(out, {{1, track_.last_duration}});
        });
        const auto& offsets = track_.composition_offsets;
        if (std::any_of(offsets.begin(), offsets.end(), [](const auto& run) { return run.value != 0; })) {
            out.full_box("ctts", 1, 0, [&] {
                out.u32(offsets.size());
                repeated(out, offsets);
            });
        }
        if (kind_ == Kind::video && track_.keyframes.size() < track_.sizes.size()) {
            out.full_box("stss", 0, 0, [&] {
                out.u32(track_.keyframes.size());
                for (const std::uint32_t number : track_.keyframes)
                    out.u32(number);
            });
        }
        out.full_box("stsc", 0, 0, [&] {
            out.u32(track_.chunk_runs.size());
            for (const auto& run : track_.chunk_runs) {
                out.u32(run.first_chunk);
                out.u32(run.samples);
                out.u32(run.description);
            }
        });
        out.full_box("stsz", 0, 0, [&] {
            out.u32(0);
            out.u32(track_.sizes.size());
            for (const std::uint32_t size : track_.sizes)
                out.u32(size);
        });
        out.full_box(wide_ ? "co64" : "stco", 0, 0, [&] {
            out.u32(track_.chunks.size());
            for (const std::uint64_t chunk : track_.chunks) {
                if (wide_) {
                    out.u64(content_start_ + chunk);
                } else {
                    out.u32(content_start_ + chunk);
                }
            }
        });
    }

    /// To where the last picture has been shown: players stop there.
    static std::uint64_t duration(const SampleTables::Track& track) {
        if (track.sizes.empty()) return 0;
        const std::uint64_t end = track.last_dts + track.last_duration;
        return std::max(end, static_cast<std::uint64_t>(std::max<std::int64_t>(0, track.end_pts))) -
               track.first_dts;
    }

  private:
    static void repeated(BoxWriter& out, const std::vector<SampleTables::Repeated>& values) {
        for (const auto& value : values) {
            out.u32(value.count);
            out.u32(value.value);
        }
    }

    const SampleTables::Track& track_;
    const Kind kind_;
    const bool wide_;
    const std::uint64_t content_start_;
};

namespace {

/// One in which the tracks' times have no fraction, if that is not too fine for players.
std::uint32_t movie_time_scale(std::span<const JoinedTrack> tracks) {
    constexpr std::uint64_t finest = 1'000'000;
    std::uint64_t scale = 1000;
    for (const JoinedTrack& track : tracks) {
        const std::uint64_t common = std::lcm<std::uint64_t>(scale, track.time_scale);
        if (common <= finest) scale = common;
    }
    return static_cast<std::uint32_t>(scale);
}

/// How a track is entered, in its ticks.
struct Entry {
    std::uint64_t waits = 0;    ///< until it begins to be shown
    std::uint64_t skipped = 0;  ///< of its own time line, which its first dts begins
};

/// A track that begins later is entered at its first picture, which is the same as at its first dts, a little
/// later: ffmpeg takes for granted that an edit begins with a picture.
Entry enter(std::uint64_t first_dts, std::int64_t first_pts, std::uint64_t start) {
    if (first_dts == 0 && start == 0) return {};
    const auto first = std::max(first_dts, static_cast<std::uint64_t>(std::max<std::int64_t>(0, first_pts)));
    if (start < first) return {first - start, first - first_dts};
    return {0, start - first_dts};
}

}  // namespace

Ref<GBytes> SampleTables::head(const JoinedTracks& joined, Nanoseconds begin, std::uint64_t content) const {
    constexpr std::uint64_t narrow = std::numeric_limits<std::uint32_t>::max();
    static const Track without_samples;
    const std::span<const JoinedTrack> tracks = joined.tracks();
    const auto write = [&](bool wide, std::uint64_t content_start) {
        Movie movie;
        movie.fragmented = false;
        movie.time_scale = movie_time_scale(tracks);
        for (std::size_t i = 0; i < tracks.size(); ++i) {
            const Track& track = i < tracks_.size() ? tracks_[i] : without_samples;
            const std::uint32_t scale = tracks[i].time_scale;
            const auto to_movie = [&](std::uint64_t ticks) {
                return gst_util_uint64_scale_round(ticks, movie.time_scale, scale);
            };
            MovieTrack written{.descriptions = tracks[i].descriptions, .edits = {}, .sample_tables = {}};
            written.media_duration = TableWriter::duration(track);
            const Entry entry = enter(track.first_dts, track.first_pts, to_ticks(begin, scale));
            const std::int64_t shown_from = static_cast<std::int64_t>(track.first_dts + entry.skipped);
            const std::uint64_t shown =
                to_movie(static_cast<std::uint64_t>(std::max<std::int64_t>(0, track.end_pts - shown_from)));
            if (shown > 0 && entry.waits > 0) written.edits.push_back({to_movie(entry.waits), -1});
            if (shown > 0 && entry.waits + entry.skipped > 0) {
                written.edits.push_back({shown, static_cast<std::int64_t>(entry.skipped)});
            }
            written.movie_duration = shown > 0 ? to_movie(entry.waits) + shown : 0;
            written.sample_tables =
                TableWriter(track, tracks[i].descriptions.front()->kind, wide, content_start);
            movie.duration = std::max(movie.duration, written.movie_duration);
            movie.tracks.push_back(std::move(written));
        }
        BoxWriter out;
        write_movie(out, movie);
        return out;
    };
    const auto with_mdat = [&](bool wide, std::uint64_t header) {
        // Where mdat begins changes no size. Measured before: there are never two copies of the tables.
        const std::size_t size = write(wide, 0).size();
        BoxWriter out = write(wide, size + header);
        const bool long_size = header > box_header_size;
        out.u32(long_size ? 1 : content + header);
        out.text("mdat");
        if (long_size) out.u64(content + header);
        return out;
    };
    {
        BoxWriter usual = with_mdat(false, box_header_size);
        if (usual.size() + content <= narrow) return std::move(usual).to_bytes();
    }
    return with_mdat(true, 2 * box_header_size).to_bytes();
}

}  // namespace rill::cmaf
