// An archive without an index and without a disk's thread: what is recorded is what the test says.
#pragma once

#include "memory_index.hpp"
#include "memory_view.hpp"

#include <rill/archive.hpp>
#include <rill/loop.hpp>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace rill::test {

/// Looks and answers come on a thread of its own, as those of a real one do. Writers take everything and keep
/// nothing.
///
/// Threading: any thread.
class MemoryArchive final : public Archive {
  public:
    /// A segment without parts, whose file nobody reads. The result is its id. It may begin before those that
    /// were added earlier.
    std::int64_t add(const std::string& path, RecordedSegment segment);
    /// A file with its parts; see read_segment().
    std::int64_t add(const std::string& path, const std::filesystem::path& file, std::int64_t start_us,
                     std::int64_t chain);
    /// The same file once more, by another name, without reading it.
    std::int64_t add_again(const std::string& path, std::int64_t like, const std::filesystem::path& file,
                           std::int64_t start_us, std::int64_t chain);
    void forget(std::int64_t id);
    /// Cuts a segment off behind so many parts, and says that it is being written.
    void keep_open(std::int64_t id, std::size_t parts);
    /// To one that is being written, which finish() ends.
    void append(std::int64_t id, const RecordedPart& part);
    void finish(std::int64_t id);
    /// As if the file were something else.
    void say_container(std::int64_t id, Container container);
    void set_storages(std::vector<StorageStatus> storages);
    /// What everything is answered from now on.
    void refuse(Error error);
    /// What looks are told instead of parts.
    void refuse_parts(Error error);
    /// It answers everything again.
    void relent();
    /// Drops what it is asked from now on, as an archive does that was closed.
    void drop();
    /// Waits until all that was asked is done, also what looks have asked for. Not from a look.
    void settle();

    // These throw std::runtime_error when there is none.
    RecordedSegment segment(std::int64_t id) const;
    std::vector<RecordedPart> parts(std::int64_t id) const;
    /// The most segments that one look was given, and how often looks have listed segments.
    std::size_t largest_look() const;
    std::size_t looks() const;
    /// How often it was asked anything.
    std::size_t turns() const;

    Result<std::unique_ptr<ArchiveWriter>> write(const std::string& path,
                                                 std::function<void(Error)> failed) override;
    void read(const std::string& path, std::function<void(ArchiveView&)> look) override;
    void paths(std::function<void(Result<std::vector<RecordedPath>>)> done) override;
    void erase(const std::string& path, TimeRange range,
               std::function<void(Result<std::uint64_t>)> done) override;
    void lock(const std::string& path, TimeRange range, bool locked,
              std::function<void(Result<std::uint64_t>)> done) override;
    std::vector<StorageStatus> storages() const override;
    Result<> configure(std::span<const ArchivePath>, const Options&) override { return ok(); }
    bool close(std::chrono::milliseconds) override { return true; }

  private:
    class Writer;
    void post(std::function<void()> work);
    /// Answers with what `work` gives, or with the refusal.
    template <class T>
    void answer(std::function<T(MemoryIndex&)> work, std::function<void(Result<T>)> done);
    StoredSegment stored(std::int64_t id) const;

    mutable std::mutex mutex_;
    // Locked: mutex_.
    MemoryIndex index_;
    std::set<std::string> being_written_;
    std::vector<StorageStatus> storages_;
    Refusals refusals_;
    LookCount count_;

    std::atomic<bool> dropping_ = false;
    mutable std::mutex turns_mutex_;
    std::condition_variable settled_;
    // Locked: turns_mutex_.
    std::size_t turns_ = 0;
    std::size_t under_way_ = 0;

    Loop loop_{"archive"};  // last: its work uses the others
};

/// Its numbers all differ: 1, 2, 3 and so on, in the order of the members. It has failed.
StorageStatus numbered_storage(std::filesystem::path root);

}  // namespace rill::test
