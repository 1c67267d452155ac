// The windows of all paths, and who watches them.
#pragma once

#include "window_feed.hpp"

#include <rill/http_cors.hpp>
#include <rill/hub.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace rill::playback {

/// Threading: the main thread. Made by std::make_shared; the host outlives it.
class Windows : public std::enable_shared_from_this<Windows> {
  public:
    Windows(ControllerHost& host, std::shared_ptr<const http::Cors> cors);

    /// Ends the windows; who waits, and who comes later, is to ask again.
    void stop() noexcept;
    /// "/{path}/index.m3u8?window=…": as answer_playlist().
    void answer_playlist(PathCall call);
    /// "/{path}/~rewind/*": as answer_resource(), of what a window may hold, and waits for a part that is
    /// about to be recorded.
    void answer_part(PathCall call);

  private:
    using Key = std::pair<std::string, std::int64_t>;  ///< path, length
    struct Viewer {
        ReaderPtr reader;  ///< null until the path has answered
        std::chrono::nanoseconds last_request{0};
    };
    std::shared_ptr<WindowFeed> feed(const Key& key);
    std::optional<http::Response> note_viewer(const std::string& path, const http::Request& request);
    void tick();

    ControllerHost& host_;
    const std::shared_ptr<const http::Cors> cors_;
    std::map<Key, std::shared_ptr<WindowFeed>> feeds_;
    std::map<std::string, Viewer> viewers_;  ///< by session
    Timer second_;
    bool stopped_ = false;
};

}  // namespace rill::playback
