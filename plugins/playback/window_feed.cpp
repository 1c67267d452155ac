#include "window_feed.hpp"

#include "nothing.hpp"

#include <rill/http_recorded.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rill::playback {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t most_held = 1024;
/// A recording is watched for so long after its end, or as long as something of it is in the window: its file
/// may have been full, or the camera comes back.
constexpr std::int64_t live_us = 60'000'000;
/// New parts are looked for four times in the time of one.
constexpr std::int64_t looks_a_part = 4;
constexpr milliseconds shortest_pause{50};
constexpr milliseconds longest_pause{500};
/// How long the first playlist waits for the archive, and for the first parts of a recording.
constexpr seconds first_patience{10};

http::Response playlist_answer(Ref<GBytes> text) {
    http::Response response;
    response.content_type = "application/vnd.apple.mpegurl";
    response.header("cache-control", "no-cache");
    response.body = {std::move(text)};
    return response;
}

}  // namespace

WindowFeed::WindowFeed(Archive& archive, Loop& loop, std::string path, std::int64_t length_us,
                       std::function<std::int64_t()> utc_now)
    : archive_(archive),
      loop_(loop),
      path_(std::move(path)),
      length_us_(length_us),
      utc_now_(std::move(utc_now)),
      last_request_(running_time()) {}

void WindowFeed::playlist(const Asked& asked, const Reply& reply) {
    const auto position = asked.position;
    if (position && window_ && window_->is_too_far(*position)) {
        return reply(http::Response::error({Code::invalid_config, "_HLS_msn or _HLS_part is too far ahead"}));
    }
    // What a look that is under way finds is new enough.
    const std::uint64_t looks = looks_;
    hold({.is_ready =
              [this, looks, position] {
                  return window_ && looks_ > looks && (!position || window_->contains(*position));
              },
          .answer = [this, reply, skip = asked.skip,
                     links = asked.links] { reply(playlist_answer(text(skip, links))); },
          .refuse = reply,
          .deadline = running_time() + patience()});
}

Ref<GBytes> WindowFeed::text(bool skip, const Links& links) {
    Ref<GBytes> own;
    Ref<GBytes>& text = !links.suffix.empty() ? own : skip ? delta_ : whole_;
    if (text) return text;
    const std::string written = window_->text(skip, links);
    text = Ref<GBytes>::adopt(g_bytes_new(written.data(), written.size()));
    return text;
}

bool WindowFeed::awaits_part(std::int64_t file_start_us, std::uint64_t first_byte) const {
    return window_ && window_->awaits_part(file_start_us, first_byte);
}

void WindowFeed::await_part(std::int64_t file_start_us, std::uint64_t first_byte,
                            const std::function<void()>& ready) {
    hold({.is_ready = [this, file_start_us, first_byte] { return !awaits_part(file_start_us, first_byte); },
          .answer = ready,
          .refuse = [ready](const http::Response&) { ready(); },
          .deadline = running_time() + patience()});
}

void WindowFeed::end(const Error& error) {
    next_look_.cancel();
    refuse_all([&error] { return http::Response::error(error); });
}

std::chrono::nanoseconds WindowFeed::idle() const {
    return held_.empty() ? running_time() - last_request_ : std::chrono::nanoseconds(0);
}

std::chrono::nanoseconds WindowFeed::patience() const {
    return window_ ? seconds(3 * window_->target_s()) : first_patience;
}

void WindowFeed::hold(Held held) {
    last_request_ = running_time();
    if (held_.size() >= most_held) {
        return held.refuse(
            http::Response::error({Code::too_many, "too many requests wait for this recording"}));
    }
    held_.push_back(std::move(held));
    look();
}

void WindowFeed::look() {
    if (std::exchange(looking_, true)) return;
    next_look_.cancel();
    const std::int64_t window_us = utc_now_() - length_us_;
    look_for_window(archive_, path_, window_ ? window_->newest_file_us() : window_us, window_us,
                    // Weak: the feed must not end on the archive's thread.
                    [weak = weak_from_this(), &loop = loop_](WindowLook look) {
                        const auto found = std::make_shared<WindowLook>(std::move(look));
                        loop.post([weak, found] {
                            if (const auto feed = weak.lock()) feed->seen(std::move(*found));
                        });
                    });
}

void WindowFeed::seen(WindowLook look) {
    looking_ = false;
    ++looks_;
    whole_.reset();
    delta_.reset();
    if (!look.files) return refuse_all([&look] { return http::Response::error(look.files.error()); });
    if (window_) {
        window_->update(*look.files);
        window_->forget_before(look.oldest_file_us);
    } else if (can_begin(*look.files)) {
        window_.emplace(length_us_, *look.files);
    }
    if (is_over(look)) {
        // The newest file of a window is seen in each look, so nobody has looked for what is before it.
        if (window_ && !look.files->empty()) look.before = window_->end_us();
        window_.reset();
        const Error none{Code::not_found, fmt::format("nothing of '{}' is being recorded", path_)};
        const Error error = look.passed_over ? nothing_to_play(path_, look.passed_over) : none;
        return refuse_all([&] { return http::not_recorded(error, look.before, look.after); });
    }
    settle();
}

/// Of a recording that has only begun there is no window yet.
bool WindowFeed::is_over(const WindowLook& look) const {
    if (!window_) return look.files->empty();
    return window_->end_us() + std::max(live_us, length_us_) < utc_now_();
}

/// Answers whoever may be answered, and looks again while there are others.
void WindowFeed::settle() {
    const auto now = running_time();
    const Error late{Code::unavailable, window_ ? "nothing was recorded for a while; ask again"
                                                : "the recording has only begun; ask again"};
    std::list<Held> done;
    for (auto held = held_.begin(); held != held_.end();) {
        const auto next = std::next(held);
        if (held->is_ready() || held->deadline <= now) done.splice(done.end(), held_, held);
        held = next;
    }
    for (const Held& held : done) {
        if (held.is_ready()) {
            held.answer();
        } else {
            held.refuse(http::Response::error(late));
        }
    }
    if (held_.empty() || looking_) return;
    const std::chrono::microseconds part(window_ ? window_->part_target_us() : 1'000'000);
    const auto pause = std::chrono::duration_cast<milliseconds>(part / looks_a_part);
    next_look_ = loop_.after(std::clamp(pause, shortest_pause, longest_pause), [this] { look(); });
}

void WindowFeed::refuse_all(const std::function<http::Response()>& response) {
    const std::list<Held> held = std::exchange(held_, {});
    for (const Held& each : held)
        each.refuse(response());
}

}  // namespace rill::playback
