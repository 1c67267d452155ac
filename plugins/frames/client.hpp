// A subscriber that belongs to an HTTP client.
#pragma once

#include "frames_sink.hpp"
#include "subscriber.hpp"

#include <chrono>
#include <memory>
#include <mutex>
#include <utility>

namespace rill::frames {

/// How long somebody waits for a picture, and a picture for somebody who reads nothing.
inline constexpr std::chrono::seconds client_patience{10};

/// Holds what keeps the pictures coming, and lets go of it once: when the client is served, or gone, or
/// neither any more. Threading: any thread.
class Hold {
  public:
    /// It may be over already: pictures come before attach() has returned.
    void keep(std::shared_ptr<Attachment> attachment) {
        const std::lock_guard lock(mutex_);
        attachment->count(std::exchange(early_, {}));
        if (!over_) attachment_.swap(attachment);
    }
    /// False: it was over before.
    bool release() {
        std::shared_ptr<Attachment> released;
        const std::lock_guard lock(mutex_);
        released.swap(attachment_);
        return !std::exchange(over_, true);
    }
    bool is_over() const {
        const std::lock_guard lock(mutex_);
        return over_;
    }
    void count(const Traffic& traffic) {
        const std::lock_guard lock(mutex_);
        if (attachment_) return attachment_->count(traffic);
        early_.pictures += traffic.pictures;
        early_.bytes += traffic.bytes;
        early_.dropped += traffic.dropped;
    }

  private:
    mutable std::mutex mutex_;
    bool over_ = false;                       // locked: mutex_
    std::shared_ptr<Attachment> attachment_;  // locked: mutex_
    Traffic early_;                           // locked: mutex_; from before keep()
};

}  // namespace rill::frames
