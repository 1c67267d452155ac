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

std::size_t most_transcodes(const Options& core) {
    const std::int64_t most = core.integer("maxTranscodes");
    return most > 0 ? static_cast<std::size_t>(most) : std::max(1u, std::thread::hardware_concurrency());
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

/// What the archive is told.
struct ArchiveSettings {
    ArchiveSettings(const config::Config& config, const ArchiveFactory& factory)
        : others(*recorder_of(config.path_defaults.sinks, factory).options) {
        for (const std::string& name : config.path_order) {
            const auto& recorder = recorder_of(config.paths.find(name)->second.sinks, factory);
            paths.push_back({name, recorder.options});
        }
    }

    std::vector<ArchivePath> paths;
    const Options& others;
};

/// Who listens, and controllers, are made once.
std::vector<std::string> keys_for_the_next_start(const config::Config& before, const config::Config& after) {
    constexpr std::string_view address = "httpAddress";
    std::vector<std::string> keys;
    if (!before.core.has_same(address, after.core)) keys.emplace_back(address);
    for (std::size_t at = 0; at < after.controllers.size(); ++at) {
        if (before.controllers[at] != after.controllers[at])
            keys.emplace_back(after.controllers[at].factory->id);
    }
    return keys;
}

Daemon::Changes changes_between(const config::Config& before, const config::Config& after) {
    Daemon::Changes changes;
    const bool all = !before.core.has_same("readTimeout", after.core);
    for (const std::string& name : after.path_order) {
        const auto old = before.paths.find(name);
        if (old == before.paths.end()) {
            changes.added.push_back(name);
        } else if (all || old->second != after.paths.find(name)->second) {
            changes.changed.push_back(name);
        }
    }
    for (const std::string& name : before.path_order) {
        if (!after.paths.contains(name)) changes.removed.push_back(name);
    }
    changes.later = keys_for_the_next_start(before, after);
    return changes;
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
    if (config.archive != nullptr) {
        const ArchiveSettings settings(config, *config.archive);
        auto archive = config.archive->create(settings.paths, settings.others);
        if (archive) {
            archive_ = std::move(*archive);
        } else {
            problems.add(
                {.file = file, .key = std::string(config.archive->id), .message = archive.error().message});
        }
    }
    for (const auto& path : make_paths(config.path_order, config, report))
        hub_.put(path);
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
    put_in_force(config);
    return problems.take();
}

/// Those of the paths that can be.
std::vector<std::shared_ptr<Path>> Daemon::make_paths(const std::vector<std::string>& names,
                                                      const config::Config& config,
                                                      const config::Reporter& report) {
    std::vector<std::shared_ptr<Path>> made;
    for (const std::string& name : names) {
        const config::PathConfig& path = config.paths.find(name)->second;
        if (path.source.factory == nullptr) continue;  // a problem that load() has told
        auto result = hub_.make(settings_of(path, config, archive_.get(), transcodes_));
        if (result) {
            made.push_back(std::move(*result));
        } else {
            report.add(config.path_lines.find(name)->second, "paths." + name, result.error().message);
        }
    }
    return made;
}

/// What needs no path to be made anew.
void Daemon::put_in_force(const config::Config& config) {
    router_.allow_origins(config.core.list("httpAllowOrigins"));
    transcodes_->set_most(most_transcodes(config.core));
    config_ = config;
}

Daemon::Reloaded Daemon::reconfigure(const config::Config& config, const std::string& file) {
    config::Problems problems;
    const config::Reporter report(file, problems);
    Changes changes = changes_between(config_, config);
    // Everything that can be refused comes before anything that is changed.
    const auto changed = make_paths(changes.changed, config, report);
    const auto added = make_paths(changes.added, config, report);
    if (problems.empty() && archive_) {
        const ArchiveSettings settings(config, *config.archive);
        if (auto configured = archive_->configure(settings.paths, settings.others); !configured)
            problems.add({.file = file,
                          .key = std::string(config.archive->id),
                          .message = configured.error().message});
    }
    if (!problems.empty()) return {{}, problems.take()};
    for (const std::string& name : changes.removed)
        hub_.remove(name, "the path was taken out of the configuration");
    for (const auto& paths : {changed, added}) {
        for (const auto& path : paths)
            hub_.put(path);
    }
    hub_.set_order(config.path_order);
    put_in_force(config);
    return {std::move(changes), {}};
}

Result<> Daemon::listen() {
    return server_.listen(config_.core.text("httpAddress"));
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
