#include "local_hub.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace rill {

namespace {

Error unknown_path(const std::string& name) {
    return {Code::not_found, fmt::format("path '{}' is not configured", name)};
}

constexpr const char* changed = "the configuration of the path was changed";

}  // namespace

class LocalHub::Departures {
  public:
    void add() {
        const std::lock_guard lock(mutex_);
        ++count_;
    }
    void done() {
        const std::lock_guard lock(mutex_);
        if (--count_ == 0) none_left_.notify_all();
    }
    bool wait_until(std::chrono::steady_clock::time_point deadline) {
        std::unique_lock lock(mutex_);
        return none_left_.wait_until(lock, deadline, [this] { return count_ == 0; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable none_left_;
    std::size_t count_ = 0;  // locked: mutex_
};

LocalHub::LocalHub(unsigned control_threads) : departures_(std::make_shared<Departures>()) {
    for (unsigned i = 0; i < control_threads; ++i)
        loops_.push_back(std::make_unique<Loop>(fmt::format("rill-paths-{}", i)));
}

LocalHub::~LocalHub() = default;

Result<std::shared_ptr<Path>> LocalHub::make(PathSettings settings) {
    // One that replaces another is steered by the same thread: the old one's end and its begin are in order.
    const auto old = find(settings.name);
    Loop& loop = old ? old->loop() : *loops_[next_loop_++ % loops_.size()];
    return Path::create(std::move(settings), loop);
}

void LocalHub::put(const std::shared_ptr<Path>& path) {
    auto& place = paths_[path->name()];
    const auto old = std::exchange(place, path);
    if (!old) names_.push_back(path->name());
    if (path->settings().pattern.empty()) {
        asked_.erase(path->name());
    } else {
        asked_.try_emplace(path->name(), std::chrono::steady_clock::now());
    }
    const auto begin = [path] { path->begin(); };
    if (old && begun_) {
        path->queue();
        leave(old, changed, begin);
    } else if (old) {
        leave(old, changed, [] {});
    } else if (begun_) {
        path->loop().post(begin);
    }
}

void LocalHub::remove(const std::string& path, const std::string& reason) {
    const auto found = paths_.extract(path);
    if (found.empty()) return;
    std::erase(names_, path);
    asked_.erase(path);
    leave(found.mapped(), reason, [] {});
}

void LocalHub::set_order(std::vector<std::string> names) {
    names_ = std::move(names);
    for (const auto& [name, when] : asked_)
        names_.push_back(name);
}

std::shared_ptr<const PathSettings> LocalHub::settings(const std::string& name) const {
    if (const auto found = find(name)) return {found, &found->settings()};
    auto resolved = resolver_(name);
    return resolved ? std::make_shared<const PathSettings>(std::move(*resolved)) : nullptr;
}

Result<std::shared_ptr<Path>> LocalHub::demand(const std::string& name) {
    if (const auto found = find(name)) {
        if (const auto made = asked_.find(name); made != asked_.end())
            made->second = std::chrono::steady_clock::now();
        return found;
    }
    auto resolved = resolver_(name);
    if (!resolved) return unknown_path(name);
    if (asked_.size() >= most_on_demand) {
        return Error{Code::too_many,
                     fmt::format("{} paths by regular expressions are in use, which is the most; "
                                 "try again later",
                                 most_on_demand)};
    }
    auto made = make(std::move(*resolved));
    if (!made) return made;
    made_(name);
    put(*made);
    return made;
}

std::vector<std::string> LocalHub::made_on_demand() const {
    std::vector<std::string> names;
    for (const auto& [name, when] : asked_)
        names.push_back(name);
    return names;
}

std::vector<std::string> LocalHub::remove_idle(std::chrono::milliseconds unasked) {
    std::vector<std::string> removed;
    const auto before = std::chrono::steady_clock::now() - unasked;
    for (const std::string& name : made_on_demand()) {
        if (asked_.at(name) > before) continue;
        const PathStatus now = find(name)->status();
        if (now.state != PathState::stopped || !now.readers.empty()) continue;
        remove(name, "nobody asks for it any more");
        removed.push_back(name);
    }
    return removed;
}

/// `gone` runs on the path's loop.
void LocalHub::leave(const std::shared_ptr<Path>& path, const std::string& reason,
                     std::function<void()> gone) {
    departures_->add();
    path->loop().post([path, reason, gone = std::move(gone), departures = departures_] {
        // The path lives until then: nobody else holds one that was taken out.
        path->close(reason, [path, gone, departures] {
            gone();
            departures->done();
        });
    });
}

void LocalHub::begin() {
    begun_ = true;
    for (const auto& [name, path] : paths_)
        path->loop().post([path = path] { path->begin(); });
}

bool LocalHub::close(const std::string& reason, std::chrono::milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    for (const auto& [name, path] : paths_)
        leave(path, reason, [] {});
    const bool closed = departures_->wait_until(deadline);
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    // Sessions of sinks have pipelines of their own.
    return Pipeline::wait_for_disposals(std::max(left, std::chrono::milliseconds(0))) && closed;
}

std::shared_ptr<Path> LocalHub::find(const std::string& name) const {
    const auto it = paths_.find(name);
    return it == paths_.end() ? nullptr : it->second;
}

std::shared_ptr<const PathStatus> LocalHub::status(const std::string& path) const {
    const auto found = find(path);
    return found ? std::make_shared<const PathStatus>(found->status()) : nullptr;
}

Result<> LocalHub::command(const std::string& path, void (Path::*method)()) {
    const auto found = find(path);
    if (!found) return unknown_path(path);
    found->loop().post([found, method] { (found.get()->*method)(); });
    return ok();
}

Result<> LocalHub::start(const std::string& path) {
    return command(path, &Path::start);
}

Result<> LocalHub::stop(const std::string& path) {
    return command(path, &Path::stop);
}

void LocalHub::open(const std::string& path, std::string_view sink, ReaderInfo info, OpenIf state,
                    std::function<void(Result<Opened>)> callback) {
    const auto demanded = demand(path);
    if (!demanded) return callback(demanded.error());
    const std::shared_ptr<Path>& found = *demanded;
    found->loop().post([found, sink = std::string(sink), info = std::move(info), state,
                        callback = std::move(callback)]() mutable {
        found->open(sink, std::move(info), state, std::move(callback));
    });
}

void LocalHub::end_reader(const std::string& path, const std::string& id, const std::string& reason,
                          std::function<void(Result<>)> callback) {
    const auto has_it = [&id](const auto& entry) { return entry.second->has_reader(id); };
    const auto found = path.empty() ? std::ranges::find_if(paths_, has_it) : paths_.find(path);
    if (found == paths_.end()) {
        return callback(path.empty() ? Error{Code::not_found, fmt::format("there is no reader '{}'", id)}
                                     : unknown_path(path));
    }
    found->second->loop().post([held = found->second, id, reason, callback = std::move(callback)] {
        callback(held->end_reader(id, reason));
    });
}

void LocalHub::switch_on(const std::string& path, std::string_view sink, SwitchOn how,
                         std::function<void(Result<SinkStatus>)> callback) {
    const auto found = find(path);
    if (!found) return callback(unknown_path(path));
    found->loop().post([found, sink = std::string(sink), how, callback = std::move(callback)] {
        callback(found->switch_on(sink, how));
    });
}

void LocalHub::switch_off(const std::string& path, std::string_view sink,
                          std::function<void(Result<SinkStatus>)> callback) {
    const auto found = find(path);
    if (!found) return callback(unknown_path(path));
    found->loop().post([found, sink = std::string(sink), callback = std::move(callback)] {
        callback(found->switch_off(sink));
    });
}

}  // namespace rill
