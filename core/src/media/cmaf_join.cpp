#include "box_writer.hpp"
#include "cmaf_init.hpp"
#include "track_fragment.hpp"

#include <rill/media/cmaf_join.hpp>
#include <rill/media/formats.hpp>

#include <algorithm>
#include <utility>

namespace rill::cmaf {
namespace {

bool same_place(std::span<const JoinedPlace> places, std::size_t track) {
    return std::any_of(places.begin(), places.end(), [&](const auto& place) { return place.track == track; });
}

std::uint32_t description_of(JoinedTrack& track, const Format& format) {
    const auto same = [&](const auto& known) { return *known == format; };
    const auto found = std::find_if(track.descriptions.begin(), track.descriptions.end(), same);
    const auto index = static_cast<std::uint32_t>(found - track.descriptions.begin());
    if (found == track.descriptions.end()) track.descriptions.push_back(std::make_shared<Format>(format));
    return index + 1;
}

}  // namespace

std::vector<JoinedPlace> JoinedTracks::add(const Init& init) {
    std::vector<JoinedPlace> places;
    for (std::size_t i = 0; i < init.tracks.size(); ++i) {
        const Format& format = init.tracks[i];
        std::size_t index = 0;
        while (index < tracks_.size() &&
               (same_place(places, index) || tracks_[index].descriptions.front()->codec != format.codec ||
                tracks_[index].time_scale != init.time_scales[i])) {
            ++index;
        }
        if (index == tracks_.size()) tracks_.push_back({{}, init.time_scales[i]});
        places.push_back({index, description_of(tracks_[index], format)});
    }
    return places;
}

Ref<GBytes> JoinedTracks::init_segment(Nanoseconds begin, Nanoseconds duration) const {
    Movie movie;
    movie.fragment_duration = to_ticks(duration, movie.time_scale);
    for (const JoinedTrack& track : tracks_) {
        MovieTrack written{.descriptions = track.descriptions, .edits = {}, .sample_tables = {}};
        const auto media_time = static_cast<std::int64_t>(to_ticks(begin, track.time_scale));
        if (media_time > 0) written.edits.push_back({0, media_time});
        movie.tracks.push_back(std::move(written));
    }
    BoxWriter out;
    write_movie(out, movie);
    return out.to_bytes();
}

std::vector<std::uint8_t> in_band_parameter_sets(const Format& format) {
    BoxWriter out;
    for (const Bytes set : parameter_sets(format)) {
        out.u32(set.size());
        out.bytes(set);
    }
    return out.take();
}

namespace {

/// Fields of a fragment that are to be written over. Nothing is written before all is read.
class Changes {
  public:
    explicit Changes(std::span<std::uint8_t> bytes) : bytes_(bytes) {}

    void set(Bytes field, std::uint64_t value, std::size_t width) {
        changes_.push_back({static_cast<std::size_t>(field.data() - bytes_.data()), value, width});
    }
    void apply() const {
        for (const Change& change : changes_) {
            for (std::size_t i = 0; i < change.width; ++i) {
                const std::size_t shift = 8 * (change.width - 1 - i);
                bytes_[change.position + i] = static_cast<std::uint8_t>(change.value >> shift);
            }
        }
    }

  private:
    struct Change {
        std::size_t position;
        std::uint64_t value;
        std::size_t width;
    };
    std::span<std::uint8_t> bytes_;
    std::vector<Change> changes_;
};

/// The fields of a trun that change with the place of its samples (§8.8.8).
struct RunStart {
    std::size_t track = 0;
    Bytes data_offset_field;
    Bytes first_size_field;
    std::uint32_t data_offset = 0;
    std::uint32_t first_size = 0;
};

Result<RunStart> read_run_start(const TrackFragment& fragment) {
    FullBox box = full_box(fragment.run);
    RunStart start;
    start.track = fragment.track;
    box.fields.u32();  // sample_count
    start.data_offset_field = box.fields.rest();
    start.data_offset = box.fields.u32();
    box.fields.u32();  // the first sample's duration
    start.first_size_field = box.fields.rest();
    start.first_size = box.fields.u32();
    if (!box.fields.ok()) return broken("a trun has no sample");
    return start;
}

/// Makes room in front of the first sample of a track.
std::optional<std::uint64_t> grow(const std::vector<RunStart>& runs, const FragmentMove& move, Bytes mdat,
                                  Changes& changes) {
    const auto grows = [&](const RunStart& run) { return run.track == move.grown_track; };
    const auto first = std::find_if(runs.begin(), runs.end(), grows);
    if (move.growth == 0 || first == runs.end()) return std::nullopt;
    changes.set(first->first_size_field, std::uint64_t{first->first_size} + move.growth, 4);
    for (const RunStart& run : runs) {
        if (run.data_offset <= first->data_offset) continue;
        changes.set(run.data_offset_field, std::uint64_t{run.data_offset} + move.growth, 4);
    }
    changes.set(mdat, std::uint64_t{ByteReader(mdat).u32()} + move.growth, 4);
    return first->data_offset;
}

}  // namespace

Result<MovedFragment> move_fragment(std::span<std::uint8_t> bytes, const Init& init,
                                    const FragmentMove& move) {
    if (move.places.size() != init.tracks.size()) {
        return Error{Code::invalid_config, fmt::format("there are {} places for {} tracks; give one for each",
                                                       move.places.size(), init.tracks.size())};
    }
    const auto moof = take_moof(bytes);
    if (!moof) return broken("there is no whole moof");
    ByteReader mdat(Bytes(bytes).subspan(moof->size));
    mdat.u32();
    if (mdat.u32() != fourcc("mdat")) return broken("there is no mdat after moof");
    const auto header = find_box(moof->content, fourcc("mfhd"));
    if (!header || header->size() < 4 + 4) return broken("moof has no whole mfhd");

    Changes changes(bytes);
    changes.set(header->subspan(4), move.sequence, 4);
    std::vector<RunStart> runs;
    const auto read = for_each_track_fragment(moof->content, init, [&](const TrackFragment& of) -> Result<> {
        const JoinedPlace& place = move.places[of.track];
        if (place.track == JoinedPlace::left_out) {
            changes.set(of.type_field, fourcc("free"), 4);
            return ok();
        }
        const auto run = read_run_start(of);
        if (!run) return run.error();
        runs.push_back(*run);
        changes.set(of.header, place.track + 1, 4);
        changes.set(of.header.subspan(4), place.description, 4);
        changes.set(of.base_time_field, shifted(of.base_time, move.delta, init.time_scales[of.track]), 8);
        return ok();
    });
    if (!read) return read.error();
    MovedFragment moved;
    moved.moof_bytes = moof->size;
    moved.growth_at = grow(runs, move, Bytes(bytes).subspan(moof->size), changes);
    changes.apply();
    return moved;
}

}  // namespace rill::cmaf
