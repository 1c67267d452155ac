// Who consumes a path, and who waits for it.
#pragma once

#include <rill/hub.hpp>
#include <rill/loop.hpp>
#include <rill/sink.hpp>
#include <rill/status.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace rill {

/// The readers of one path. Threading: add() on the path's loop; the rest from anywhere.
class PathReaders : public std::enable_shared_from_this<PathReaders> {
  public:
    /// `left` is called on any thread, after a reader is gone.
    explicit PathReaders(std::function<void()> left) : left_(std::move(left)) {}

    ReaderPtr add(ReaderInfo info);
    std::size_t count() const;
    std::vector<ReaderStatus> status() const;
    /// Bytes to all readers, also those that left.
    std::uint64_t outbound_bytes() const;

  private:
    class Entry;
    void remove(const Entry& entry);

    const std::function<void()> left_;
    mutable std::mutex mutex_;
    std::vector<const Entry*> entries_;  // locked: mutex_
    std::uint64_t departed_bytes_ = 0;   // locked: mutex_
};

}  // namespace rill
