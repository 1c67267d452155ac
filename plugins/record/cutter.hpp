// Cuts the units of a path into parts and segments of a recording.
#pragma once

#include "part_writer.hpp"

#include <rill/media/access_unit.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace rill::record {

/// The first track leads (the picture, where there is one): parts and segments end where one of its units
/// begins, and take the units of the same time of the other tracks with them.
///
/// - A part ends before the unit that begins nearest to `part_duration` after it, before the one that would
///   make it larger than `part_max_bytes`, and before a keyframe. Keyframes may follow each other inside of
///   half a part.
/// - A segment ends before the first keyframe after `segment_duration`, before a change of the leading
///   format, and at a hole. A new format of another track is taken up with the next keyframe; until then that
///   track is left out.
/// - A cut waits for the other tracks to have come as far, unless they are silent. When the leading track is
///   silent and another is not, parts go on without it.
/// - A hole is more than `hole` without a unit of any track. What follows it does not continue what was
///   before. Neither does what follows a jump of the wall clock against the media time by more than
///   `clock_tolerance_us`.
///
/// Threading: none of its own.
class Cutter {
  public:
    struct Settings {
        Nanoseconds part_duration{0};
        Nanoseconds segment_duration{0};
        std::size_t part_max_bytes = 0;
    };
    static constexpr Nanoseconds hole = std::chrono::seconds(2);
    static constexpr Nanoseconds silence = std::chrono::seconds(2);
    static constexpr std::int64_t clock_tolerance_us = 500'000;

    /// The tracks as they are known before their first unit, null where that is not; the first leads.
    /// `unwritable` is told of formats that files cannot have. The writer outlives the cutter.
    Cutter(Settings settings, std::vector<std::shared_ptr<const Format>> tracks, PartWriter& writer,
           std::function<void(const Error&)> unwritable);

    /// The next unit of a track, in decode order. Nothing is written before cut().
    void push(std::size_t track, UnitPtr unit);
    /// A segment that begins before that has not all tracks: they are taken up with the next keyframe.
    bool knows_all_formats() const;
    /// Writes every part that is complete. The time until the next may be, at most that of a part: what is
    /// pending lasts so long less.
    Nanoseconds cut();
    /// Writes what there is: the path or the recording ends.
    void flush();
    /// Units that were left out: before a segment's first keyframe, or of a format that could not be taken
    /// up.
    std::uint64_t left_out() const { return left_out_; }

  private:
    struct Lane {
        std::deque<UnitPtr> pending;
        std::shared_ptr<const Format> known;    ///< of its newest unit
        std::shared_ptr<const Format> format;   ///< as the writer has it; null: not in this segment
        std::shared_ptr<const Format> refused;  ///< by the writer
        std::size_t place = 0;                  ///< in the writer
        std::optional<Nanoseconds> last;        ///< dts of its newest unit
        Nanoseconds step{0};                    ///< between its newest two units
    };
    struct Boundary {
        Nanoseconds at{0};
        std::size_t leading_units = 0;  ///< of the leading track before it
        bool ends_segment = false;
        bool continues = true;
    };

    bool begin_segment();
    std::vector<std::shared_ptr<const Format>> choose_formats();
    std::optional<Boundary> next_boundary() const;
    std::optional<Boundary> boundary_before(std::size_t unit, std::size_t bytes) const;
    std::optional<Boundary> boundary_without_lead() const;
    std::optional<Nanoseconds> end_before_hole(Nanoseconds lead_end) const;
    void forget_unusable();
    bool others_have_reached(Nanoseconds time) const;
    bool other_format_waits(Nanoseconds time) const;
    std::int64_t utc_at(Nanoseconds time) const;
    void write_part(const Boundary& boundary);

    // Given.
    const Settings settings_;
    PartWriter& writer_;
    const std::function<void(const Error&)> unwritable_;
    // State.
    std::vector<Lane> lanes_;
    bool in_segment_ = false;
    Nanoseconds segment_start_{0};
    std::int64_t segment_utc_us_ = 0;
    Nanoseconds part_start_{0};
    bool continues_ = false;  // what comes next
    std::uint64_t left_out_ = 0;
};

}  // namespace rill::record
