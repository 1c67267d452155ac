#include "warm_up.hpp"

#include <rill/ref.hpp>

#include <mutex>
#include <thread>
#include <vector>

namespace rill::webrtc {

namespace {

class WarmUp {
  public:
    static WarmUp& instance() {
        static WarmUp warm_up;
        return warm_up;
    }

    void then(std::function<void()> work) {
        {
            const std::lock_guard lock(mutex_);
            if (!done_) {
                waiting_.push_back(std::move(work));
                return;
            }
        }
        work();
    }

  private:
    WarmUp() : thread_([this] { run(); }) {}
    ~WarmUp() { thread_.join(); }

    void run() {
        // The DTLS decoder owns the certificate.
        for (const char* factory :
             {"dtlssrtpdec", "webrtcbin", "nicesrc", "srtpenc", "rtpulpfecenc", "rtprtxsend"})
            Ref<GstElement>::sink(gst_element_factory_make(factory, nullptr)).reset();
        std::vector<std::function<void()>> waiting;
        {
            const std::lock_guard lock(mutex_);
            done_ = true;
            waiting.swap(waiting_);
        }
        for (const auto& work : waiting)
            work();
    }

    std::mutex mutex_;
    // Locked: mutex_.
    bool done_ = false;
    std::vector<std::function<void()>> waiting_;
    std::thread thread_;  // last: it uses the others
};

}  // namespace

void warm_up() {
    WarmUp::instance();
}

void when_warm(std::function<void()> work) {
    WarmUp::instance().then(std::move(work));
}

}  // namespace rill::webrtc
