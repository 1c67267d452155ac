// Who consumes a path, and who waits for it.
#pragma once

#include "util/permits.hpp"

#include <rill/event.hpp>
#include <rill/loop.hpp>
#include <rill/sink.hpp>
#include <rill/status.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace rill {

/// The readers of one path. Threading: seat(), add() and end() on the path's loop; the rest from anywhere.
class PathReaders : public std::enable_shared_from_this<PathReaders> {
  public:
    struct Given {
        std::string path;
        std::shared_ptr<Events> events;         ///< null: nobody is told
        std::uint64_t most;                     ///< maxReaders; 0: any number
        std::shared_ptr<Permits> of_all_paths;  ///< maxTotalReaders; null: any number
        std::function<void()> left;             ///< called on any thread, after a reader is gone
    };
    explicit PathReaders(Given given);

    /// A reader's, from the moment that it comes; it is given back when this goes.
    using Seat = std::vector<Permits::Permit>;
    /// Error: too_many (maxReaders), unavailable (maxTotalReaders).
    Result<Seat> seat() const;
    /// `session` is ReaderStatus::session.
    ReaderPtr add(ReaderInfo info, std::string session, Seat seat);
    /// As Hub::end_reader. The path's loop.
    Result<> end(const std::string& id, const std::string& reason) const;
    bool has(const std::string& id) const;
    std::size_t count() const;
    std::vector<ReaderStatus> status() const;
    /// Bytes to all readers, also those that left.
    std::uint64_t outbound_bytes() const;

  private:
    class Entry;
    void remove(const Entry& entry);
    void tell(EventKind kind, const Entry& entry) const;
    const Entry* find(const std::string& id) const;

    const Given given_;
    const std::shared_ptr<Permits> of_this_path_;
    mutable std::mutex mutex_;
    std::vector<const Entry*> entries_;  // locked: mutex_
    std::uint64_t departed_bytes_ = 0;   // locked: mutex_
};

}  // namespace rill
