#include "local_hub.hpp"

#include <condition_variable>
#include <mutex>

namespace rill {

namespace {

Error unknown_path(const std::string& name) {
    return {Code::not_found, fmt::format("path '{}' is not configured", name)};
}

/// Counts down from any thread.
class Latch {
  public:
    explicit Latch(std::size_t count) : count_(count) {}
    void down() {
        const std::lock_guard lock(mutex_);
        if (--count_ == 0) zero_.notify_all();
    }
    bool wait_until(std::chrono::steady_clock::time_point deadline) {
        std::unique_lock lock(mutex_);
        return zero_.wait_until(lock, deadline, [this] { return count_ == 0; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable zero_;
    std::size_t count_;
};

}  // namespace

LocalHub::LocalHub(unsigned control_threads) {
    for (unsigned i = 0; i < control_threads; ++i)
        loops_.push_back(std::make_unique<Loop>(fmt::format("rill-paths-{}", i)));
}

LocalHub::~LocalHub() = default;

Result<> LocalHub::add(PathSettings settings) {
    Loop& loop = *loops_[paths_.size() % loops_.size()];
    auto path = Path::create(std::move(settings), loop);
    if (!path) return path.error();
    names_.push_back((*path)->name());
    paths_.emplace((*path)->name(), std::move(*path));
    return ok();
}

void LocalHub::begin() {
    for (const auto& [name, path] : paths_)
        path->loop().post([path = path] { path->begin(); });
}

bool LocalHub::close(const std::string& reason, std::chrono::milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    const auto latch = std::make_shared<Latch>(paths_.size());
    for (const auto& [name, path] : paths_) {
        path->loop().post([path = path, reason, latch] { path->close(reason, [latch] { latch->down(); }); });
    }
    const bool closed = paths_.empty() || latch->wait_until(deadline);
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
    const auto found = find(path);
    if (!found) {
        callback(unknown_path(path));
        return;
    }
    found->loop().post([found, sink = std::string(sink), info = std::move(info), state,
                        callback = std::move(callback)]() mutable {
        found->open(sink, std::move(info), state, std::move(callback));
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
