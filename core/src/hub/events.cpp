#include <rill/event.hpp>

#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

namespace rill {

std::string_view to_string(EventKind kind) {
    switch (kind) {
        case EventKind::path_connecting:
            return "pathConnecting";
        case EventKind::path_online:
            return "pathOnline";
        case EventKind::path_offline:
            return "pathOffline";
        case EventKind::path_stopped:
            return "pathStopped";
        case EventKind::path_available:
            return "pathAvailable";
        case EventKind::reader_added:
            return "readerAdded";
        case EventKind::reader_removed:
            return "readerRemoved";
        case EventKind::recording_begun:
            return "recordingBegun";
        case EventKind::recording_ended:
            return "recordingEnded";
        case EventKind::segment_begun:
            return "segmentBegun";
        case EventKind::segment_complete:
            return "segmentComplete";
        case EventKind::storage_failed:
            return "storageFailed";
        case EventKind::storage_recovered:
            return "storageRecovered";
    }
    return "unknown";
}

EventKind kind_of(PathState state) {
    switch (state) {
        case PathState::connecting:
            return EventKind::path_connecting;
        case PathState::online:
            return EventKind::path_online;
        case PathState::offline:
            return EventKind::path_offline;
        case PathState::stopped:
            break;
    }
    return EventKind::path_stopped;
}

bool is_alarm(EventKind kind) {
    return kind == EventKind::path_offline || kind == EventKind::storage_failed;
}

Json details_of(const Event& event) {
    Json details = Json::object();
    const auto say = [&details](std::string_view key, const std::string& value) {
        if (!value.empty()) details.set(key, value);
    };
    say("type", event.type);
    say("id", event.id);
    say("remote", event.remote);
    say("reason", event.reason);
    say(event.path.empty() ? "root" : "file", event.file);
    if (event.kind == EventKind::segment_complete)
        details.set("duration", static_cast<double>(event.duration_us) / 1e6);
    return details;
}

struct Events::State {
    std::atomic<std::size_t> count{0};
    std::vector<std::weak_ptr<Observer>> observers;  // on the main thread
};

class Events::Observer {
  public:
    Observer(std::shared_ptr<State> state, Callback callback)
        : state_(std::move(state)), callback_(std::move(callback)) {
        ++state_->count;
    }
    Observer(const Observer&) = delete;
    Observer& operator=(const Observer&) = delete;
    ~Observer() { --state_->count; }
    void call(const Event& event) const { callback_(event); }

  private:
    const std::shared_ptr<State> state_;
    const Callback callback_;
};

Events::Events(Loop& main_loop)
    : state_(std::make_shared<State>()),
      door_([&main_loop](std::function<void()> work) { main_loop.post(std::move(work)); }) {}

Events::~Events() = default;

bool Events::observed() const {
    return state_->count.load(std::memory_order_relaxed) > 0;
}

void Events::tell(Event event) {
    if (!observed()) return;
    door_.post([state = state_, event = std::move(event)] {
        // A copy: a callback may begin or end to observe.
        const auto observers = state->observers;
        for (const auto& weak : observers) {
            if (const auto observer = weak.lock()) observer->call(event);
        }
    });
}

std::shared_ptr<Events::Observer> Events::observe(Callback callback) {
    auto observer = std::make_shared<Observer>(state_, std::move(callback));
    std::erase_if(state_->observers, [](const auto& weak) { return weak.expired(); });
    state_->observers.push_back(observer);
    return observer;
}

}  // namespace rill
