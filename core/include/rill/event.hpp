// What happens to paths, their readers and their recordings, told to whoever observes: the API's events,
// hooks, webhooks.
#pragma once

#include <rill/door.hpp>
#include <rill/json.hpp>
#include <rill/loop.hpp>
#include <rill/status.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace rill {

enum class EventKind {
    // The states of a path (PathState), each told when it begins.
    path_connecting = 1,
    path_online,
    path_offline,  ///< an alarm: the source is lost, or did not come
    path_stopped,
    /// It has a stream, "is ready", though its camera has not come: what alwaysAvailable shows. A path that
    /// comes online is available without this. Event::available says of each of these whether the path has a
    /// stream.
    path_available,
    // Readers of a path: each is added once, and removed once after that.
    reader_added,
    reader_removed,
    // Recordings. Segments come between the beginning and the end of their path's recording.
    recording_begun,
    recording_ended,
    segment_begun,
    segment_complete,  ///< its file is whole and will not change
    // Storages.
    storage_failed,  ///< an alarm: nothing can be written, the disk is full for instance
    storage_recovered,
};
/// In the API and in webhooks: "pathOnline", "segmentComplete". Letters only.
std::string_view to_string(EventKind kind);
/// The kind that begins when a path gets into a state.
EventKind kind_of(PathState state);
/// Somebody should look.
bool is_alarm(EventKind kind);

/// What a kind has nothing to say about stays empty.
struct Event {
    EventKind kind;
    std::string path = {};     ///< its name; empty for storages
    std::int64_t time_us = 0;  ///< UTC, microseconds since 1970
    /// Of the source of a path, or of the reader, in MediaMTX's words: "rtspSource", "webRTCSession".
    std::string type = {};
    std::string id = {};      ///< of the reader: a UUID; sources have none
    std::string remote = {};  ///< of the reader: "192.0.2.1:50000"
    /// Of the reader's request, as it was sent, without '?'. It may hold a token: it is for hooks, and
    /// neither for logs nor for the API.
    std::string query = {};
    std::string reason = {};       ///< why the path is offline or the storage failed; without credentials
    std::string file = {};         ///< the segment's, with its whole path; the root of a storage
    std::int64_t duration_us = 0;  ///< of a complete segment
    bool available = false;        ///< of a path: whether it has a stream now
};

/// What is not the same in every event, for clients: {"reason":…}, {"type":…,"id":…,"remote":…},
/// {"file":…,"duration":seconds}.
Json details_of(const Event& event);

/// Where events are told, and who observes them.
///
/// Threading: observed() and tell() on any thread, at any time; the rest on the main thread.
class Events {
  public:
    using Callback = std::function<void(const Event&)>;

    explicit Events(Loop& main_loop);
    Events(const Events&) = delete;
    Events& operator=(const Events&) = delete;
    ~Events();

    /// One load. What is costly to gather need not be gathered when nobody observes.
    bool observed() const;
    /// Hands the event to all observers, later, on the main thread: in the order of the calls. Dropped when
    /// nobody observes.
    void tell(Event event);

    /// Observes until it is destroyed, which a callback may do, too.
    class Observer;
    std::shared_ptr<Observer> observe(Callback callback);
    /// What is told from now on is dropped. Before the main loop goes; recordings may hold this for longer.
    void close() { door_.close(); }

  private:
    struct State;
    const std::shared_ptr<State> state_;
    Door door_;
};

}  // namespace rill
