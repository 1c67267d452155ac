// The way back to a loop, for what may outlive whom it leads to.
#pragma once

#include <functional>
#include <mutex>
#include <utility>

namespace rill {

/// Threading: any thread.
class Door {
  public:
    /// How work is posted: SinkHost::post, Loop::post. It must only queue, since it is called under a lock.
    using Post = std::function<void(std::function<void()>)>;
    explicit Door(Post post) : post_(std::move(post)) {}

    /// Posts `work`, or drops it when the door is closed.
    void post(std::function<void()> work) {
        const std::lock_guard lock(mutex_);
        if (post_) post_(std::move(work));
    }
    /// When it returns, nothing is posted any more: whom it led to may go.
    void close() {
        const std::lock_guard lock(mutex_);
        post_ = nullptr;
    }

  private:
    std::mutex mutex_;
    Post post_;  // locked: mutex_. Empty once closed
};

}  // namespace rill
