// The hub of paths as controllers see it, and controllers: front ends such as an HTTP API or a signalling
// dialect.
#pragma once

#include <rill/access.hpp>
#include <rill/archive.hpp>
#include <rill/configuration.hpp>
#include <rill/event.hpp>
#include <rill/http.hpp>
#include <rill/log.hpp>
#include <rill/options.hpp>
#include <rill/result.hpp>
#include <rill/sink.hpp>
#include <rill/status.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rill {

/// What Hub::open gives: the sink of a path that runs, and a reader to hold as long as one consumes it.
struct Opened {
    Sink& sink;      ///< valid during the callback, on the path's loop
    SinkHost& host;  ///< lives as long as the path
    ReaderPtr reader;
};

/// Which state of a path will do for whoever opens it.
enum class OpenIf {
    online = 1,
    /// Also while the camera is down, for recordings: a sink that the path has not started yet is started
    /// without tracks, and is told of them as of any that come later.
    offline_too,
};

/// How a controller wants a sink to be switched on.
struct SwitchOn {
    /// How far back it is to begin, as far as the path's past is kept: with the last keyframe at or before
    /// that moment. Empty: as far as the sink's own configuration says (Sink::history()).
    std::optional<Nanoseconds> back;
    std::optional<Nanoseconds> duration;  ///< from now on; empty: until it is switched off
};

/// Threading: every call on the main thread.
class Hub {
  public:
    virtual ~Hub() = default;
    virtual std::vector<std::string> names() const = 0;  ///< in the order of the configuration
    virtual std::shared_ptr<const PathStatus> status(
        const std::string& path) const = 0;               ///< null: unknown path
    virtual Result<> start(const std::string& path) = 0;  ///< as if always wanted, until stop(). Running: ok.
    virtual Result<> stop(const std::string& path) = 0;   ///< also under readers, who are told
    /// Starts the path if need be and waits for it, then calls back on the path's loop. Error: not_found
    /// (unknown path, sink not enabled, path stopped, or offline, with the reason, after
    /// sourceOnDemandStartTimeout), too_many (maxReaders), unavailable.
    virtual void open(const std::string& path, std::string_view sink, ReaderInfo info, OpenIf state,
                      std::function<void(Result<Opened>)> callback) = 0;
    void open(const std::string& path, std::string_view sink, ReaderInfo info,
              std::function<void(Result<Opened>)> callback) {
        open(path, sink, std::move(info), OpenIf::online, std::move(callback));
    }
    /// Ends a reader of the path by its id, or any path's reader when `path` is empty; its client is told the
    /// reason. Calls back on any thread. Error: not_found; conflict, when its sink cannot do that.
    virtual void end_reader(const std::string& path, const std::string& id, const std::string& reason,
                            std::function<void(Result<>)> callback) = 0;
    /// Switches a sink on that the configuration has off, and holds an on-demand path. Of a sink that is on
    /// already, by an earlier call, the end is put off, never brought forward; one that the configuration has
    /// on stays as it is. Calls back on the path's loop. Stopping the path switches off again. Error:
    /// not_found (unknown path, no such sink, or none that can be switched), conflict (the path was stopped).
    virtual void switch_on(const std::string& path, std::string_view sink, SwitchOn how,
                           std::function<void(Result<SinkStatus>)> callback) = 0;
    /// Off already: ok. Error: not_found as above; conflict, when the configuration has it on.
    virtual void switch_off(const std::string& path, std::string_view sink,
                            std::function<void(Result<SinkStatus>)> callback) = 0;
};

/// A request below a path. `rest` is what stood for the "*".
struct PathCall {
    std::string path;
    std::string rest;
    http::Exchange exchange;
};
using PathHandler = std::function<void(PathCall)>;

/// A WebSocket below a path. `rest` is what stood for the "*".
struct PathSocket {
    std::string path;
    std::string rest;
    std::shared_ptr<http::WebSocket> socket;
};
using PathWebSocketHandler = std::function<void(PathSocket)>;

/// What core offers to a controller. Threading: the main thread.
class ControllerHost {
  public:
    virtual ~ControllerHost() = default;
    virtual Hub& hub() = 0;
    virtual Loop& loop() = 0;
    virtual const Log& log() const = 0;
    /// Recordings of all paths. Null when no module keeps any.
    virtual Archive* archive() = 0;
    /// Who may do what, for routes that ask themselves.
    virtual Access& access() = 0;
    virtual Configuration& configuration() = 0;
    /// What happens to all paths, readers and recordings.
    virtual Events& events() = 0;
    /// Requests to exactly `path`, or to everything below it when it ends in '/'. The longest wins; before
    /// the paths' own routes. Error: conflict when another controller has it.
    ///
    /// A controller with an option "allowOrigins" does its CORS itself, preflights included; for others core
    /// does it, with httpAllowOrigins. Either may read that a request was refused.
    virtual Result<> route(const std::string& path, RouteTerms terms, http::Handler handler) = 0;
    /// Requests in which "{path}" stands for a path's name, with its slashes, of a path that need not be
    /// configured: "/api/v1/streams/{path}/sessions", "/ws/{path}". A "*" at the end stands for whatever
    /// follows; "?start" is a key that the query must have. They win over sinks, and over routes that end in
    /// '/'. Where "{path}" is the end, slashes of the name may come as "%2F"; anywhere else those are 400.
    /// Error: conflict when another controller has it; invalid_config without "{path}".
    virtual Result<> path_route(const std::string& pattern, RouteTerms terms, PathHandler handler) = 0;
    /// Requests for a WebSocket at exactly `path`.
    virtual Result<> websocket(const std::string& path, Needs needs, http::WebSocketHandler handler) = 0;
    /// As path_route(), for WebSockets. Requests at exactly a path of websocket() go there.
    virtual Result<> path_websocket(const std::string& pattern, Needs needs,
                                    PathWebSocketHandler handler) = 0;
    /// Counts what a request does that its route does not count, because it depends: Counts::session when it
    /// opens a session, whatever its method. The answer to one too many, 429; nothing: it may go on.
    virtual std::optional<http::Response> count(const http::Request& request, Counts as) = 0;
    /// Hands a request to whom it is meant for, as if a client had sent it: for those who answer in the words
    /// of another API what the server's own APIs answer (rill/http_inner.hpp).
    virtual void dispatch(http::Exchange exchange) = 0;
    /// Called for each reading of /metrics; returns lines of Prometheus text.
    virtual std::string process_metrics() const = 0;
    virtual http::Server::Statistics http_statistics() const = 0;
    /// Everything has begun, and nothing ends yet.
    virtual bool is_ready() const = 0;
    /// Where the pages of web/ are: installed, or in the build tree.
    virtual std::filesystem::path web_directory() const = 0;
};

class Controller {
  public:
    virtual ~Controller() = default;
    virtual Result<> start(ControllerHost& host) = 0;
    virtual void stop() noexcept = 0;
};

struct ControllerFactory {
    std::string_view id;
    std::string_view summary;
    bool enabled = false;
    /// What its clients watch by, for whoever decides about them (Purpose::protocol).
    std::string_view protocol = "";
    std::span<const Option> options;  ///< set globally only
    /// What it serves also has addresses of its own, as the configuration says with keys of these names:
    /// "playback" for playbackAddress. Modules may share a name, whose switch is that of the module with this
    /// id.
    std::span<const std::string_view> services = {};
    Result<std::unique_ptr<Controller>> (*create)(const Options& options);
};

}  // namespace rill
