// Work for the main thread, from any thread, for as long as the server lives.
#pragma once

#include "event_source.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace rill::http {

/// Threading: post() and run() on any thread; made and closed on the context's thread.
class Mailbox {
  public:
    explicit Mailbox(GMainContext* context);

    /// Runs `work` on the context's thread, later. After close() it is dropped.
    void post(std::function<void()> work);
    /// Runs `work` now if this is the context's thread, else posts it. After close() it is dropped.
    void run(std::function<void()> work);
    /// Drops what has not run.
    void close();

  private:
    using Letters = std::vector<std::function<void()>>;

    void deliver();

    const Ref<GMainContext> context_;
    std::mutex mutex_;
    std::unique_ptr<EventSource> source_;  ///< under mutex_; null when closed
    Letters letters_;                      ///< under mutex_
};

}  // namespace rill::http
