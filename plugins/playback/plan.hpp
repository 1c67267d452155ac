// What an answer consists of: which parts of which files, and where each comes to lie.
#pragma once

#include <rill/archive.hpp>
#include <rill/media/cmaf_join.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rill::playback {

/// What is asked for.
struct Wanted {
    std::string path;
    TimeRange time;
    bool progressive = false;  ///< one moov with all sample tables instead of fragments
};

/// What files of the same formats have in common.
struct Layout {
    cmaf::Init init;
    std::vector<cmaf::JoinedPlace> places;
    /// The first track of video, when the answer has several sets of parameters for it: these then go in
    /// front of each keyframe that begins a part.
    std::optional<std::size_t> grown_track;
    std::vector<std::uint8_t> parameter_sets;

    /// By how many bytes a part is longer in the answer than it is stored.
    std::uint32_t growth(const RecordedPart& part) const {
        return part.keyframe && grown_track ? static_cast<std::uint32_t>(parameter_sets.size()) : 0;
    }
};

/// The parts of one file that are in the answer. A plan has many of them, so the name of the file is looked
/// up again when its turn comes.
struct Piece {
    std::int64_t id = 0;  ///< of the segment
    std::int64_t start_us = 0;
    std::int64_t end_us = 0;
    std::int64_t chain = 0;
    std::uint64_t first_byte = 0;  ///< of the first part, in the file
    std::uint64_t end_byte = 0;    ///< behind the last part, in the file
    Nanoseconds shift{0};          ///< from the file's times to the answer's
    std::uint64_t body_end = 0;    ///< behind the last part, in the answer
    std::uint32_t layout = 0;
    std::uint32_t growths = 0;  ///< how often the layout's parameter sets go in
};

/// Immutable once it is made.
struct Plan {
    Wanted wanted;
    Ref<GBytes> head;  ///< all before the first part; counts for body_end
    cmaf::JoinedTracks tracks;
    std::vector<Layout> layouts;
    std::vector<Piece> pieces;
    Nanoseconds begin{0};  ///< where playing begins, on the answer's time line
    Nanoseconds end{0};    ///< of the longest track
    std::string etag;

    std::uint64_t size() const {
        return pieces.empty() ? g_bytes_get_size(head.get()) : pieces.back().body_end;
    }
};

/// A plan, or why there is none. `before` and `after` are the nearest recorded times (UTC in microseconds)
/// where nothing is recorded.
struct Planned {
    Result<std::shared_ptr<const Plan>> plan;
    std::optional<std::int64_t> before, after;
};

/// Plans from the index alone, but for the init segment and the first and last moof of each chain; a
/// progressive answer needs every moof. In turns
/// on the archive's thread, so that a long plan does not hold up others.
///
/// `done` is called once, on that thread; never when the archive ends before. Errors: not_found,
/// too_large (more than 100000 files, or 2 million samples of a progressive answer); unavailable and internal
/// when nothing of what was found can be read; and what the archive says.
void make_plan(Archive& archive, Wanted wanted, std::function<void(Planned)> done);

}  // namespace rill::playback
