#include "daemon.hpp"

#include "auth/settings.hpp"
#include "config/stand_in.hpp"
#include "endpoints.hpp"
#include "process_metrics.hpp"
#include "util/directories.hpp"

#include <rill/clock.hpp>

#include <algorithm>
#include <limits>
#include <thread>

namespace rill {

namespace {

constexpr std::chrono::seconds sweep_interval(5);

/// One thread a core: paths only steer, media flows elsewhere.
unsigned control_threads() {
    return std::max(1u, std::thread::hardware_concurrency());
}

std::size_t most_transcodes(const Options& core) {
    const std::int64_t most = core.integer("maxTranscodes");
    return most > 0 ? static_cast<std::size_t>(most) : std::max(1u, std::thread::hardware_concurrency());
}

/// Of a key where 0 means any number.
std::size_t most(const Options& core, std::string_view key) {
    const std::int64_t value = core.integer(key);
    return value > 0 ? static_cast<std::size_t>(value) : std::numeric_limits<std::size_t>::max();
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

/// Of paths that exist only while somebody needs them, nothing is found again that another root holds.
void check_recorders(const config::Config& config, const config::Reporter& report) {
    if (config.archive == nullptr) return;
    const auto& others = recorder_of(config.path_defaults.sinks, *config.archive);
    for (const config::PatternPath& pattern : config.patterns) {
        const auto& own = recorder_of(pattern.path.sinks, *config.archive);
        if (*own.options == *others.options) continue;
        report.add(
            config.path_lines.find(pattern.path.name)->second, "paths." + pattern.path.name,
            fmt::format("paths by a regular expression are recorded as pathDefaults says; set the other "
                        "keys of {} there",
                        config.archive->id));
    }
}

/// What becomes of one path that there is, before and after.
void add_change(Daemon::Changes& changes, const std::string& name, const config::PathConfig& before,
                const config::PathConfig& after, bool all) {
    if (all || !before.is_same_path(after)) {
        changes.changed.push_back(name);
    } else if (!config::have_same(before.hooks, after.hooks)) {
        changes.hooks.push_back(name);
    }
}

/// `made`: paths by regular expressions that are there.
Daemon::Changes changes_between(const config::Config& before, const config::Config& after,
                                const std::vector<std::string>& made) {
    Daemon::Changes changes;
    const bool all = !before.core.has_same("readTimeout", after.core);
    // Both are in order. Looking up each of ten thousand names would take longer than comparing the paths.
    auto old = before.paths.begin();
    for (const auto& [name, path] : after.paths) {
        for (; old != before.paths.end() && old->first < name; ++old)
            changes.removed.push_back(old->first);
        if (old != before.paths.end() && old->first == name) {
            add_change(changes, name, (old++)->second, path, all);
        } else {
            changes.added.push_back(name);
        }
    }
    for (; old != before.paths.end(); ++old)
        changes.removed.push_back(old->first);
    for (const std::string& name : made) {
        const auto now = after.resolve(name);
        if (!now) {
            changes.removed.push_back(name);
        } else if (!now->pattern.empty()) {
            add_change(changes, name, before.resolve(name).value_or(config::PathConfig()), *now, all);
        }
    }
    return changes;
}

PathSettings settings_of(const config::PathConfig& path, const config::Config& config, Archive* archive,
                         std::shared_ptr<Events> events, std::shared_ptr<Permits> readers,
                         std::shared_ptr<Permits> transcodes) {
    const Options& core = path.core;
    PathSettings out;
    out.name = path.name;
    out.pattern = path.pattern;
    out.source_factory = path.source.factory;
    out.source = {.path = path.name,
                  .url = core.text("source"),
                  .fingerprint = core.text("sourceFingerprint"),
                  .read_timeout = config.core.duration("readTimeout"),
                  .options = *path.source.options};
    if (path.stand_in != nullptr) {
        out.stand_in_factory = path.stand_in;
        out.stand_in = {.path = path.name,
                        .url = config::stand_in_url(core),
                        .fingerprint = "",
                        .read_timeout = out.source.read_timeout,
                        .options = Options::defaults(path.stand_in->options)};
    }
    out.on_demand = core.boolean("sourceOnDemand");
    out.start_timeout = milliseconds(core.duration("sourceOnDemandStartTimeout"));
    out.close_after = milliseconds(core.duration("sourceOnDemandCloseAfter"));
    out.substream = core.text("substream");
    out.max_readers = static_cast<std::uint64_t>(core.integer("maxReaders"));
    out.cache = {core.duration("gopCacheDuration"), static_cast<std::size_t>(core.integer("gopCacheSize"))};
    out.archive = archive;
    out.events = std::move(events);
    out.readers = std::move(readers);
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
    Host(Daemon& daemon, std::string_view id, RouteOwner routes)
        : daemon_(daemon), routes_(std::move(routes)), log_(id) {}

    Hub& hub() override { return daemon_.hub_; }
    Loop& loop() override { return daemon_.loop_; }
    const Log& log() const override { return log_; }
    Archive* archive() override { return daemon_.archive_.get(); }
    Access& access() override { return daemon_.access_; }
    Configuration& configuration() override { return daemon_.live_; }
    Events& events() override { return *daemon_.events_; }
    Result<> route(const std::string& path, RouteTerms terms, http::Handler handler) override {
        return daemon_.router_.add(path, terms, routes_, std::move(handler));
    }
    Result<> path_route(const std::string& pattern, RouteTerms terms, PathHandler handler) override {
        return daemon_.router_.add(pattern, terms, routes_, std::move(handler));
    }
    Result<> websocket(const std::string& path, Needs needs, http::WebSocketHandler handler) override {
        return daemon_.router_.add_websocket(path, needs, routes_, std::move(handler));
    }
    Result<> path_websocket(const std::string& pattern, Needs needs, PathWebSocketHandler handler) override {
        return daemon_.router_.add_websocket(pattern, needs, routes_, std::move(handler));
    }
    std::optional<http::Response> count(const http::Request& request, Counts as) override {
        return daemon_.router_.count(request, as);
    }
    void dispatch(http::Exchange exchange) override { daemon_.router_.handle(std::move(exchange)); }
    std::string process_metrics() const override {
        return daemon_.router_.throttle().metrics() + daemon_.hooks_.metrics() + rill::process_metrics();
    }
    http::Server::Statistics http_statistics() const override { return daemon_.server_.statistics(); }
    bool is_ready() const override { return daemon_.begun_ && !daemon_.stopped_; }
    std::filesystem::path web_directory() const override { return rill::web_directory(); }

  private:
    Daemon& daemon_;
    const RouteOwner routes_;
    const Log log_;
};

Daemon::Daemon(Loop& main_loop, Configuration& live)
    : loop_(main_loop),
      main_thread_(main_loop.context()),
      live_(live),
      events_(std::make_shared<Events>(loop_)),
      hooks_(loop_, *events_),
      hub_(control_threads()),
      access_(main_loop),
      router_(hub_, access_),
      certificates_(main_loop),
      controllers_(main_loop, router_, [this](std::string_view id, RouteOwner owner) {
          return std::make_unique<Host>(*this, id, std::move(owner));
      }) {
    hub_.resolve_with([this](const std::string& name) { return resolve(name); });
    hub_.on_made([this](const std::string& name) { put_hooks(config_, name); });
    running_time();  // the process's time line begins here
    server_.on_request([this](http::Exchange exchange) { router_.handle(std::move(exchange)); });
}

Daemon::~Daemon() {
    shutdown(std::chrono::seconds(1));
    events_->close();
}

std::vector<config::Problem> Daemon::configure(config::Config config, const std::string& file) {
    config::Problems problems;
    const config::Reporter report(file, problems);
    if (config.archive != nullptr) {
        const ArchiveSettings settings(config, *config.archive);
        auto archive = config.archive->create(settings.paths, settings.others, events_);
        if (archive) {
            archive_ = std::move(*archive);
        } else {
            problems.add(
                {.file = file, .key = std::string(config.archive->id), .message = archive.error().message});
        }
    }
    if (auto authenticator = access_.make(config.core)) {
        access_.put(std::move(*authenticator));
    } else {
        problems.add({.file = file, .message = authenticator.error().message});
    }
    if (auto webhooks = hooks_.make_webhooks(config.core)) {
        hooks_.put_webhooks(std::move(*webhooks));
    } else {
        problems.add({.file = file, .message = webhooks.error().message});
    }
    check_recorders(config, report);
    for (const auto& path : make_paths(config.path_order, config, report))
        hub_.put(path);
    controllers_.put(controllers_.make(config.controllers, file, problems));
    endpoints_ = endpoints_of(config, certificates_, file, problems);
    put_in_force(std::move(config));
    return problems.take();
}

/// Those of the paths that can be.
std::vector<std::shared_ptr<Path>> Daemon::make_paths(const std::vector<std::string>& names,
                                                      const config::Config& config,
                                                      const config::Reporter& report) {
    std::vector<std::shared_ptr<Path>> made;
    for (const std::string& name : names) {
        const auto found = config.paths.find(name);
        const auto resolved = found == config.paths.end() ? config.resolve(name) : std::nullopt;
        const config::PathConfig& path = resolved ? *resolved : found->second;
        if (path.source.factory == nullptr) continue;  // a problem that load() has told
        auto result = hub_.make(settings_of(path, config, archive_.get(), events_, readers_, transcodes_));
        if (result) {
            made.push_back(std::move(*result));
        } else {
            const std::string& key = path.pattern.empty() ? name : path.pattern;
            report.add(config.path_lines.find(key)->second, "paths." + key, result.error().message);
        }
    }
    return made;
}

Result<PathSettings> Daemon::resolve(const std::string& name) const {
    const auto path = config_.resolve(name);
    if (!path || stopped_) return Error{Code::not_found, ""};
    return settings_of(*path, config_, archive_.get(), events_, readers_, transcodes_);
}

void Daemon::put_hooks(const config::Config& config, const std::string& path) {
    if (const auto found = config.resolve(path)) hooks_.put_path({path, found->groups}, *found->hooks);
}

/// Of a path that goes on.
void Daemon::change_hooks(const config::Config& config, const std::string& path) {
    const auto found = config.resolve(path);
    if (!found) return;
    const std::string recorder(config.archive == nullptr ? "" : config.archive->id);
    hooks_.change_path({path, found->groups, recorder}, *found->hooks,
                       [this, &path] { return hub_.status(path); });
}

/// Paths by regular expressions that nobody asks for any more.
void Daemon::sweep() {
    for (const std::string& name : hub_.remove_idle(sweep_interval))
        hooks_.remove_path(name);
}

/// What needs no path to be made anew.
void Daemon::put_in_force(config::Config config) {
    router_.allow_origins(config.core.list("httpAllowOrigins"));
    server_.allow_websockets(config.core.list("httpAllowOrigins"));
    const auto number = [&core = config.core](std::string_view key) {
        return static_cast<unsigned>(core.integer(key));
    };
    server_.limit_connections(number("httpMaxConnections"), number("httpMaxConnectionsPerAddress"));
    router_.throttle().set_rates(number("httpMaxRequestsPerSecond"), number("httpMaxSessionsPerSecond"));
    readers_->set_most(most(config.core, "maxTotalReaders"));
    transcodes_->set_most(most_transcodes(config.core));
    config_ = std::move(config);
}

Daemon::Reloaded Daemon::reconfigure(config::Config config, const std::string& file) {
    config::Problems problems;
    const config::Reporter report(file, problems);
    check_recorders(config, report);
    Changes changes = changes_between(config_, config, hub_.made_on_demand());
    // Everything that can be refused comes before anything that is changed.
    const auto changed = make_paths(changes.changed, config, report);
    const auto added = make_paths(changes.added, config, report);
    std::unique_ptr<auth::Authenticator> authenticator;
    if (!auth::has_same_options(config_.core, config.core)) {
        auto made = access_.make(config.core);
        if (!made) problems.add({.file = file, .message = made.error().message});
        if (made) authenticator = std::move(*made);
    }
    auto webhooks = hooks_.make_webhooks(config.core);
    if (!webhooks) problems.add({.file = file, .message = webhooks.error().message});
    auto controllers = controllers_.make(config.controllers, file, problems);
    auto endpoints = endpoints_of(config, certificates_, file, problems);
    auto open = server_.open(endpoints);
    if (!open) problems.add({.file = file, .message = open.error().message});
    // The last one: it is changed at once.
    if (problems.empty() && archive_) {
        const ArchiveSettings settings(config, *config.archive);
        if (auto configured = archive_->configure(settings.paths, settings.others); !configured)
            problems.add({.file = file,
                          .key = std::string(config.archive->id),
                          .message = configured.error().message});
    }
    if (!problems.empty()) return {{}, problems.take()};
    // What waits to be posted goes on waiting where nothing was changed.
    if (!config_.core.has_same("webhooks", config.core)) hooks_.put_webhooks(std::move(*webhooks));
    if (authenticator) access_.put(std::move(authenticator));
    for (const auto& change : controllers)
        changes.controllers.emplace_back(change.entry.factory->id);
    controllers_.put(std::move(controllers));
    changes.addresses = endpoints_ != endpoints;
    server_.put(std::move(*open));
    endpoints_ = std::move(endpoints);
    certificates_.forget_unused();
    for (const std::string& name : changes.removed) {
        hub_.remove(name, "the path was taken out of the configuration");
        hooks_.remove_path(name);
    }
    for (const auto& names : {changes.changed, changes.added}) {
        for (const std::string& name : names)
            put_hooks(config, name);
    }
    for (const std::string& name : changes.hooks)
        change_hooks(config, name);
    for (const auto& paths : {changed, added}) {
        for (const auto& path : paths)
            hub_.put(path);
    }
    hub_.set_order(config.path_order);
    put_in_force(std::move(config));
    return {std::move(changes), {}};
}

Result<> Daemon::listen() {
    auto open = server_.open(endpoints_);
    if (!open) return open.error();
    server_.put(std::move(*open));
    return ok();
}

void Daemon::tell_addresses() const {
    const auto ports = server_.ports();
    for (std::size_t at = 0; at < ports.size(); ++at) {
        const http::Endpoint& endpoint = endpoints_[at];
        Log("HTTP").info("listening on port {}{}{}{}", ports[at], endpoint.certificate ? " with TLS" : "",
                         endpoint.service.empty() ? "" : ", for ", endpoint.service);
    }
}

Result<> Daemon::begin() {
    if (auto started = controllers_.start(); !started) return started;
    if (!access_.has_users())
        Log("auth").warning(
            "API, metrics and dashboard answer only the addresses that authInternalUsers names, by default "
            "this "
            "machine, until it has a user");
    for (const auto& [name, path] : config_.paths)
        hooks_.put_path({name}, *path.hooks);
    hub_.begin();
    sweep_ = loop_.every(sweep_interval, [this] { sweep(); });
    begun_ = true;
    return ok();
}

bool Daemon::shutdown(std::chrono::milliseconds timeout) {
    if (std::exchange(stopped_, true)) return true;
    sweep_.cancel();
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    const auto left = [deadline] {
        return std::max(milliseconds(deadline - std::chrono::steady_clock::now()),
                        std::chrono::milliseconds(0));
    };
    // Paths first: their sessions say goodbye through controllers and server, which must still be there.
    const bool closed = hub_.close("the server is shutting down", left());
    controllers_.stop();
    // Before the server, whose slowest client may take all the time that is left. What it streams from
    // recordings ends here.
    const bool written = !archive_ || archive_->close(left());
    // A disk that hangs may go on at any time, and what waits for it uses the archive: it stays for good.
    if (!written) static_cast<void>(archive_.release());
    deliver_events();
    const bool ended = hooks_.close(left() / 2);
    server_.shutdown(static_cast<unsigned>(left().count()));
    return closed && written && ended;
}

/// What was told until now: the last files of recordings are complete.
void Daemon::deliver_events() {
    bool delivered = false;
    loop_.post([&delivered] { delivered = true; });
    while (!delivered)
        g_main_context_iteration(loop_.context(), TRUE);
}

}  // namespace rill
