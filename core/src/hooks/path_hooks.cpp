#include "hooks/path_hooks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace rill::hooks {
namespace {

constexpr Option command(std::string_view name, std::string_view doc) {
    return {.name = name, .type = Type::text, .fallback = "", .doc = doc};
}
constexpr Option restart(std::string_view name) {
    return {.name = name,
            .type = Type::boolean,
            .fallback = "no",
            .doc = "Runs the command again five seconds after it exited."};
}

constexpr auto table = std::to_array<Option>({
    command("runOnInit", "The command that runs while the path is configured."),
    restart("runOnInitRestart"),
    command("runOnAvailable", "The command that runs while the path has a stream."),
    restart("runOnAvailableRestart"),
    command("runOnUnavailable", "The command that runs when it has none any more."),
    command("runOnOnline", "The command that runs while the camera delivers."),
    restart("runOnOnlineRestart"),
    command("runOnOffline", "The command that runs when it no longer does."),
    command("runOnRead", "The command that runs while a reader is there, once for each."),
    restart("runOnReadRestart"),
    command("runOnUnread", "The command that runs when a reader has gone."),
    command("runOnRecordSegmentCreate", "The command that runs when a file of a recording is begun."),
    command("runOnRecordSegmentComplete", "The command that runs when it is complete."),
});

std::optional<CommandSettings> settings(const Options& options, std::string_view key) {
    const std::string& text = options.text(key);
    if (text.empty()) return {};
    auto line = CommandLine::parse(text);
    if (!line) return {};
    const std::string again = fmt::format("{}Restart", key);
    return CommandSettings{.key = std::string(key),
                           .line = std::move(*line),
                           .restart = options.contains(again) && options.boolean(again)};
}

Environment variables_of(const HookedPath& path) {
    Environment variables;
    variables.set("MTX_PATH", path.name);
    for (std::size_t at = 0; at < path.groups.size(); ++at)
        variables.set(fmt::format("G{}", at + 1), path.groups[at]);
    return variables;
}

}  // namespace

std::span<const Option> path_hook_options() {
    return table;
}

PathCommands PathCommands::of(const Options& options) {
    return {.init = {settings(options, "runOnInit"), {}},
            .available = {settings(options, "runOnAvailable"), settings(options, "runOnUnavailable")},
            .online = {settings(options, "runOnOnline"), settings(options, "runOnOffline")},
            .reader = {settings(options, "runOnRead"), settings(options, "runOnUnread")},
            .segment_begun = settings(options, "runOnRecordSegmentCreate"),
            .segment_complete = settings(options, "runOnRecordSegmentComplete")};
}

PathHooks::PathHooks(const HookedPath& path, const PathCommands& commands, Loop& loop,
                     const Processes& processes)
    : site_{loop, processes, Log(fmt::format("path {}", path.name))},
      recorder_(path.recorder),
      common_(variables_of(path)),
      commands_(commands),
      init_(site_, commands.init),
      available_(site_, commands.available),
      online_(site_, commands.online) {
    put(segment_begun_, commands.segment_begun);
    put(segment_complete_, commands.segment_complete);
    init_.begin(common_);
}

void PathHooks::put(SegmentCommand& there, const std::optional<CommandSettings>& settings) const {
    there.reset();
    if (settings) there.emplace(site_, *settings);
}

void PathHooks::change(const PathCommands& commands) {
    init_.change(commands.init);
    available_.change(commands.available);
    online_.change(commands.online);
    for (auto& [id, hook] : readers_)
        hook.change(commands.reader);
    // What waits for its turn goes on waiting where nothing was changed.
    if (commands.segment_begun != commands_.segment_begun) put(segment_begun_, commands.segment_begun);
    if (commands.segment_complete != commands_.segment_complete)
        put(segment_complete_, commands.segment_complete);
    commands_ = commands;
}

void PathHooks::leave() {
    left_ = true;
    init_.end();
}

void PathHooks::begin_again(const HookedPath& path, const PathCommands& commands) {
    leave();
    path_offline();
    path_unavailable();
    readers_.clear();
    change(commands);
    left_ = false;
    common_ = variables_of(path);
    init_.begin(common_);
}

void PathHooks::tell(const PathStatus& now) {
    if (now.available_since_us != 0) {
        const bool online = now.state == PathState::online;
        tell({.kind = online ? EventKind::path_online : EventKind::path_available,
              .type = source_type_name(now.source_type)});
    }
    for (const ReaderStatus& reader : now.readers)
        tell({.kind = EventKind::reader_added,
              .type = reader.session,
              .id = reader.id,
              .query = reader.query});
    records_ = std::ranges::any_of(
        now.sinks, [this](const SinkStatus& sink) { return sink.id == recorder_ && sink.running; });
}

void PathHooks::tell(const rill::Event& event) {
    switch (event.kind) {
        case EventKind::path_available:
            return path_available(event);
        case EventKind::path_online:
            path_available(event);
            return path_online(event);
        case EventKind::path_offline:
        case EventKind::path_stopped:
            path_offline();
            return event.available ? void() : path_unavailable();
        case EventKind::reader_added:
            return reader_added(event);
        case EventKind::reader_removed:
            readers_.erase(event.id);
            return;
        case EventKind::recording_begun:
            records_ = true;
            return;
        case EventKind::recording_ended:
            records_ = false;
            return;
        case EventKind::segment_begun:
            records_ = true;
            if (segment_begun_) segment_begun_->run(Environment(common_).set("MTX_SEGMENT_PATH", event.file));
            return;
        case EventKind::segment_complete:
            if (segment_complete_)
                segment_complete_->run(
                    Environment(common_)
                        .set("MTX_SEGMENT_PATH", event.file)
                        .set("MTX_SEGMENT_DURATION",
                             fmt::format("{:.6f}", static_cast<double>(event.duration_us) / 1e6)));
            return;
        case EventKind::path_connecting:
        case EventKind::storage_failed:
        case EventKind::storage_recovered:
            return;
    }
}

Environment PathHooks::with_source(const rill::Event& event) const {
    return Environment(common_)
        .set_query(event.query)
        .set("MTX_SOURCE_TYPE", event.type)
        .set("MTX_SOURCE_ID", event.id);
}

void PathHooks::path_available(const rill::Event& event) {
    if (std::exchange(is_available_, true)) return;
    available_.begin(with_source(event));
}

void PathHooks::path_online(const rill::Event& event) {
    if (std::exchange(is_online_, true)) return;
    online_.begin(with_source(event));
}

void PathHooks::path_offline() {
    is_online_ = false;
    online_.end();
}

void PathHooks::path_unavailable() {
    is_available_ = false;
    available_.end();
}

void PathHooks::reader_added(const rill::Event& event) {
    const auto [hook, added] = readers_.try_emplace(event.id, site_, commands_.reader);
    if (!added) return;
    hook->second.begin(Environment(common_)
                           .set_query(event.query)
                           .set("MTX_READER_TYPE", event.type)
                           .set("MTX_READER_ID", event.id));
}

}  // namespace rill::hooks
