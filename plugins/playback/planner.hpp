// Makes plans, in turns on the archive's thread: what there is (planner.cpp), where it goes
// (placement.cpp), and where its samples are (tables.cpp).
#pragma once

#include "plan.hpp"

#include <rill/archive.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace rill::playback {

/// Threading: the archive's thread, one turn at a time.
class Planner : public std::enable_shared_from_this<Planner> {
  public:
    Planner(Archive& archive, Wanted wanted, std::function<void(Planned)> done);
    void begin();

  private:
    /// Pieces of one chain, from `first` up to `last`.
    struct Group {
        std::size_t first = 0;
        std::size_t last = 0;
    };
    /// What a turn does; it calls next() or finish() at its end. An error ends the planning.
    using Turn = Result<> (Planner::*)(ArchiveView&);
    void next(Turn turn);

    // First: all segments of the range.
    Result<> collect(ArchiveView& view);
    bool is_collected(const RecordedSegment& segment) const;
    Result<> add(ArchiveView& view, const RecordedSegment& segment);
    void group();

    // Then: the formats of each chain and where it goes.
    Result<> place_groups(ArchiveView& view);
    void place(ArchiveView& view, Group group);
    Result<> place_first(ArchiveView& view, Piece& piece);
    void place_rest(Group group);
    Nanoseconds end_of(ArchiveView& view, const Piece& last) const;
    std::uint32_t layout_of(cmaf::Init init);

    // Then, where parameters change: how often parameter sets go in.
    bool prepare_growth();
    Result<> count_growths(ArchiveView& view);

    // Or, for a progressive answer: where each sample is.
    struct Tabulation;
    Result<> tabulate(ArchiveView& view);
    Result<> open_for_tables(ArchiveView& view, const Piece& piece);
    Result<> add_part(const Piece& piece, const RecordedPart& part);

    /// What can be read is played all the same.
    void note_unreadable(const Error& error);

    Turn last_turn() const { return plan_->wanted.progressive ? &Planner::tabulate : &Planner::finish; }
    Result<> finish(ArchiveView& view);
    Result<> refuse(ArchiveView& view);

    Archive& archive_;
    const std::function<void(Planned)> done_;
    std::shared_ptr<Plan> plan_ = std::make_shared<Plan>();
    std::int64_t page_start_us_ = 0;
    std::size_t page_size_;
    std::optional<Container> passed_over_;  // what is not played
    std::optional<Error> unreadable_;       // why something is left out that was not deleted
    std::vector<Group> groups_;
    std::size_t next_group_ = 0;
    std::size_t next_piece_ = 0;
    std::shared_ptr<Tabulation> tabulation_;
};

}  // namespace rill::playback
