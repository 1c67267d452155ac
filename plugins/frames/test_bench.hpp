// A path with a camera that is the test, and somebody who wants its pictures.
#pragma once

#include "catch.hpp"
#include "frames_sink.hpp"
#include "repeated_stream.hpp"
#include "sink_site.hpp"

#include <rill/module.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace rill::frames::testing {

/// Keeps what it gets.
class Collector final : public Subscriber {
  public:
    bool wants(const Stamp&) override { return true; }
    void deliver(const PicturePtr& picture) override;
    void tick() override;
    void close(const Error& reason) override;

    std::vector<PicturePtr> pictures() const;
    std::size_t count() const { return pictures().size(); }
    std::string reason() const;
    unsigned ticks() const;

  private:
    mutable std::mutex mutex_;
    std::vector<PicturePtr> pictures_;  // locked: mutex_
    std::string reason_;                // locked: mutex_
    unsigned ticks_ = 0;                // locked: mutex_
};

/// 3 s of a moving picture of 320x240, 25 a second, a keyframe each second. "sound" has none, "small"
/// is of 160x120.
const test::EncodedStream& stream(const std::string& name);

/// Core's own runner and stream around the sink. Threading: the test's thread, which is also the camera's.
class Bench {
  public:
    explicit Bench(Settings settings = {}, const std::string& camera = "h264");

    /// What is done to a unit on its way; the buffer is its own.
    using Damage = std::function<void(GstBuffer*)>;
    /// Brings so many units, all at once.
    void push(int units, const Damage& damage = nullptr);
    /// Brings units until it is true; fails the test when it does not come true.
    void push_until(const std::function<bool()>& condition);
    void become(const std::string& camera);
    void stop();

    Result<std::unique_ptr<Attachment>> attach(const Wanted& wanted, std::shared_ptr<Subscriber> subscriber,
                                               FramesSink::Stay stay = FramesSink::Stay::for_the_next);
    const Counters& counters() const { return *counters_; }
    SinkStatus status();
    void settle();

  private:
    Bench(const std::string& camera, std::unique_ptr<FramesSink> sink);

    FramesSink* sink_;
    const std::shared_ptr<const Counters> counters_;
    test::SinkSite site_;
    std::optional<test::RepeatedStream> camera_;
    std::uint64_t source_ = 0;
    std::size_t track_ = 0;
};

}  // namespace rill::frames::testing
