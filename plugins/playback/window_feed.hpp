// One path's window while somebody watches it: looks for new parts, and answers those who wait for them.
#pragma once

#include "window.hpp"
#include "window_look.hpp"

#include <rill/archive.hpp>
#include <rill/clock.hpp>
#include <rill/http.hpp>
#include <rill/loop.hpp>
#include <rill/ref.hpp>

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>

namespace rill::playback {

/// Threading: the loop's thread; made by std::make_shared, because looks end on another thread.
class WindowFeed : public std::enable_shared_from_this<WindowFeed> {
  public:
    /// The archive and the loop outlive it. `utc_now` is in microseconds since 1970.
    WindowFeed(Archive& archive, Loop& loop, std::string path, std::int64_t length_us,
               std::function<std::int64_t()> utc_now = utc_now_us);

    /// What a playlist is asked for; the position is that of a blocking reload.
    struct Asked {
        std::optional<WindowPosition> position;
        bool skip = false;
        Links links{rewind_folder};
    };
    /// Sends the answer, now or later.
    using Reply = std::function<void(http::Response)>;
    void playlist(const Asked& asked, const Reply& reply);
    /// Whether a part that begins here is the next to come: it was hinted at, or will be.
    bool awaits_part(std::int64_t file_start_us, std::uint64_t first_byte) const;
    /// Calls `ready` when an awaited part that begins here is recorded, or will not be, or has not come for
    /// long.
    void await_part(std::int64_t file_start_us, std::uint64_t first_byte, const std::function<void()>& ready);

    /// Answers whoever waits: a playlist with the error, a part as if it had not come. The last call.
    void end(const Error& error);
    /// Nobody has asked for so long.
    std::chrono::nanoseconds idle() const;

  private:
    struct Held {
        std::function<bool()> is_ready;
        std::function<void()> answer;
        std::function<void(http::Response)> refuse;  ///< when it comes too late, or there is no window
        std::chrono::nanoseconds deadline{0};
    };
    /// The window's, written once for all who wait for it, save those whose URLs are theirs alone.
    Ref<GBytes> text(bool skip, const Links& links);
    void hold(Held held);
    void look();
    void seen(WindowLook look);
    bool is_over(const WindowLook& look) const;
    void settle();
    void refuse_all(const std::function<http::Response()>& response);
    std::chrono::nanoseconds patience() const;

    // Given.
    Archive& archive_;
    Loop& loop_;
    const std::string path_;
    const std::int64_t length_us_;
    const std::function<std::int64_t()> utc_now_;
    // State.
    std::optional<Window> window_;
    Ref<GBytes> whole_, delta_;  ///< null: not written since the last look
    std::list<Held> held_;
    std::uint64_t looks_ = 0;  ///< that have ended
    bool looking_ = false;
    std::chrono::nanoseconds last_request_{0};
    Timer next_look_;
};

}  // namespace rill::playback
