#include "keyframe.hpp"

#include <rill/recorded_file.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace rill::preview {
namespace {

/// A file of ours has none: what says so is damaged.
constexpr std::uint32_t largest_keyframe = 16u << 20;
/// So many parts without a keyframe are looked at one by one; then only those that the index says begin with
/// one. The thread that all readers share must not read through an hour without keyframes.
constexpr unsigned most_moofs = 32;
/// Clocks of clients waver, and between two files there may be none for a moment.
constexpr std::int64_t live_edge_us = 2'000'000;

/// The segment that holds the picture for a time.
struct Place {
    std::optional<RecordedSegment> segment;
    bool final = false;
    Neighbours neighbours;
};

bool is_live_edge(const RecordedNeighbours& around, std::int64_t time_us, std::int64_t now_us) {
    if (!around.before || around.after || time_us > now_us + live_edge_us) return false;
    return around.before->open || time_us - around.before->time.end_us <= live_edge_us;
}

Result<Place> find_place(ArchiveView& view, std::int64_t time_us, std::int64_t now_us) {
    Place place;
    auto segment = view.segment_at(time_us);
    if (!segment) return segment.error();
    place.segment = *std::move(segment);
    place.final = place.segment.has_value();
    if (place.segment) return place;
    auto around = view.nearest(time_us);
    if (!around) return around.error();
    place.neighbours = {around->before_us(), around->after_us()};
    // Files of a chain follow each other without a gap, whatever their clocks say.
    const bool in_seam = around->before && around->after && around->before->chain == around->after->chain;
    if (in_seam || is_live_edge(*around, time_us, now_us)) place.segment = std::move(around->before);
    place.final = in_seam;
    return place;
}

/// The last part up to `at` that the index says begins with a keyframe, else the first.
std::size_t keyframe_part_before(const std::vector<RecordedPart>& parts, std::size_t at) {
    while (at > 0 && !parts[at].keyframe)
        --at;
    return at;
}

/// One file, and the track in it that has pictures.
class Source {
  public:
    static Result<Source> open(const RecordedSegment& segment) {
        auto file = RecordedFile::open(segment.file);
        if (!file) return file.error();
        auto init = file->read_init(segment.init_bytes);
        if (!init) return init.error();
        const auto track = std::ranges::find(init->tracks, Kind::video, &Format::kind);
        if (track == init->tracks.end())
            return Error{Code::not_found, "only sound is recorded at this time, no pictures"};
        const auto index = static_cast<std::size_t>(track - init->tracks.begin());
        return Source(segment, *std::move(file), *std::move(init), index);
    }

    /// The last keyframe that is shown at or before a time; the first one when there is none.
    Result<Keyframe> keyframe_at(const std::vector<RecordedPart>& parts, std::int64_t time_us) const {
        if (parts.empty()) return file_.damaged("it has no parts");
        const auto is_begun = [time_us](const RecordedPart& part) { return part.time.start_us <= time_us; };
        const auto begun = std::ranges::partition_point(parts, is_begun) - parts.begin();
        auto at = static_cast<std::size_t>(std::max<std::ptrdiff_t>(begun - 1, 0));
        for (unsigned turn = 1; turn <= 2 * most_moofs; ++turn) {
            auto found = keyframe_of(parts[at], time_us);
            if (!found) return found.error();
            if (*found) return **std::move(found);
            if (at == 0) break;
            --at;
            if (turn >= most_moofs) at = keyframe_part_before(parts, at);
        }
        // B-frames show the first keyframe later than the file begins.
        auto first = keyframe_of(parts.front(), std::nullopt);
        if (!first) return first.error();
        if (*first) return **std::move(first);
        return file_.damaged("it does not begin with a keyframe");
    }

  private:
    Source(RecordedSegment segment, RecordedFile file, cmaf::Init init, std::size_t track)
        : segment_(std::move(segment)),
          file_(std::move(file)),
          init_(std::move(init)),
          track_(track),
          format_(std::make_shared<const Format>(init_.tracks[track])) {}

    /// The last keyframe of a part that is shown at or before a time, or the first one at any time.
    Result<std::optional<Keyframe>> keyframe_of(const RecordedPart& part,
                                                std::optional<std::int64_t> time_us) const {
        const auto moof = file_.read_moof(part);
        if (!moof) return moof.error();
        const auto fragment = cmaf::parse_fragment(*moof, init_);
        if (!fragment) return file_.damaged(fragment.error().message);
        std::optional<Keyframe> found;
        for (const cmaf::RunInfo& run : fragment->runs) {
            if (run.track != track_) continue;
            for (const cmaf::SampleInfo& sample : run.samples) {
                if (!sample.keyframe || (!time_us && found)) continue;
                if (sample.size > largest_keyframe || sample.offset + sample.size > part.bytes)
                    return file_.damaged("a picture lies outside of its part");
                Keyframe keyframe = to_keyframe(part, sample);
                if (!time_us || keyframe.utc_us <= *time_us) found = std::move(keyframe);
            }
        }
        return found;
    }

    Keyframe to_keyframe(const RecordedPart& part, const cmaf::SampleInfo& sample) const {
        const auto shown = std::chrono::duration_cast<std::chrono::microseconds>(sample.pts_time).count();
        return {.file = segment_.file,
                .offset = part.offset + sample.offset,
                .bytes = sample.size,
                .utc_us = segment_.time.start_us + shown,
                .format = format_};
    }

    RecordedSegment segment_;
    RecordedFile file_;
    cmaf::Init init_;
    std::size_t track_;
    std::shared_ptr<const Format> format_;
};

Result<Keyframe> find_in(ArchiveView& view, const RecordedSegment& segment, std::int64_t time_us) {
    const auto parts = view.parts(segment);
    if (!parts) return parts.error();
    const auto source = Source::open(segment);
    if (!source) return source.error();
    return source->keyframe_at(*parts, time_us);
}

}  // namespace

std::string Keyframe::id() const {
    return fmt::format("{}#{}#{}#{}", file.string(), offset, bytes, utc_us);
}

Finding find_keyframe(ArchiveView& view, const std::string& path, std::int64_t time_us, std::int64_t now_us) {
    auto place = find_place(view, time_us, now_us);
    if (!place) return {place.error(), false, {}};
    if (!place->segment) {
        const bool unknown = !place->neighbours.before && !place->neighbours.after;
        return {Error{Code::not_found, fmt::format("nothing of '{}' is recorded{}", path,
                                                   unknown ? "" : " at this time; see before and after")},
                false, place->neighbours};
    }
    return {find_in(view, *place->segment, time_us), place->final, place->neighbours};
}

Result<Ref<GBytes>> read_keyframe(const Keyframe& keyframe) {
    const auto file = RecordedFile::open(keyframe.file);
    if (!file) return file.error();
    return file->read(keyframe.offset, keyframe.bytes);
}

}  // namespace rill::preview
