// Deletes what is too old or too much, of one root.
#pragma once

#include "index.hpp"

#include <rill/log.hpp>
#include <rill/result.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <vector>

namespace rill::record {

struct RetentionRule {
    std::int64_t delete_after_us = 0;  ///< after a segment's end; 0 is never
    std::uint64_t max_bytes = 0;       ///< of finished segments of the path; 0 is any
};

struct RetentionRules {
    std::map<std::string, RetentionRule> paths;
    RetentionRule others;         ///< for each path that is not among them
    std::uint64_t max_bytes = 0;  ///< of finished segments of the root; 0 is any
    std::uint64_t min_free = 0;   ///< bytes of the disk
};

struct RetentionStep {
    std::uint64_t segments = 0;  ///< deleted in this step
    std::uint64_t bytes = 0;
    bool more = false;  ///< the turn is not over
    // What the last whole turn has come to.
    bool short_of_space = false;  ///< min_free is not reached, and nothing is left that may be deleted
    bool over_size = false;       ///< the same of the root's max_bytes
};

/// Works in turns, of as many steps as it takes: first what is too old, then of each path what is over its
/// size, then, oldest first, what the root is over its size or the disk short of free space. Locked and
/// unfinished segments stay. It knows what the index knows: while Recovery makes that anew, the oldest there
/// need not be the oldest, so let it finish first.
///
/// Clocks are wrong at times, above all when a machine starts. What is dated later than now is not too old.
/// And a clock that is ahead by years does not empty the disk: a path's recordings expire at most 24 times as
/// fast as they were made, beginning with none when the program starts, and at most a day of them in a turn.
/// That is measured by the steady clock, so a restart or a second leap changes nothing. It is also how fast
/// what has expired while the program was not running goes, or after delete_after was made shorter. Deleting
/// for space does not know the time and is not slowed down.
///
/// What cannot be deleted keeps its row and is left until the next turn. Of a folder in which it fails 16
/// times the turn leaves the rest, too. A disk that can only be read ends the turn.
///
/// Between turns should lie more time than the file system takes until deleted bytes are free (Btrfs: 30 s).
///
/// Threading: the one of the index. Ownership: the index outlives it.
class Retention {
  public:
    struct Disk {
        std::function<Result<std::uint64_t>()> free_bytes;
        /// As remove_recording (removal.hpp) of the root.
        std::function<std::error_code(const std::string& relative_file)> remove;
    };
    static Disk disk_of(const std::filesystem::path& root);

    struct Now {
        std::int64_t utc_us = 0;
        std::chrono::nanoseconds steady{0};  ///< of a clock that is never set
    };

    Retention(Index& index, RetentionRules rules, Disk disk, Log log);

    /// Of the next file that is looked at.
    void set_rules(RetentionRules rules) { rules_ = std::move(rules); }
    /// Goes on with the turn, or begins one. Deletes at most 32 segments. Errors: those of the index; the
    /// turn is over then.
    Result<RetentionStep> step(Now now);

  private:
    enum class Stage { none = 1, age, path_size, root };

    struct PathState {
        std::int64_t allowance_us = 0;        ///< may expire; below 0 after a long segment
        std::optional<std::int64_t> deleted;  ///< start of what was deleted last
        std::optional<Segment> passed;        ///< in this turn, everything up to it was deleted or cannot be
    };

    Result<> begin_turn(Now now);
    void end_turn();
    void advance();
    const RetentionRule& rule_of(const std::string& path) const;
    bool usable(const Segment& segment) const;
    Result<std::optional<Segment>> candidate(const std::string& path, std::optional<std::int64_t> before_us);
    Result<std::optional<Segment>> victim();
    Result<std::optional<Segment>> oldest_of_root();
    Result<> remove(const Segment& segment, RetentionStep& step);
    void charge(const Segment& segment);
    void note_failure(const Segment& segment, std::error_code error);

    Index* index_;
    RetentionRules rules_;
    Disk disk_;
    Log log_;

    Stage stage_ = Stage::none;
    std::vector<std::string> paths_;  ///< of this turn
    std::size_t position_ = 0;        ///< in paths_
    int looks_ = 0;                   ///< at segments, left in this step
    std::int64_t now_us_ = 0;         ///< of this turn
    std::uint64_t size_excess_ = 0;   ///< of the root, at the beginning of the turn
    std::uint64_t free_deficit_ = 0;
    std::uint64_t freed_ = 0;  ///< in this turn
    std::optional<std::chrono::nanoseconds> last_turn_;
    std::map<std::string, PathState> states_;
    std::map<std::string, int> failures_;  ///< by folder, in this turn
    std::set<std::string> causes_, reported_;
    bool short_of_space_ = false;
    bool over_size_ = false;
};

}  // namespace rill::record
