// The bounded queue behind one link.
#pragma once

#include <rill/link.hpp>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace rill {

/// Shared by the producer (push) and the Link (the rest).
///
/// Threading: prefill() and begin() on the linking thread, push() on the producer's, take() on the
/// consumer's, close() anywhere.
class LinkQueue {
  public:
    explicit LinkQueue(LinkSpec spec) : spec_(std::move(spec)) {}

    /// The cached start, exempt from the bounds. Before the producer knows the queue.
    void prefill(const std::vector<UnitPtr>& units);
    /// Tells the consumer of the cached start. After the producer knows the queue, outside every lock.
    void begin();
    void push(const UnitPtr& unit);
    UnitPtr take();
    /// After it returns, `ready` is not running (unless this is called from inside it) and never will.
    void close();
    LinkStatistics statistics() const;

  private:
    bool takes(const AccessUnit& unit) const { return spec_.stand_in || !unit.stand_in; }
    void notify();

    const LinkSpec spec_;
    mutable std::mutex mutex_;
    std::condition_variable quiet_;
    // Locked: mutex_.
    std::deque<UnitPtr> units_;
    std::size_t prefilled_ = 0;  // how many at the front are exempt
    std::size_t bytes_ = 0;      // of those that are not
    bool needs_keyframe_ = true;
    bool lost_ = false;
    bool closed_ = false;
    std::thread::id notifying_;
    bool notify_again_ = false;
    LinkStatistics statistics_;
};

}  // namespace rill
