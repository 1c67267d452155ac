// Which tracks a chain's samples go to, and when.
#include "piece_reader.hpp"
#include "planner.hpp"

#include <algorithm>
#include <utility>

namespace rill::playback {
namespace {

constexpr std::size_t chains_a_turn = 16;

Nanoseconds from_us(std::int64_t microseconds) {
    return std::chrono::microseconds(microseconds);
}

/// When the samples of a part begin and end, of all its tracks, in the file's time.
struct Extent {
    Nanoseconds begin{0}, end{0};
};

Result<Extent> extent_of(const RecordedFile& file, const RecordedPart& part, const cmaf::Init& init) {
    const auto moof = file.read_moof(part);
    if (!moof) return moof.error();
    const auto fragment = cmaf::parse_fragment(*moof, init);
    if (!fragment) return file.damaged(fragment.error().message);
    Extent extent{Nanoseconds::max(), Nanoseconds::min()};
    for (const cmaf::RunInfo& run : fragment->runs) {
        const cmaf::SampleInfo& last = run.samples.back();
        extent.begin = std::min(extent.begin, run.samples.front().dts_time);
        extent.end = std::max(extent.end, last.dts_time + last.duration_time);
    }
    return extent;
}

/// A piece and what its file says, opened.
struct OpenPiece {
    RecordedSegment segment;
    std::vector<RecordedPart> parts;
    RecordedFile file;
};

Result<OpenPiece> open(ArchiveView& view, const Piece& piece) {
    auto segment = find_segment(view, piece);
    if (!segment) return segment.error();
    auto parts = parts_between(view, *segment, piece.first_byte, piece.end_byte);
    if (!parts) return parts.error();
    auto file = RecordedFile::open(segment->file);
    if (!file) return file.error();
    return OpenPiece{*std::move(segment), *std::move(parts), *std::move(file)};
}

std::optional<std::size_t> first_video(const cmaf::Init& init) {
    const auto is_video = [](const Format& format) { return format.kind == Kind::video; };
    const auto found = std::find_if(init.tracks.begin(), init.tracks.end(), is_video);
    if (found == init.tracks.end()) return std::nullopt;
    return static_cast<std::size_t>(found - init.tracks.begin());
}

}  // namespace

Result<> Planner::place_groups(ArchiveView& view) {
    const std::size_t stop = std::min(groups_.size(), next_group_ + chains_a_turn);
    for (; next_group_ < stop; ++next_group_)
        place(view, groups_[next_group_]);
    if (next_group_ < groups_.size()) {
        next(&Planner::place_groups);
        return ok();
    }
    std::erase_if(plan_->pieces, [](const Piece& piece) { return piece.end_byte == piece.first_byte; });
    if (plan_->pieces.empty()) return refuse(view);
    plan_->begin = std::min(plan_->begin, plan_->end);
    next(prepare_growth() ? &Planner::count_growths : last_turn());
    return ok();
}

/// A chain begins with the first of its files that can be read; files of which the index does not know yet
/// that they are gone cost no answer.
void Planner::place(ArchiveView& view, Group group) {
    for (; group.first < group.last; ++group.first) {
        Piece& first = plan_->pieces[group.first];
        const auto placed = place_first(view, first);
        if (placed) break;
        note_unreadable(placed.error());
        first.end_byte = first.first_byte;
    }
    if (group.first == group.last) return;
    place_rest(group);
    const Piece& last = plan_->pieces[group.last - 1];
    plan_->end = std::max(plan_->end, end_of(view, last));
}

/// Right behind what is there, whichever of its tracks begins first.
Result<> Planner::place_first(ArchiveView& view, Piece& piece) {
    const auto opened = open(view, piece);
    if (!opened) return opened.error();
    auto init = opened->file.read_init(opened->segment.init_bytes);
    if (!init) return init.error();
    const RecordedPart& part = opened->parts.front();
    const auto extent = extent_of(opened->file, part, *init);
    if (!extent) return extent.error();
    const bool first_of_all = plan_->layouts.empty();
    piece.layout = layout_of(*std::move(init));
    piece.shift = plan_->end - extent->begin;
    const std::int64_t start_us = plan_->wanted.time.start_us;
    if (first_of_all && part.time.start_us < start_us) {
        plan_->begin = piece.shift + from_us(start_us - piece.start_us);
    }
    return ok();
}

void Planner::note_unreadable(const Error& error) {
    if (error.code != Code::not_found) unreadable_ = error;
}

/// As far behind each other as UTC says. Media that took longer than that has its time, too.
void Planner::place_rest(Group group) {
    const Piece& anchor = plan_->pieces[group.first];
    for (std::size_t i = group.first + 1; i < group.last; ++i) {
        const Piece& before = plan_->pieces[i - 1];
        Piece& piece = plan_->pieces[i];
        piece.layout = anchor.layout;
        piece.shift = std::max(anchor.shift + from_us(piece.start_us - anchor.start_us),
                               before.shift + from_us(before.end_us - before.start_us));
    }
}

Nanoseconds Planner::end_of(ArchiveView& view, const Piece& last) const {
    const Nanoseconds by_index = last.shift + from_us(last.end_us - last.start_us);
    const auto opened = open(view, last);
    if (!opened) return by_index;
    const auto extent = extent_of(opened->file, opened->parts.back(), plan_->layouts[last.layout].init);
    return extent ? std::max(by_index, last.shift + extent->end) : by_index;
}

std::uint32_t Planner::layout_of(cmaf::Init init) {
    std::vector<Layout>& layouts = plan_->layouts;
    const auto same = [&](const Layout& layout) { return layout.init == init; };
    const auto found = std::find_if(layouts.begin(), layouts.end(), same);
    const auto index = static_cast<std::uint32_t>(found - layouts.begin());
    if (found == layouts.end()) {
        auto places = plan_->tracks.add(init);
        layouts.push_back({std::move(init), std::move(places), {}, {}});
    }
    return index;
}

bool Planner::prepare_growth() {
    bool any = false;
    for (Layout& layout : plan_->layouts) {
        const auto video = first_video(layout.init);
        if (!video) continue;
        const std::size_t track = layout.places[*video].track;
        if (plan_->tracks.tracks()[track].descriptions.size() < 2) continue;
        layout.grown_track = video;
        layout.parameter_sets = cmaf::in_band_parameter_sets(layout.init.tracks[*video]);
        any = true;
    }
    return any;
}

}  // namespace rill::playback
