// The sample tables of a progressive answer: every moof of the range is read.
#include "piece_reader.hpp"
#include "planner.hpp"

#include <rill/media/cmaf_progressive.hpp>

#include <fmt/format.h>

#include <utility>

namespace rill::playback {
namespace {

constexpr std::size_t moofs_a_turn = 200;
constexpr std::size_t most_samples = 2'000'000;

/// Makes room for the layout's parameter sets, and leaves the rest as it is.
Result<> grow(std::span<std::uint8_t> moof, const Layout& layout, const RecordedPart& part) {
    std::vector<cmaf::JoinedPlace> places;
    for (std::size_t track = 0; track < layout.init.tracks.size(); ++track)
        places.push_back({track, 1});
    cmaf::FragmentMove move;
    move.places = places;
    move.grown_track = layout.grown_track;
    move.growth = layout.growth(part);
    const auto moved = cmaf::move_fragment(moof, layout.init, move);
    return moved ? ok() : Result<>(moved.error());
}

}  // namespace

/// What is kept from one turn to the next.
struct Planner::Tabulation {
    cmaf::SampleTables tables;
    std::size_t next_piece = 0;
    std::size_t next_part = 0;
    std::uint64_t content = 0;  ///< bytes of the parts before
    RecordedFile file;          ///< of the next piece, once its parts are known
    std::vector<RecordedPart> parts;
};

Result<> Planner::tabulate(ArchiveView& view) {
    if (!tabulation_) tabulation_ = std::make_shared<Tabulation>();
    Tabulation& now = *tabulation_;
    for (std::size_t read = 0; read < moofs_a_turn && now.next_piece < plan_->pieces.size(); ++read) {
        Piece& piece = plan_->pieces[now.next_piece];
        const auto opened = now.parts.empty() ? open_for_tables(view, piece) : ok();
        if (!opened) {
            note_unreadable(opened.error());
            piece.end_byte = piece.first_byte;
            piece.growths = 0;
            ++now.next_piece;
            continue;
        }
        const auto added = add_part(piece, now.parts[now.next_part]);
        if (!added) note_unreadable(added.error());
        if (now.tables.samples() > most_samples) {
            return Error{Code::too_large, fmt::format("more than {} samples are too many for the tables of "
                                                      "one file; use format=fmp4 or a shorter duration",
                                                      most_samples)};
        }
        if (++now.next_part < now.parts.size()) continue;
        now.parts.clear();
        now.next_part = 0;
        ++now.next_piece;
    }
    if (now.next_piece < plan_->pieces.size()) {
        next(&Planner::tabulate);
        return ok();
    }
    std::erase_if(plan_->pieces, [](const Piece& piece) { return piece.end_byte == piece.first_byte; });
    if (now.tables.samples() == 0) return refuse(view);
    plan_->head = now.tables.head(plan_->tracks, plan_->begin, now.content);
    tabulation_.reset();
    return finish(view);
}

Result<> Planner::open_for_tables(ArchiveView& view, const Piece& piece) {
    const auto segment = find_segment(view, piece);
    if (!segment) return segment.error();
    auto parts = parts_between(view, *segment, piece.first_byte, piece.end_byte);
    if (!parts) return parts.error();
    auto file = RecordedFile::open(segment->file);
    if (!file) return file.error();
    tabulation_->file = *std::move(file);
    tabulation_->parts = *std::move(parts);
    return ok();
}

/// As it is going to be sent, which is an error for a part that is damaged.
Result<> Planner::add_part(const Piece& piece, const RecordedPart& part) {
    const Layout& layout = plan_->layouts[piece.layout];
    const RecordedFile& file = tabulation_->file;
    const std::uint64_t position = tabulation_->content;
    tabulation_->content += part.bytes + std::uint64_t{layout.growth(part)};
    auto moof = file.read_moof(part);
    if (!moof) return moof.error();
    if (const auto grown = grow(*moof, layout, part); !grown) return file.damaged(grown.error().message);
    const auto fragment = cmaf::parse_fragment(*moof, layout.init);
    if (!fragment) return file.damaged(fragment.error().message);
    tabulation_->tables.add(*fragment, layout.init, layout.places, piece.shift, position);
    return ok();
}

}  // namespace rill::playback
