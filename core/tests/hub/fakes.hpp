// A camera and sinks that do as they are told.
#pragma once

#include "hub/path.hpp"

#include <rill/module.hpp>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace rill::test {

/// G.711 in real time, from a bin that a test can break. Threading: any.
class FakeCamera {
  public:
    FakeCamera();
    ~FakeCamera();
    FakeCamera(const FakeCamera&) = delete;
    FakeCamera& operator=(const FakeCamera&) = delete;

    /// The camera behind "fake://<name>"; made when it is asked for first.
    static std::shared_ptr<FakeCamera> named(const std::string& name);
    static const SourceFactory& factory();

    /// From the next build on: the error that build() returns, or nothing.
    void refuse(std::optional<Error> error);
    /// Whether units come; also of the bin that runs.
    void set_silent(bool silent) { silent_ = silent; }
    /// The running bin posts an error; it ends its stream.
    void break_down(const std::string& text);
    void end();
    /// The running bin posts a STREAM_COLLECTION, as demuxers do.
    void announce_streams();
    int builds() const { return builds_; }
    int ticks() const { return ticks_; }
    /// Bins that are not freed.
    int alive() const { return alive_; }

  private:
    friend class FakeSource;
    Ref<GstElement> bin();

    std::atomic<bool> silent_{false};
    std::atomic<int> builds_{0};
    std::atomic<int> ticks_{0};
    std::atomic<int> alive_{0};
    std::mutex mutex_;
    // Locked: mutex_.
    std::optional<Error> refusal_;
    GWeakRef bin_;
};

/// Threading: the path's loop; counters anywhere.
class FakeSink final : public Sink {
  public:
    /// The sinks made since the last call, in order.
    static std::vector<FakeSink*> made();
    static const SinkFactory& factory();

    Result<> start(SinkHost& host, std::span<const Track> tracks) override;
    void stop(const std::string& reason) noexcept override;

    void fail() { host_->failed({Code::internal, "killed by the test"}); }
    void refuse_starts(bool refuse) { refuse_ = refuse; }

    std::atomic<int> starts{0};
    std::atomic<int> stops{0};
    std::atomic<int> units{0};
    std::atomic<int> discontinuities{0};
    std::atomic<int> backwards{0};  ///< units whose time did not grow

  private:
    std::atomic<bool> refuse_{false};
    SinkHost* host_ = nullptr;
    std::map<std::size_t, Nanoseconds> last_;
    std::vector<std::unique_ptr<Link>> links_;
};

}  // namespace rill::test
