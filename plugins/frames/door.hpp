// The way back to a sink, for what may outlive it.
#pragma once

#include <rill/sink.hpp>

#include <functional>
#include <mutex>
#include <utility>

namespace rill::frames {

/// Threading: any thread.
class Door {
  public:
    explicit Door(SinkHost& host) : host_(&host) {}
    /// Runs `work` on the path's loop, or drops it when the sink was stopped.
    void post(std::function<void()> work) {
        const std::lock_guard lock(mutex_);
        if (host_ != nullptr) host_->post(std::move(work));
    }
    void close() {
        const std::lock_guard lock(mutex_);
        host_ = nullptr;
    }

  private:
    std::mutex mutex_;
    // Locked: mutex_, also while posting: the host may go once close() has returned.
    SinkHost* host_;
};

}  // namespace rill::frames
