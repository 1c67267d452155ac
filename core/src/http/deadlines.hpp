// How long connections may take, with one timer for all of them.
#pragma once

#include "event_source.hpp"

#include <array>
#include <cstdint>
#include <list>

namespace rill::http {

/// What a connection waits for. Each has one duration for the whole server, so the entries of a kind are
/// always in the order of their deadlines and none of them is ever searched for.
enum class Wait {
    handshake,  ///< for TLS to be spoken
    idle,       ///< for the first byte of a request
    reading,    ///< for the rest of a request
    writing,    ///< for the client to take bytes
    keepalive,  ///< for a WebSocket to be silent too long
    lingering,  ///< for the client to hang up after the last answer
    accepting,  ///< for file descriptors to become free
};
constexpr std::size_t wait_kinds = 7;

/// Threading: the context's thread.
class Deadlines {
  public:
    class Entry {
      public:
        Entry() : parked_{this}, node_(parked_.begin()) {}
        Entry(const Entry&) = delete;
        Entry& operator=(const Entry&) = delete;
        /// The wait was not ended in time; it has ended now. May destroy the entry.
        virtual void on_deadline(Wait kind) = 0;

      protected:
        ~Entry() = default;

      private:
        friend class Deadlines;
        std::list<Entry*> parked_;  ///< where the entry's only node is while it waits for nothing
        std::list<Entry*>::iterator node_;
        Wait kind_ = Wait::idle;
        std::int64_t at_us_ = 0;
        bool waits_ = false;
    };

    /// `milliseconds` by kind.
    Deadlines(GMainContext* context, std::array<std::int64_t, wait_kinds> milliseconds);

    /// Starts to wait, or starts again.
    void start(Entry& entry, Wait kind);
    /// Must be called before an entry is destroyed.
    void cancel(Entry& entry);
    static bool waits(const Entry& entry, Wait kind) { return entry.waits_ && entry.kind_ == kind; }
    /// The entry that has waited longest for this, or null.
    Entry* longest(Wait kind) const;

  private:
    using Queue = std::list<Entry*>;

    Queue& queue(Wait kind) { return queues_[static_cast<std::size_t>(kind)]; }
    void expire();

    const std::array<std::int64_t, wait_kinds> milliseconds_;
    std::array<Queue, wait_kinds> queues_;
    EventSource source_;
    std::int64_t armed_us_ = EventSource::never;
};

}  // namespace rill::http
