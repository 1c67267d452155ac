// A path for tests: a loop, a track that units are published to, and readers.
#pragma once

#include "await.hpp"
#include "session.hpp"

#include <rill/sink.hpp>

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace rill::webrtc::test {

struct TestReader final : Reader {
    std::string name = random_uuid();
    ReaderInfo who{"webrtc", "192.0.2.1:50000", "test"};
    const std::string& id() const override { return name; }
    const ReaderInfo& info() const override { return who; }
};

class TestHost final : public SinkHost {
  public:
    explicit TestHost(std::vector<Track> tracks) : tracks(std::move(tracks)) {}

    const std::string& path() const override { return name_; }
    Loop& loop() override { return loop_; }
    const Log& log() const override { return log_; }
    /// What is published to the track then counts as the rendition's.
    Result<Track> render(const Track& track, const Rendition& rendition) override;
    std::unique_ptr<Link> link(const Track& track, LinkSpec spec) override;
    std::unique_ptr<Link> subscribe(const Track&, LinkSpec, std::function<void(UnitPtr)>) override {
        return nullptr;
    }
    Archive* archive() override { return recordings; }
    void request_keyframe(const Track&) override { ++keyframes_requested; }
    void post(std::function<void()> work) override { loop_.post(std::move(work)); }
    void failed(Error) override {}

    /// Hands a unit to every link of the track, and keeps it as the cache does.
    void publish(std::size_t track, const UnitPtr& unit);
    std::size_t links() const;

    /// Runs `work` on the path's loop and waits for its result.
    template <class Work>
    auto run(Work work) {
        std::promise<decltype(work())> result;
        loop_.post([&] {
            if constexpr (std::is_void_v<decltype(work())>) {
                work();
                result.set_value();
            } else {
                result.set_value(work());
            }
        });
        return result.get_future().get();
    }

    std::vector<Track> tracks;
    std::atomic<unsigned> keyframes_requested{0};
    std::optional<Error> render_error;  ///< set before the first session
    std::vector<Rendition> rendered;    ///< the loop's
    Archive* recordings = nullptr;      ///< set before the first session

  private:
    class TestLink;
    std::string name_ = "cam1";
    Log log_{"path cam1"};
    mutable std::mutex mutex_;
    std::set<TestLink*> links_;
    std::map<std::size_t, std::vector<UnitPtr>> cache_;
    Loop loop_{"test-path"};
};

/// A unit of one H.264 slice; a keyframe's format has parameter sets.
UnitPtr make_unit(const std::shared_ptr<const Format>& format, std::uint64_t sequence, Nanoseconds pts,
                  bool keyframe, std::size_t size);
std::shared_ptr<const Format> h264_format();

/// Options of the module at their defaults, with media over loopback only.
Settings test_settings(std::string_view local_udp_address = "");

using rill::test::await;

}  // namespace rill::webrtc::test
