#include "controllers.hpp"

#include <rill/log.hpp>

#include <chrono>
#include <utility>

namespace rill {

Controllers::Controllers(Loop& loop, Router& router, MakeHost make_host)
    : loop_(loop), router_(router), make_host_(std::move(make_host)) {}

std::vector<Controllers::Change> Controllers::make(const std::vector<Entry>& entries, const std::string& file,
                                                   config::Problems& problems) const {
    std::vector<Change> changes;
    for (std::size_t at = 0; at < entries.size(); ++at) {
        const Entry& entry = entries[at];
        if (at < running_.size() && running_[at].entry == entry) continue;
        Change change{at, entry, nullptr};
        if (entry.enabled) {
            auto made = entry.factory->create(*entry.options);
            if (!made) {
                problems.add(
                    {.file = file, .key = std::string(entry.factory->id), .message = made.error().message});
                continue;
            }
            change.controller = std::move(*made);
        }
        changes.push_back(std::move(change));
    }
    return changes;
}

void Controllers::put(std::vector<Change> changes) {
    for (Change& change : changes) {
        if (started_) {
            // From now on it counts as there, for whoever changes it again before its turn.
            running_[change.at].entry = change.entry;
            std::erase_if(waiting_, [&change](const Change& before) { return before.at == change.at; });
            waiting_.push_back(std::move(change));
        } else {
            place(std::move(change));
        }
    }
    if (!waiting_.empty()) soon_ = loop_.after(std::chrono::milliseconds(0), [this] { replace(); });
}

Controllers::Running& Controllers::place(Change change) {
    if (running_.size() <= change.at) running_.resize(change.at + 1);
    Running& place = running_[change.at];
    place.entry = std::move(change.entry);
    place.controller = std::move(change.controller);
    place.started = false;
    if (place.controller) {
        const ControllerFactory& factory = *place.entry.factory;
        place.host = make_host_(factory.id, route_owner(factory, *place.entry.options));
    }
    return place;
}

Result<> Controllers::start() {
    started_ = true;
    for (Running& running : running_) {
        if (auto started = start(running); !started) return started;
    }
    return ok();
}

Result<> Controllers::start(Running& running) {
    if (!running.controller) return ok();
    auto started = running.controller->start(*running.host);
    running.started = static_cast<bool>(started);
    return started;
}

void Controllers::replace() {
    auto changes = std::exchange(waiting_, {});
    // All that go make room for all that come: one may take over the routes of another.
    for (const Change& change : changes) {
        Running& old = running_[change.at];
        if (!old.controller) continue;
        // Before it ends: what it answers then lets the client's next request in, which may have come
        // already.
        router_.remove(change.entry.factory->id);
        if (old.started) old.controller->stop();
        retired_.push_back(std::exchange(old, {}));
    }
    for (Change& change : changes) {
        const std::string_view id = change.entry.factory->id;
        Running& running = place(std::move(change));
        const auto started = start(running);
        if (started) continue;
        Log("config").error("{} does not start: {}; the next reload tries again", id,
                            started.error().message);
        // What it has by then, routes for instance, must not stay. Its place is that of one never configured.
        running.controller->stop();
        router_.remove(id);
        retired_.push_back(std::exchange(running, {}));
    }
}

void Controllers::stop() noexcept {
    soon_.cancel();
    for (const Running& running : running_) {
        if (running.started) running.controller->stop();
    }
}

}  // namespace rill
