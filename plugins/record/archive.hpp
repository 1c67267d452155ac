// The recordings of all paths, in one storage for each root.
#pragma once

#include "settings.hpp"
#include "storage.hpp"

#include <rill/archive.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace rill::record {

/// Threading: as Archive's; create() and configure() on the main thread.
class DiskArchive final : public Archive {
  public:
    static Result<std::unique_ptr<Archive>> create(std::span<const ArchivePath> paths, const Options& others,
                                                   std::shared_ptr<Events> events);

    Result<std::unique_ptr<ArchiveWriter>> write(const std::string& path,
                                                 std::function<void(Error)> failed) override;
    void read(const std::string& path, std::function<void(ArchiveView&)> look) override;
    void paths(std::function<void(Result<std::vector<RecordedPath>>)> done) override;
    void erase(const std::string& path, TimeRange range,
               std::function<void(Result<std::uint64_t>)> done) override;
    void lock(const std::string& path, TimeRange range, bool locked,
              std::function<void(Result<std::uint64_t>)> done) override;
    std::vector<StorageStatus> storages() const override;
    Result<> configure(std::span<const ArchivePath> paths, const Options& others) override;
    bool close(std::chrono::milliseconds timeout) override;

  private:
    struct Place {
        FilePattern pattern;
        std::shared_ptr<Storage> storage;
    };
    using Roots = std::shared_ptr<const std::vector<std::shared_ptr<Storage>>>;
    /// On a thread of the storage. Shared with what is queued: a disk that hangs may outlive the archive.
    using HomeUse = std::function<void(Storage&, ArchiveView&)>;

    struct Layout {
        std::map<std::string, Place> places;
        Roots roots;  ///< the default one first
    };
    struct Plan;

    explicit DiskArchive(std::shared_ptr<Events> events) : events_(std::move(events)) {}
    static Result<Plan> plan(std::span<const ArchivePath> paths, const Options& others);
    std::shared_ptr<const Layout> layout() const;
    /// Where a path's recordings are. One that is not configured may have been in any root.
    void at_home(const std::string& path, HomeUse use) const;
    static void search_home(const Roots& roots, std::size_t at, const std::string& path, HomeUse use);

    const std::shared_ptr<Events> events_;
    /// Each that was ever configured: what lies in it is still found. On the main thread.
    std::map<std::filesystem::path, std::shared_ptr<Storage>> storages_;
    mutable std::mutex mutex_;
    std::shared_ptr<const Layout> layout_;  // locked: mutex_
};

}  // namespace rill::record
