// A root folder: who writes into it and who looks, each on a thread of its own.
#pragma once

#include "open_segments.hpp"
#include "storage_writer.hpp"
#include "worker.hpp"

#include <rill/archive.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

namespace rill::record {

/// Threads start when there is something to do. A disk that hangs holds up neither the caller nor another
/// storage.
///
/// Threading: any thread. Ownership: shared with what is queued, so a disk that hangs may keep it for ever.
class Storage : public std::enable_shared_from_this<Storage> {
  public:
    /// What may wait for the disk. Beyond it, recordings fail: the disk is too slow.
    static constexpr std::uint64_t most_queued_bytes = 128u << 20;

    static std::shared_ptr<Storage> create(StorageSettings settings);

    /// As Archive's.
    Result<std::unique_ptr<ArchiveWriter>> write(const std::string& path, const FilePattern& pattern,
                                                 std::function<void(Error)> failed);
    void read(const std::string& path, std::function<void(ArchiveView&)> look);
    void paths(std::function<void(Result<std::vector<RecordedPath>>)> done);
    void erase(const std::string& path, TimeRange range, std::function<void(Result<std::uint64_t>)> done);
    void lock(const std::string& path, TimeRange range, bool locked,
              std::function<void(Result<std::uint64_t>)> done);
    StorageStatus status() const;
    void configure(StorageSettings settings);
    bool close(std::chrono::milliseconds timeout);

  private:
    class Writer;
    explicit Storage(StorageSettings settings);
    void start();
    using Turn = std::function<Result<StorageWriter::Progress>(StorageWriter& writer, TimeRange rest)>;
    void in_turns(Turn turn, StorageWriter::Progress so_far, std::function<void(Result<std::uint64_t>)> done);
    Result<Index*> index_to_read();

    const std::filesystem::path root_;
    OpenSegments open_;
    StorageCounters counters_;
    StorageWriter writer_;  // on disk_
    // On reader_.
    std::optional<Index> read_;
    std::uint64_t read_generation_ = 0;
    std::mutex mutex_;
    std::set<std::string> writing_;  // locked: mutex_
    std::unique_ptr<Worker> disk_;
    std::unique_ptr<Worker> reader_;
};

}  // namespace rill::record
