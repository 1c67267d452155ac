// The hub of paths as controllers see it, and controllers: front ends such as an HTTP API or a signalling
// dialect.
#pragma once

#include <rill/http.hpp>
#include <rill/log.hpp>
#include <rill/options.hpp>
#include <rill/result.hpp>
#include <rill/sink.hpp>
#include <rill/status.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rill {

/// What Hub::open gives: the sink of a path that is online, and a reader to hold as long as one consumes it.
struct Opened {
    Sink& sink;      ///< valid during the callback, on the path's loop
    SinkHost& host;  ///< lives as long as the path
    ReaderPtr reader;
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
    /// (unknown path, sink not enabled, path offline, with the reason, after sourceOnDemandStartTimeout),
    /// too_many (maxReaders), unavailable.
    virtual void open(const std::string& path, std::string_view sink, ReaderInfo info,
                      std::function<void(Result<Opened>)> callback) = 0;
};

/// What core offers to a controller. Threading: the main thread.
class ControllerHost {
  public:
    virtual ~ControllerHost() = default;
    virtual Hub& hub() = 0;
    virtual Loop& loop() = 0;
    virtual const Log& log() const = 0;
    /// Requests to exactly `path`, or to everything below it when it ends in '/'. The longest wins; before
    /// the paths' own routes. Error: conflict when another controller has it.
    virtual Result<> route(const std::string& path, http::Handler handler) = 0;
    virtual Result<> websocket(const std::string& path, http::WebSocketHandler handler) = 0;
    /// Called for each reading of /metrics; returns lines of Prometheus text.
    virtual std::string process_metrics() const = 0;
    virtual http::Server::Statistics http_statistics() const = 0;
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
    std::span<const Option> options;  ///< set globally only
    Result<std::unique_ptr<Controller>> (*create)(const Options& options);
};

}  // namespace rill
