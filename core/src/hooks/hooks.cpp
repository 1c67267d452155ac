#include "hooks/hooks.hpp"

#include "hooks/command_line.hpp"
#include "hooks/webhook_metrics.hpp"

#include <rill/clock.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace rill::hooks {
namespace {

constexpr auto webhook_fields = std::to_array<Option>({
    {.name = "url",
     .type = Type::text,
     .fallback = "",
     .doc = "Where events are posted to, http or https.",
     .required = true,
     .secret = true},
    {.name = "secret",
     .type = Type::text,
     .fallback = "",
     .doc = "Signs what is posted (X-Rill-Signature); empty: nothing does.",
     .secret = true},
    {.name = "events",
     .type = Type::list,
     .fallback = "",
     .doc = "What is posted, by name (pathOnline, segmentComplete, …); empty: everything."},
});

constexpr auto table = std::to_array<Option>({
    {.name = "webhooks",
     .type = Type::records,
     .fallback = "",
     .doc = "Programs elsewhere that are told by HTTP what happens.",
     .fields = webhook_fields},
});

constexpr auto kinds = std::to_array<EventKind>(
    {EventKind::path_connecting, EventKind::path_online, EventKind::path_offline, EventKind::path_stopped,
     EventKind::path_available, EventKind::reader_added, EventKind::reader_removed,
     EventKind::recording_begun, EventKind::recording_ended, EventKind::segment_begun,
     EventKind::segment_complete, EventKind::storage_failed, EventKind::storage_recovered});

bool is_event(std::string_view name) {
    return std::ranges::any_of(kinds, [name](EventKind kind) { return to_string(kind) == name; });
}

}  // namespace

std::span<const Option> webhook_options() {
    return table;
}

std::optional<std::string> check_command(std::string_view text) {
    if (text.empty()) return {};
    const auto line = CommandLine::parse(text);
    if (line) return {};
    return line.error().message;
}

Result<Hooks::Targets> Hooks::make_webhooks(const Options& global) const {
    Targets targets;
    for (const Options& record : global.records("webhooks")) {
        const std::string place = fmt::format("webhooks[{}]", targets.size());
        auto events = record.list("events");
        const auto unknown = std::ranges::find_if_not(events, is_event);
        if (unknown != events.end())
            return Error{Code::invalid_config,
                         fmt::format("{}.events: there is no event '{}'", place, *unknown)};
        auto webhook = Webhook::create(loop_, Log("webhook"), system_clock(),
                                       {.url = record.text("url"), .secret = record.text("secret")});
        if (!webhook)
            return Error{Code::invalid_config, fmt::format("{}: {}", place, webhook.error().message)};
        targets.push_back({std::move(*webhook), std::move(events)});
    }
    return targets;
}

void Hooks::put_webhooks(Targets targets) {
    webhooks_ = std::move(targets);
    observe();
}

void Hooks::put_path(const HookedPath& path, const Options& options) {
    const auto commands = PathCommands::of(options);
    const auto found = paths_.find(path.name);
    if (found == paths_.end()) {
        add(path, commands);
        return;
    }
    found->second->begin_again(path, commands);
    if (commands == PathCommands()) forget(found);
}

void Hooks::change_path(const HookedPath& path, const Options& options, const Status& now) {
    const auto commands = PathCommands::of(options);
    const auto found = paths_.find(path.name);
    if (found == paths_.end()) {
        PathHooks* const hooks = add(path, commands);
        const auto status = hooks == nullptr ? nullptr : now();
        if (status) hooks->tell(*status);
        return;
    }
    found->second->change(commands);
    if (commands == PathCommands()) forget(found);
}

/// Null: it has no hooks.
PathHooks* Hooks::add(const HookedPath& path, const PathCommands& commands) {
    if (commands == PathCommands()) return nullptr;
    auto& hooks = paths_[path.name] = std::make_unique<PathHooks>(path, commands, loop_, processes_);
    observe();
    return hooks.get();
}

void Hooks::remove_path(const std::string& path) {
    const auto found = paths_.find(path);
    if (found == paths_.end()) return;
    found->second->leave();
    forget_if_over(found);
}

void Hooks::forget_if_over(Paths::iterator path) {
    if (path->second->is_over()) forget(path);
}

void Hooks::forget(Paths::iterator path) {
    paths_.erase(path);
    observe();
}

void Hooks::observe() {
    const bool wanted = !paths_.empty() || !webhooks_.empty();
    if (wanted == (observer_ != nullptr)) return;
    observer_ = wanted ? events_.observe([this](const rill::Event& event) { tell(event); }) : nullptr;
}

void Hooks::tell(const rill::Event& event) {
    if (const auto hooks = paths_.find(event.path); hooks != paths_.end()) {
        hooks->second->tell(event);
        forget_if_over(hooks);
    }
    const std::string_view name = to_string(event.kind);
    for (const Target& target : webhooks_) {
        if (!target.events.empty() && std::ranges::find(target.events, name) == target.events.end()) continue;
        target.webhook->post({.name = std::string(name),
                              .path = event.path,
                              .utc_us = event.time_us,
                              .details = details_of(event)});
    }
}

std::string Hooks::metrics() const {
    std::vector<const Webhook*> webhooks;
    for (const Target& target : webhooks_)
        webhooks.push_back(target.webhook.get());
    return webhook_metrics(webhooks);
}

bool Hooks::close(std::chrono::milliseconds timeout) {
    observer_ = nullptr;
    paths_.clear();
    webhooks_.clear();
    return processes_.close(timeout);
}

}  // namespace rill::hooks
