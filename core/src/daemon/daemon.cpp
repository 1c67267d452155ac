#include "daemon.hpp"

#include "process_metrics.hpp"
#include "util/directories.hpp"

#include <rill/clock.hpp>

#include <algorithm>
#include <thread>

namespace rill {

namespace {

/// One thread a core: paths only steer, media flows elsewhere.
unsigned control_threads() {
    return std::max(1u, std::thread::hardware_concurrency());
}

std::shared_ptr<TranscodeLimit> transcode_limit(const Options& core) {
    const std::int64_t most = core.integer("maxTranscodes");
    return std::make_shared<TranscodeLimit>(most > 0 ? static_cast<std::size_t>(most)
                                                     : std::max(1u, std::thread::hardware_concurrency()));
}

std::chrono::milliseconds milliseconds(std::chrono::nanoseconds time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time);
}

/// The options of the sink that an archive is configured by.
const config::Configured<SinkFactory>& recorder_of(const std::vector<config::Configured<SinkFactory>>& sinks,
                                                   const ArchiveFactory& factory) {
    return *std::ranges::find_if(sinks,
                                 [&factory](const auto& sink) { return sink.factory->id == factory.id; });
}

Result<std::unique_ptr<Archive>> create_archive(const config::Config& config, const ArchiveFactory& factory) {
    std::vector<ArchivePath> paths;
    for (const std::string& name : config.path_order) {
        const auto& recorder = recorder_of(config.paths.find(name)->second.sinks, factory);
        paths.push_back({name, recorder.options});
    }
    return factory.create(paths, *recorder_of(config.path_defaults.sinks, factory).options);
}

PathSettings settings_of(const config::PathConfig& path, const config::Config& config, Archive* archive,
                         std::shared_ptr<TranscodeLimit> transcodes) {
    const Options& core = path.core;
    PathSettings out;
    out.name = path.name;
    out.source_factory = path.source.factory;
    out.source = {.path = path.name,
                  .url = core.text("source"),
                  .fingerprint = core.text("sourceFingerprint"),
                  .read_timeout = config.core.duration("readTimeout"),
                  .options = *path.source.options};
    out.on_demand = core.boolean("sourceOnDemand");
    out.start_timeout = milliseconds(core.duration("sourceOnDemandStartTimeout"));
    out.close_after = milliseconds(core.duration("sourceOnDemandCloseAfter"));
    out.substream = core.text("substream");
    out.max_readers = static_cast<std::uint64_t>(core.integer("maxReaders"));
    out.cache = {core.duration("gopCacheDuration"), static_cast<std::size_t>(core.integer("gopCacheSize"))};
    out.archive = archive;
    out.transcodes = std::move(transcodes);
    for (const auto& sink : path.sinks) {
        if (sink.enabled || sink.factory->switchable)
            out.sinks.push_back({sink.factory, sink.options, sink.enabled});
    }
    return out;
}

}  // namespace

/// What one controller sees of the daemon.
class Daemon::Host final : public ControllerHost {
  public:
    /// `has_origins`: the controller says itself which pages may read its answers.
    Host(Daemon& daemon, std::string_view id, bool has_origins)
        : daemon_(daemon), has_origins_(has_origins), log_(id) {}

    Hub& hub() override { return daemon_.hub_; }
    Loop& loop() override { return daemon_.loop_; }
    const Log& log() const override { return log_; }
    Archive* archive() override { return daemon_.archive_.get(); }
    Result<> route(const std::string& path, http::Handler handler) override {
        return daemon_.router_.add(path, opened(std::move(handler)));
    }
    Result<> path_route(const std::string& pattern, PathHandler handler) override {
        return daemon_.router_.add(pattern, opened(std::move(handler)));
    }
    Result<> websocket(const std::string& path, http::WebSocketHandler handler) override {
        daemon_.server_.on_websocket(path, std::move(handler));
        return ok();
    }
    Result<> path_websocket(const std::string& pattern, PathWebSocketHandler handler) override {
        return daemon_.router_.add(pattern, std::move(handler));
    }
    std::string process_metrics() const override { return rill::process_metrics(); }
    http::Server::Statistics http_statistics() const override { return daemon_.server_.statistics(); }
    std::filesystem::path web_directory() const override { return rill::web_directory(); }

  private:
    template <class AnyHandler>
    AnyHandler opened(AnyHandler handler) const {
        return has_origins_ ? std::move(handler) : daemon_.router_.opened(std::move(handler));
    }

    Daemon& daemon_;
    const bool has_origins_;
    const Log log_;
};

struct Daemon::Running {
    std::unique_ptr<Host> host;
    std::unique_ptr<Controller> controller;
    bool started = false;
};

Daemon::Daemon(Loop& main_loop) : loop_(main_loop), hub_(control_threads()), router_(hub_) {
    running_time();  // the process's time line begins here
    server_.on_request([this](http::Exchange exchange) { router_.handle(std::move(exchange)); });
    server_.on_other_websocket([this](const http::Request& request) { return router_.websocket(request); });
}

Daemon::~Daemon() {
    shutdown(std::chrono::seconds(1));
}

std::vector<config::Problem> Daemon::configure(const config::Config& config, const std::string& file) {
    config::Problems problems;
    const config::Reporter report(file, problems);
    address_ = config.core.text("httpAddress");
    router_.allow_origins(config.core.list("httpAllowOrigins"));
    if (config.archive != nullptr) {
        auto archive = create_archive(config, *config.archive);
        if (archive) {
            archive_ = std::move(*archive);
        } else {
            problems.add(
                {.file = file, .key = std::string(config.archive->id), .message = archive.error().message});
        }
    }
    const auto transcodes = transcode_limit(config.core);
    for (const std::string& name : config.path_order) {
        const config::PathConfig& path = config.paths.find(name)->second;
        if (path.source.factory == nullptr) continue;  // a problem that load() has told
        const auto added = hub_.add(settings_of(path, config, archive_.get(), transcodes));
        if (!added) report.add(config.path_lines.find(name)->second, "paths." + name, added.error().message);
    }
    for (const auto& entry : config.controllers) {
        if (!entry.enabled) continue;
        auto controller = entry.factory->create(*entry.options);
        if (!controller) {
            problems.add(
                {.file = file, .key = std::string(entry.factory->id), .message = controller.error().message});
            continue;
        }
        auto running = std::make_unique<Running>();
        running->host = std::make_unique<Host>(*this, entry.factory->id, has_origins(*entry.options));
        running->controller = std::move(*controller);
        controllers_.push_back(std::move(running));
    }
    return problems.take();
}

Result<> Daemon::listen() {
    return server_.listen(address_);
}

Result<> Daemon::begin() {
    for (const auto& running : controllers_) {
        auto started = running->controller->start(*running->host);
        if (!started) return started;
        running->started = true;
    }
    hub_.begin();
    return ok();
}

bool Daemon::shutdown(std::chrono::milliseconds timeout) {
    if (std::exchange(stopped_, true)) return true;
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    const auto left = [deadline] {
        return std::max(milliseconds(deadline - std::chrono::steady_clock::now()),
                        std::chrono::milliseconds(0));
    };
    // Paths first: their sessions say goodbye through controllers and server, which must still be there.
    const bool closed = hub_.close("the server is shutting down", left());
    for (const auto& running : controllers_) {
        if (running->started) running->controller->stop();
    }
    // Before the server, whose slowest client may take all the time that is left. What it streams from
    // recordings ends here.
    const bool written = !archive_ || archive_->close(left());
    // A disk that hangs may go on at any time, and what waits for it uses the archive: it stays for good.
    if (!written) static_cast<void>(archive_.release());
    server_.shutdown(static_cast<unsigned>(left().count()));
    return closed && written;
}

}  // namespace rill
