// A sink takes the tracks of one path out: to viewers, to disk, to another program.
#pragma once

#include <rill/archive.hpp>
#include <rill/http.hpp>
#include <rill/json.hpp>
#include <rill/link.hpp>
#include <rill/log.hpp>
#include <rill/loop.hpp>
#include <rill/options.hpp>
#include <rill/result.hpp>
#include <rill/sink_counters.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rill {

struct ReaderInfo {
    std::string type;    ///< "webrtc", "hls"
    std::string remote;  ///< "192.0.2.1:50000"
    std::string user_agent;
    std::string query = {};  ///< of its first request, as it was sent, without '?'; it may hold a token
    std::string user = {};   ///< who it is, where authentication has found that out

    /// Of whoever sends this request.
    static ReaderInfo of(std::string_view type, const http::Request& request);
};

/// What a sink knows of one reader. Belongs to the sink and to those who hold it meanwhile. Threading: any
/// thread.
class ReaderDetails {
  public:
    virtual ~ReaderDetails() = default;
    /// A flat object of numbers, texts and booleans: what MediaMTX's API says of a session of that type, by
    /// its names ("localCandidate", "outboundRTPPackets"). Waits for nothing.
    virtual Json read() const = 0;
};

/// Someone who consumes a path from outside. While it lives, it is counted (maxReaders), listed in the API,
/// and keeps an on-demand path running. Threading: destroyed on any thread; counters may be written from any
/// thread.
class Reader {
  public:
    virtual ~Reader() = default;
    virtual const std::string& id() const = 0;  ///< a random UUID
    virtual const ReaderInfo& info() const = 0;
    std::atomic<std::uint64_t> bytes_sent{0};
    std::atomic<std::uint64_t> units_dropped{0};

    /// Null: there is nothing more to say of it. Any thread.
    void set_details(std::shared_ptr<const ReaderDetails> details);
    std::shared_ptr<const ReaderDetails> details() const;

    /// How the sink ends it when that is asked for (Hub::end_reader): the client is told the reason, and the
    /// reader is let go of. The path's loop, on which `end` is called, as long as the sink lives.
    void on_end(std::function<void(const std::string& reason)> end) { end_ = std::move(end); }
    /// Empty: it cannot be ended by request.
    const std::function<void(const std::string& reason)>& end() const { return end_; }

  private:
    mutable std::mutex mutex_;
    std::shared_ptr<const ReaderDetails> details_;  // locked: mutex_
    std::function<void(const std::string& reason)> end_;
};
using ReaderPtr = std::shared_ptr<Reader>;

/// What core offers to a sink. Lives longer than the sink. Threading: the path's loop, except post() and
/// failed().
class SinkHost {
  public:
    virtual ~SinkHost() = default;
    virtual const std::string& path() const = 0;
    virtual Loop& loop() = 0;
    virtual const Log& log() const = 0;  ///< scoped "[path cam1] [hls]"

    /// A track of the source in another form. It is made once for all who want the same, begins now and ends
    /// a few seconds after its last link; a link that comes later begins it anew. Its format is what is known
    /// before the first unit (rendered_format()). Errors: unavailable (no decoder or encoder, with the
    /// package that has one), too_many (maxTranscodes), invalid_config for a codec of another kind or for a
    /// track that is a rendition already.
    virtual Result<Track> render(const Track& track, const Rendition& rendition) = 0;
    /// Connects to a track. The link may be destroyed at any time, also after the sink was stopped.
    virtual std::unique_ptr<Link> link(const Track& track, LinkSpec spec) = 0;
    /// A link whose units are handed to `deliver` on the path's loop: for sinks that need no thread of their
    /// own.
    virtual std::unique_ptr<Link> subscribe(const Track& track, LinkSpec spec,
                                            std::function<void(UnitPtr)> deliver) = 0;
    /// Recordings, of this path and of others. Null when no module keeps any.
    virtual Archive* archive() = 0;
    /// Running time from which on a sink that was switched on is wanted (Hub::switch_on): for LinkSpec::since
    /// of links that are made in start(). Empty for a sink that the configuration has on.
    virtual std::optional<Nanoseconds> since() const { return std::nullopt; }
    /// Asks the source for a keyframe (throttled by core; most cameras ignore it).
    virtual void request_keyframe(const Track& track) = 0;
    /// Runs `work` on the path's loop, or drops it when the sink was stopped meanwhile. Any thread.
    virtual void post(std::function<void()> work) = 0;
    /// Reports that the sink cannot go on. Core stops it and starts it again after a back-off. Any thread;
    /// returns at once.
    virtual void failed(Error error) = 0;
};

/// A request below the sink's path.
struct SinkCall {
    http::Exchange exchange;
    std::string rest;  ///< the part of the URL below the path: "whep/1234"
    ReaderPtr reader;  ///< for routes that wake the path; else null
};

/// Threading: every call on the path's loop.
class Sink {
  public:
    virtual ~Sink() = default;
    /// The path came online with these tracks, or has been opened with OpenIf::offline_too (rill/hub.hpp) and
    /// there are none yet; update() brings them. Links are made here or later. Error: as failed(), tried
    /// again with back-off.
    virtual Result<> start(SinkHost& host, std::span<const Track> tracks) = 0;
    /// Tracks came, went, or changed their codec while the path runs (a change of parameters within a codec
    /// is no event: the next unit carries the new format). The default stops and starts again.
    virtual Result<> update(SinkHost& host, std::span<const Track> tracks);
    /// The path stops (or this sink failed). Sessions end and their clients are told `reason`. After it no
    /// link, timer or thread of the sink lives.
    virtual void stop(const std::string& reason) noexcept = 0;
    /// A request to one of the factory's routes. OPTIONS may come at any time, everything else only while
    /// started.
    virtual void serve(SinkCall call);
    /// What is kept of the past for it while it is switched off. Asked once, before anything else.
    virtual History history() const { return {}; }
    /// What it counts; null: nothing. The same object as long as the sink lives.
    virtual std::shared_ptr<const SinkCounters> counters() const { return nullptr; }
};

/// A route below a path: "index.m3u8", "whep", "whep/*" (one more segment), "*.mp4" (one segment that ends
/// so). What core answers in its place (405, a path that is not online) can be read by the pages of the
/// sink's option "allowOrigins", a list. A sink without one needs no CORS: all that is answered can be read
/// by the pages of httpAllowOrigins, and no OPTIONS comes to it.
struct Route {
    std::string_view pattern;
    /// As in Allow: "PATCH, DELETE". OPTIONS comes to a sink with "allowOrigins" in any
    /// case; what is not named gets 405.
    std::string_view methods = "GET";
    bool wakes = false;  ///< starts an on-demand path, waits for it, and counts a reader and a session
                         ///< (httpMaxSessionsPerSecond); else 404 unless the path is online
};

struct SinkFactory {
    std::string_view id;  ///< "hls": also its switch in the configuration and the prefix of its options
    std::string_view summary;
    bool enabled = false;  ///< without a word in the configuration
    /// It is also made where the configuration has it off, and then started while a controller wants it
    /// (Hub::switch_on).
    bool switchable = false;
    std::span<const Option> options;
    std::span<const Route> routes;
    std::string_view service = {};  ///< as ControllerFactory::services; empty: none
    Result<std::unique_ptr<Sink>> (*create)(const Options& options);
    /// MediaMTX's word for its readers: "webRTCSession". Empty: the id and "Session".
    std::string_view session = {};
};

/// The simple case: a sink that is a bin. Core gives it a pipeline of its own with an appsrc for each track.
class BinSink : public Sink {
  public:
    BinSink();
    ~BinSink() override;
    /// A new bin with one sink pad a track, named "track_0", "track_1" … by Track::index. Caps are those of
    /// caps_from_format(). A pad that is missing leaves the track out.
    virtual Result<Ref<GstElement>> build(std::span<const Track> tracks) = 0;

    Result<> start(SinkHost& host, std::span<const Track> tracks) final;
    void stop(const std::string& reason) noexcept final;

  private:
    class Runner;
    std::unique_ptr<Runner> runner_;
};

}  // namespace rill
