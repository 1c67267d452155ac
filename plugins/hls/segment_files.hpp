// Segments on disk instead of in memory (hlsDirectory).
#pragma once

#include "window.hpp"

#include <rill/door.hpp>
#include <rill/fd.hpp>
#include <rill/http_body.hpp>
#include <rill/log.hpp>
#include <rill/loop.hpp>
#include <rill/sink.hpp>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>

namespace rill::hls {

/// A segment's bytes in a file without a name: nobody else can change it, and it goes with the last who uses
/// it, also when the process is killed.
class SegmentFile {
  public:
    SegmentFile(std::shared_ptr<Loop> disk, std::shared_ptr<const Fd> fd)
        : disk_(std::move(disk)), fd_(std::move(fd)) {}
    /// So many bytes from there on.
    http::StreamedBody body(std::uint64_t first, std::uint64_t count) const;

  private:
    const std::shared_ptr<Loop> disk_;
    const std::shared_ptr<const Fd> fd_;
};

/// Threading: the path's loop. All reading and writing is done on one thread of the process.
class SegmentFiles {
  public:
    /// Makes the folder. Error: unavailable, naming it.
    static Result<std::shared_ptr<SegmentFiles>> in(const std::filesystem::path& folder, SinkHost& host);
    /// What is being written stays in memory.
    ~SegmentFiles() { door_->close(); }

    /// Puts a closed segment into a file. It stays in memory where that fails, and until it is done.
    void keep(const std::shared_ptr<Segment>& segment);

  private:
    SegmentFiles(std::filesystem::path folder, std::shared_ptr<Loop> disk, SinkHost& host);

    const std::filesystem::path folder_;
    const std::shared_ptr<Loop> disk_;
    const std::shared_ptr<Door> door_;
    const Log log_;
    const std::shared_ptr<std::atomic<bool>> has_failed_ = std::make_shared<std::atomic<bool>>(false);
};

}  // namespace rill::hls
