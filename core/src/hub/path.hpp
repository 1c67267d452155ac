// One path: when its source runs, who consumes it, and what it says about itself.
#pragma once

#include "backoff.hpp"
#include "ingest.hpp"
#include "path_readers.hpp"
#include "path_settings.hpp"
#include "renditions/renditions.hpp"
#include "sink_runner.hpp"
#include "stand_in.hpp"
#include "stream.hpp"
#include "watchdog.hpp"

#include <rill/hub.hpp>
#include <rill/status.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace rill {

/// stopped → connecting → online ⇄ offline → stopped. Sinks start when the path first comes online and stop
/// with the path, not with the source: through an outage they see only a gap. One that is opened with
/// OpenIf::offline_too may start earlier.
///
/// A path has a stream, "is available", while it is online; one with a stand-in from the first unit of either
/// until it is stopped.
///
/// Threading: everything on the path's loop, except status() and name().
class Path : public std::enable_shared_from_this<Path> {
  public:
    using OpenCallback = std::function<void(Result<Opened>)>;

    /// Error: invalid_config, what the source or a sink says about its options.
    static Result<std::shared_ptr<Path>> create(PathSettings settings, Loop& loop);
    ~Path();

    const std::string& name() const { return settings_.name; }
    Loop& loop() { return loop_; }
    const PathSettings& settings() const { return settings_; }

    /// Nothing runs before; readers who come earlier are parked.
    void begin();
    /// It will begin when the one before it is gone, and is itself not gone before that. Any thread, before
    /// somebody else knows the path.
    void queue() { queued_ = true; }
    /// The API's start and stop.
    void start();
    void stop();
    /// Hub::open.
    void open(std::string_view sink, ReaderInfo info, OpenIf state, OpenCallback callback);
    /// Hub::switch_on and switch_off.
    Result<SinkStatus> switch_on(std::string_view sink, const SwitchOn& how);
    Result<SinkStatus> switch_off(std::string_view sink);
    /// Null when the path has no such sink.
    SinkRunner* runner(std::string_view sink);
    /// Hub::end_reader. Error: not_found, conflict.
    Result<> end_reader(const std::string& id, const std::string& reason);
    /// Any thread.
    bool has_reader(const std::string& id) const { return readers_->has(id); }
    /// Ends everything; calls `gone` on the loop when no pipeline of the path is left.
    void close(const std::string& reason, std::function<void()> gone);

    PathStatus status() const;

  private:
    struct Parked {
        std::uint64_t id;
        std::string sink;
        ReaderInfo info;
        OpenIf state;
        OpenCallback callback;
        PathReaders::Seat seat;
        Timer timeout;
    };

    Path(PathSettings settings, Loop& loop, std::unique_ptr<Source> source, History history);

    Result<SinkRunner*> switchable(std::string_view sink);
    bool wanted() const;
    void reconsider();
    void shut(const std::string& reason);

    void connect();
    void tracks_changed();
    void go_online(const std::vector<Track>& tracks);
    void stand_in_fills();
    void give(const std::vector<Track>& tracks);
    void lost(const Error& error);
    void close_ingest();
    void tell_gone();
    void second();

    void admit(Parked parked);
    void settle(Parked parked);
    bool waits_for_stream(const Parked& parked) const;
    void admit_parked();
    void settle_parked();
    void refuse_parked(const Error& error);
    Error not_available() const;
    bool available() const { return available_since_us_ != 0; }
    void set_state(PathState state, std::string reason);
    void set_available(bool available);
    void tell(EventKind kind, std::int64_t time_us) const;
    void publish_sinks();

    // Given.
    const PathSettings settings_;
    Loop& loop_;
    const Log log_;
    // Owned.
    std::unique_ptr<Source> source_;
    std::shared_ptr<Stream> stream_;
    Renditions renditions_;
    std::shared_ptr<PathReaders> readers_;
    std::vector<std::shared_ptr<SinkRunner>> sinks_;
    std::shared_ptr<Ingest> ingest_;
    std::shared_ptr<StandIn> stand_in_;  // null: the path has none
    // State.
    bool queued_ = false;  // behind one that is on its way out
    bool begun_ = false;
    bool closed_ = false;
    bool asked_ = false;         // started by the API
    bool held_ = false;          // stopped by the API
    std::size_t disposing_ = 0;  // ingests on their way to NULL
    std::function<void()> gone_;
    std::vector<Parked> parked_;
    std::uint64_t next_parked_ = 1;
    Backoff backoff_;
    Watchdog watchdog_;
    Nanoseconds online_since_{0};
    std::int64_t keyframe_asked_us_ = 0;
    std::uint64_t last_bytes_ = 0;
    Timer retry_, idle_, second_, gather_, patience_;

    mutable std::mutex status_mutex_;
    // Locked: status_mutex_.
    PathState state_ = PathState::stopped;
    std::string reason_;
    std::int64_t since_us_;
    std::int64_t available_since_us_ = 0;  // 0: it is not
    std::uint64_t reconnects_ = 0;
    std::uint64_t bits_per_second_ = 0;
    std::vector<SinkStatus> sink_status_;
};

}  // namespace rill
