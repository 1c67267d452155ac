// What is recorded in one storage root: a folder with the files of many paths. SQLite holds it, in the
// folder.
#pragma once

#include "parts.hpp"
#include "sqlite.hpp"

#include <rill/result.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rill::record {

/// One file. Times are UTC in microseconds since 1970 and may be negative; the end is not part of it.
struct Segment {
    std::int64_t id = 0;
    std::string path;  ///< of the camera: "site/door/2"
    std::string file;  ///< relative to the root
    std::int64_t start_us = 0;
    std::int64_t end_us = 0;
    std::uint64_t bytes = 0;
    std::uint32_t init_bytes = 0;  ///< where the first part begins
    /// The same for segments of a path that follow each other without a gap in the same formats. Given: any
    /// number of the writer's choice, 0 for a chain of its own. Read: the number that the index gives to what
    /// is really there without a gap, so that a chain is two once a segment in its middle is gone.
    std::int64_t chain = 0;
    std::string codecs;  ///< RFC 6381: "avc1.64001f,mp4a.40.2"
    bool locked = false;
    std::vector<Part> parts;  ///< given to add(); never filled by lookups, see Index::parts
};

/// What is recorded without a gap, in one set of formats.
struct Span {
    std::int64_t start_us = 0;
    std::int64_t end_us = 0;
    std::string codecs;

    bool operator==(const Span&) const = default;
};

/// What finished segments come to.
struct Totals {
    std::uint64_t segments = 0;
    std::uint64_t bytes = 0;

    bool operator==(const Totals&) const = default;
};

struct PathSummary {
    std::string path;
    Totals totals;
    std::int64_t first_us = 0;  ///< start of the earliest
    std::int64_t last_us = 0;   ///< end of the latest
};

struct Neighbours {
    std::optional<Segment> before, after;
};

/// The index. Lookups, spans and totals know finished segments only: the recorder answers for what is open.
/// Segments may overlap in time when the machine's clock was set back.
///
/// Threading: none of its own; one instance a thread. One instance writes, any number read beside it (WAL).
/// Ownership: closes its connection when destroyed. Errors of every call: unavailable (locked for longer than
/// the patience, disk full, not writable), internal (the file is damaged: drop all instances, set_aside, open
/// anew, rebuild), and what the call names. A change that fails changes nothing.
class Index {
  public:
    static constexpr std::string_view file_name = "index.rill.db";
    static constexpr std::chrono::milliseconds default_patience{5000};
    /// What lies so near to each other has no gap between it: clocks waver.
    static constexpr std::int64_t seam_us = 200'000;
    /// Bounds of what is taken: a segment's times lie within +-time_limit, and it is not longer than a week.
    static constexpr std::int64_t time_limit_us = std::int64_t{1} << 61;
    static constexpr std::int64_t longest_segment_us = std::int64_t{7} * 24 * 3600 * 1'000'000;

    struct Opened;
    /// Opens for writing. What is not there is made; what is damaged or of another program is moved to
    /// "<file>.damaged" first. Only what costs no time is looked at, see check(). Errors: conflict when a
    /// newer Rill wrote it (the file stays as it is).
    static Result<Opened> open(const std::filesystem::path& file,
                               std::chrono::milliseconds patience = default_patience);
    /// Opens for reading. Nothing is made or moved. Errors: not_found before a writer has made it, conflict.
    static Result<Index> open_to_read(const std::filesystem::path& file,
                                      std::chrono::milliseconds patience = default_patience);
    /// Moves the file, and its -wal, -shm and -journal, to "<file>.damaged…", over what an earlier damage
    /// left there.
    static Result<> set_aside(const std::filesystem::path& file);
    /// Reads the whole file and looks for damage; seconds for each GB, so on a reading instance in the
    /// background.
    Result<> check();

    // Changes (index_changes.cpp). Each is one transaction.

    /// A file has been begun. The result is its id; end, bytes and parts are not looked at. Errors: conflict
    /// when the file is known, invalid_config when a time is out of bounds.
    Result<std::int64_t> begin_segment(const Segment& segment);
    /// It is complete. Errors: not_found when it is not open, invalid_config when a number is out of bounds.
    Result<> finish_segment(std::int64_t id, std::int64_t end_us, std::uint64_t bytes,
                            std::span<const Part> parts);
    /// Adds finished segments with their parts, all or none; of segments that overlap, the one added last
    /// counts as recorded last. Files that are known are left out. The result is how many were added. Errors:
    /// invalid_config.
    Result<std::size_t> add(std::span<const Segment> segments);
    /// Forgets a segment, finished or not. The file is the caller's. Errors: not_found.
    Result<> remove(std::int64_t id);
    /// Keeps from retention, or gives back to it, every segment that has something of [from, to); also an
    /// unfinished one, which is taken to last. The result is how many changed.
    Result<std::uint64_t> lock(std::string_view path, std::int64_t from_us, std::int64_t to_us, bool locked);

    // Lookups (index.cpp).

    /// Those that were begun and not finished, in that order: what a crash has left, when nothing records.
    Result<std::vector<Segment>> unfinished();
    /// The segment of a file, finished or not.
    Result<std::optional<Segment>> find_file(std::string_view file);
    /// The chain of a finished segment, or that an unfinished one goes on with; nothing when it begins one,
    /// or is not there.
    Result<std::optional<std::int64_t>> chain_of(std::int64_t id);
    /// The segment that holds a time; of several the one recorded last.
    Result<std::optional<Segment>> segment_at(std::string_view path, std::int64_t utc_us);
    /// What ends last among those that start at or before a time, and what starts first after it.
    Result<Neighbours> nearest(std::string_view path, std::int64_t utc_us);
    /// The one that starts next after a finished one, or before it; by id where starts are the same.
    Result<std::optional<Segment>> next(const Segment& segment);
    Result<std::optional<Segment>> previous(const Segment& segment);
    /// Those that have something of [from, to), in the order of their starts.
    Result<std::vector<Segment>> segments(std::string_view path, std::int64_t from_us, std::int64_t to_us,
                                          std::size_t limit);
    /// Errors: not_found when the segment is not there or not finished, internal when what is stored is
    /// broken.
    Result<std::vector<Part>> parts(std::int64_t id);
    /// What is recorded of [from, to), cut to it, in order and disjoint. Where two sets of formats overlap,
    /// the one that started first goes on to its end.
    Result<std::vector<Span>> spans(std::string_view path, std::int64_t from_us, std::int64_t to_us);

    /// Paths that have finished segments, by name.
    Result<std::vector<PathSummary>> paths();
    /// From counters: as fast for millions of segments as for one.
    Result<Totals> totals();
    Result<Totals> totals(std::string_view path);
    /// What retention takes first: finished, not locked, earliest start; of a path or of all.
    Result<std::optional<Segment>> oldest(std::string_view path);
    Result<std::optional<Segment>> oldest();
    /// What retention takes for its age: finished, not locked, over at `before_us`; oldest first.
    Result<std::vector<Segment>> expired(std::string_view path, std::int64_t before_us, std::size_t limit);

  private:
    explicit Index(Database database) : database_(std::move(database)) {}

    struct Place;
    struct Chain;
    Result<std::int64_t> intern(std::string_view find, std::string_view insert, std::string_view text);
    Result<std::int64_t> insert(const Segment& segment, bool finished);
    Result<> complete(const Place& place, std::uint64_t bytes, std::span<const Part> parts);
    Result<> join_chain(const Place& place);
    Result<> leave_chain(const Place& place);
    Result<std::optional<Chain>> chain_at(const Place& place);
    Result<> insert_chain(const Place& place);
    static Result<std::optional<Chain>> read_chain(Rows& rows);
    Result<> count(std::int64_t path, std::int64_t segments, std::int64_t bytes);

    Database database_;
};

struct Index::Opened {
    Index index;
    /// Not empty when the index is a new one: why, to be logged. The caller adds what lies in the folder.
    std::string rebuild;
};

}  // namespace rill::record
