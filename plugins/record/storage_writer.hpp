// What happens on a storage's disk thread: files and index are written, what is too old is deleted.
#pragma once

#include "index.hpp"
#include "open_segments.hpp"
#include "recovery.hpp"
#include "retention.hpp"
#include "segment_file.hpp"

#include <rill/archive.hpp>
#include <rill/log.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace rill::record {

struct StorageSettings {
    std::filesystem::path root;
    std::vector<FilePattern> patterns;  ///< of all paths in the root
    RetentionRules rules;
    std::shared_ptr<Events> events = nullptr;  ///< null: nobody is told
};

/// One path's recording, from write() to the end of its writer.
struct Recording {
    Recording(std::string path_name, FilePattern file_pattern)
        : path(std::move(path_name)), pattern(std::move(file_pattern)) {}

    const std::string path;
    const FilePattern pattern;
    std::function<void(Error)> failed;  ///< empty once it has been called
    // On the disk's thread.
    std::optional<SegmentFile> file;
    Segment row;
    Ref<GBytes> init;
    std::vector<std::shared_ptr<const Format>> formats;
    Container container = Container::fmp4;
    std::int64_t end_us = 0;  ///< of what was written
};

/// The numbers that others want to know. Threading: any thread.
class StorageCounters {
  public:
    StorageStatus get() const;
    void update(const std::function<void(StorageStatus&)>& change);

  private:
    mutable std::mutex mutex_;
    StorageStatus status_;  // locked: mutex_
};

/// Threading: the disk's thread. Every call may wait for the disk.
class StorageWriter {
  public:
    /// What was done of a range. The rest is for a turn of its own: what is recorded meanwhile waits.
    struct Progress {
        std::uint64_t count = 0;
        std::optional<TimeRange> rest;
    };

    StorageWriter(StorageSettings settings, OpenSegments& open, StorageCounters& counters);
    ~StorageWriter();

    /// Opens the index of what was recorded earlier, if there is something.
    void look();
    /// Another configuration of the same root. What is there is looked at anew soon.
    void configure(StorageSettings settings);
    /// Tells that the recording begins.
    void announce(const Recording& recording) const { tell(EventKind::recording_begun, recording.path, {}); }
    /// What goes wrong ends the recording: its `failed` is called.
    void begin(const std::shared_ptr<Recording>& recording, const NewSegment& segment);
    void append(Recording& recording, const NewPart& part);
    void end(Recording& recording);
    /// The segment is ended with what it has, and `failed` is called.
    void fail(Recording& recording, const Error& error);

    /// A few files; counts bytes.
    Result<Progress> erase(const std::string& path, TimeRange range);
    /// The same; counts segments.
    Result<Progress> lock(const std::string& path, TimeRange range, bool locked);
    /// A piece of what can wait: recovery, retention, bringing what was written to the disk. The time until
    /// there is more to do.
    std::chrono::milliseconds idle();
    /// Grows when the index becomes another file. Any thread.
    std::uint64_t generation() const { return generation_; }

  private:
    /// A segment whose end is not in the index yet.
    struct Finished {
        std::int64_t id = 0;
        std::int64_t end_us = 0;
        std::uint64_t bytes = 0;
        std::vector<Part> parts;
    };

    Result<> open();
    Result<> make_row(Recording& recording, const NewSegment& segment);
    Result<> try_begin(Recording& recording, const NewSegment& segment);
    Result<> check_space();
    Result<std::uint64_t> measure_disk();
    void hasten_turn();
    void finish(Recording& recording);
    Result<> enter(const Finished& segment);
    void enter_again();
    /// Some segments that have something of a range, and all that have something of what is before `rest`.
    struct Batch {
        std::vector<Segment> segments;
        std::optional<TimeRange> rest;
    };
    Result<Batch> first_of(const std::string& path, TimeRange range);
    Result<Progress> erase_some(const std::string& path, TimeRange range);
    Result<Progress> lock_some(const std::string& path, TimeRange range, bool locked);
    void mark_files(const std::string& path, TimeRange range, const Batch& batch, bool locked);
    template <class Work>
    Result<Progress> work_on_index(Work work);
    void fail_all(const Error& error);
    void tell(EventKind kind, const std::string& path, const std::filesystem::path& file,
              std::int64_t duration_us = 0, const std::string& reason = {}) const;
    void index_failed(const Error& error);
    void drop_index(const Error& error);
    void look_again();
    bool recover();
    void retain();
    void sync();

    // Given.
    StorageSettings settings_;
    OpenSegments& open_;
    StorageCounters& counters_;
    const Log log_;
    // State.
    std::optional<Index> index_;
    std::optional<Recovery> recovery_;
    std::optional<Retention> retention_;
    std::set<std::shared_ptr<Recording>> recordings_;  // that have an open segment
    std::deque<Finished> not_entered_;                 // the index could not take them
    std::atomic<std::uint64_t> generation_{1};
    std::int64_t next_chain_;
    bool failed_ = false;           // nothing could be written of late
    bool dirty_ = false;            // something was written since the last sync
    std::uint64_t free_bytes_ = 0;  // of the disk when it was measured, less what was written since
    bool exhausted_ = false;        // a bound is not kept, and nothing is left that may be deleted
    std::chrono::steady_clock::time_point last_sync_{}, last_turn_{}, next_turn_{};
};

}  // namespace rill::record
