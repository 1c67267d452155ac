// The thread of a port.
#pragma once

#include <rill/fd.hpp>

#include <functional>
#include <pthread.h>
#include <sys/eventfd.h>
#include <thread>
#include <utility>

namespace rill::webrtc::ice {

/// Receives until it is destroyed, which any thread may do, its own too: then it ends after what it is doing.
class PortThread {
  public:
    /// `run` returns soon after `wake` can be read. It owns what it uses, `wake` among it.
    PortThread(const char* name, int wake, std::function<void()> run)
        : wake_(wake), thread_([name, run = std::move(run)] {
              pthread_setname_np(pthread_self(), name);
              run();
          }) {}
    PortThread(const PortThread&) = delete;
    PortThread& operator=(const PortThread&) = delete;
    ~PortThread() {
        ::eventfd_write(wake_, 1);
        // The last to let go of a port may be an event of the thread itself.
        if (thread_.get_id() == std::this_thread::get_id()) {
            thread_.detach();
        } else {
            thread_.join();
        }
    }

  private:
    const int wake_;
    std::thread thread_;
};

}  // namespace rill::webrtc::ice
