// The process's contents: each is encoded when it is needed first, and kept.
#pragma once

#include "encoding.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>

namespace rill::slate {

/// Threading: any.
class Library {
  public:
    using Describe = std::function<Result<std::string>(const Spec&)>;

    /// Encodes with the elements of `describe`, and gives up after `patience`.
    Library(Describe describe, std::chrono::milliseconds patience);

    /// The one of all paths. Never destroyed: streaming threads may outlast main().
    static Library& instance();

    /// Waits while the content is encoded, by this thread or another. Null when `stopped` has become true
    /// meanwhile; who sets it calls wake(). Error: unavailable (no encoder), timeout or internal; the next
    /// call tries again.
    Result<ContentPtr> get(const Spec& spec, const std::atomic<bool>& stopped);
    void wake();

  private:
    Result<ContentPtr> encode(const Spec& spec, const std::atomic<bool>& stopped);

    const Describe describe_;
    const std::chrono::milliseconds patience_;
    std::mutex mutex_;
    std::condition_variable changed_;
    // Locked: mutex_.
    std::map<Spec, ContentPtr> contents_;
    std::set<Spec> being_encoded_;
};

}  // namespace rill::slate
