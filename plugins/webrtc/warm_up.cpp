#include "warm_up.hpp"

#include <rill/ref.hpp>

#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace rill::webrtc {

namespace {

class WarmUp {
  public:
    static std::shared_ptr<WarmUp> instance() {
        static std::mutex mutex;
        static std::weak_ptr<WarmUp> shared;
        const std::lock_guard lock(mutex);
        auto warm_up = shared.lock();
        if (!warm_up) {
            warm_up = std::make_shared<WarmUp>();
            shared = warm_up;
        }
        return warm_up;
    }

    WarmUp() : thread_([this] { run(); }) {}
    WarmUp(const WarmUp&) = delete;
    WarmUp& operator=(const WarmUp&) = delete;
    ~WarmUp() { thread_.join(); }

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

std::shared_ptr<void> warm_up() {
    return WarmUp::instance();
}

void when_warm(std::function<void()> work) {
    WarmUp::instance()->then(std::move(work));
}

}  // namespace rill::webrtc
