#include "windows.hpp"

#include "asked.hpp"
#include "resource.hpp"
#include "rewind.hpp"
#include "times.hpp"

#include <rill/clock.hpp>
#include <rill/http_query.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace rill::playback {
namespace {

using std::chrono::seconds;

constexpr std::int64_t longest_us = std::int64_t{24} * 3600 * 1'000'000;
constexpr seconds feed_timeout{60};
constexpr seconds viewer_timeout{30};
constexpr std::size_t most_feeds = 256;
constexpr std::size_t most_viewers = 10'000;
constexpr std::size_t longest_session = 64;

Result<std::optional<std::uint64_t>> number(const http::Request& request, const std::string& key) {
    const std::string* text = http::find(request, key);
    if (text == nullptr) return std::optional<std::uint64_t>();
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error == std::errc() && end == text->data() + text->size()) return std::optional(value);
    return Error{Code::invalid_config, fmt::format("'{}' is no number for {}", *text, key)};
}

/// RFC 8216bis §6.2.5: what a player may ask of a playlist.
Result<WindowFeed::Asked> parse_delivery(const http::Request& request) {
    const auto sequence = number(request, "_HLS_msn");
    if (!sequence) return sequence.error();
    const auto part = number(request, "_HLS_part");
    if (!part) return part.error();
    if (*part && !*sequence) return Error{Code::invalid_config, "_HLS_part needs _HLS_msn"};
    WindowFeed::Asked asked;
    if (*sequence) asked.position = WindowPosition{**sequence, *part};
    const std::string* skip = http::find(request, "_HLS_skip");
    asked.skip = skip != nullptr && (*skip == "YES" || *skip == "v2");
    return asked;
}

Result<std::int64_t> parse_window(const http::Request& request) {
    const auto length = parse_length(request.query.at("window"));
    if (!length) return length.error();
    if (*length <= longest_us) return *length;
    return Error{Code::invalid_config, "a window is at most 24h; use start= for what is older"};
}

}  // namespace

Windows::Windows(ControllerHost& host, std::shared_ptr<const http::Cors> cors)
    : host_(host), cors_(std::move(cors)) {}

void Windows::stop() noexcept {
    second_.cancel();
    feeds_.clear();
    viewers_.clear();
}

void Windows::answer_playlist(PathCall call) {
    const auto asked = take_up(std::move(call.exchange), host_.archive(), cors_);
    if (!asked) return;
    const auto length = parse_window(asked->request());
    if (!length) return asked->fail(length.error());
    const auto delivery = parse_delivery(asked->request());
    if (!delivery) return asked->fail(delivery.error());
    const auto found = feed({call.path, *length});
    if (!found)
        return asked->fail({Code::too_many, "too many paths are watched in windows; try again later"});
    note_viewer(call.path, asked->request());
    found->playlist(*delivery,
                    [asked = *asked](http::Response response) { asked.respond(std::move(response)); });
}

void Windows::answer_part(PathCall call) {
    const auto resource = parse_resource(call.rest);
    const bool is_part = resource && resource->end_byte == Resource::one_part;
    // Windows of other lengths may lag behind the one that hinted at it.
    const auto has_hinted = [&](const auto& entry) {
        return entry.first.first == call.path &&
               entry.second->awaits_part(resource->file_start_us, resource->first_byte);
    };
    const auto feed = is_part ? std::ranges::find_if(feeds_, has_hinted) : feeds_.end();
    if (feed == feeds_.end()) return answer_resource(std::move(call), host_.archive(), cors_);
    // std::function needs a copyable capture.
    const auto waiting = std::make_shared<PathCall>(std::move(call));
    feed->second->await_part(resource->file_start_us, resource->first_byte,
                             [waiting, archive = host_.archive(), cors = cors_] {
                                 answer_resource(std::move(*waiting), archive, cors);
                             });
}

/// Null when there are too many.
std::shared_ptr<WindowFeed> Windows::feed(const Key& key) {
    const auto known = feeds_.find(key);
    if (known != feeds_.end()) return known->second;
    if (feeds_.size() >= most_feeds) return nullptr;
    if (!second_.active()) second_ = host_.loop().every(seconds(1), [this] { tick(); });
    auto made = std::make_shared<WindowFeed>(*host_.archive(), host_.loop(), key.first, key.second);
    return feeds_.emplace(key, std::move(made)).first->second;
}

/// Who was sent here by the path's own playlist is a reader of the path as long as requests keep coming. A
/// path that is not online is not woken: what is recorded of it is there all the same.
void Windows::note_viewer(const std::string& path, const http::Request& request) {
    const std::string* session = http::find(request, "session");
    if (session == nullptr || session->size() > longest_session) return;
    const auto known = viewers_.find(*session);
    if (known != viewers_.end()) {
        known->second.last_request = running_time();
        return;
    }
    const auto status = host_.hub().status(path);
    if (!status || status->state != PathState::online || viewers_.size() >= most_viewers) return;
    viewers_[*session].last_request = running_time();
    ReaderInfo info{"hls", request.remote, std::string(request.header("user-agent"))};
    host_.hub().open(path, "hls", std::move(info),
                     [weak = weak_from_this(), &loop = host_.loop(), id = *session](Result<Opened> opened) {
                         if (!opened) return;
                         loop.post([weak, id, reader = opened->reader] {
                             const auto self = weak.lock();
                             if (!self) return;
                             const auto viewer = self->viewers_.find(id);
                             if (viewer != self->viewers_.end()) viewer->second.reader = reader;
                         });
                     });
}

void Windows::tick() {
    const auto now = running_time();
    std::erase_if(feeds_, [](const auto& entry) { return entry.second->idle() >= feed_timeout; });
    std::erase_if(viewers_,
                  [now](const auto& entry) { return now - entry.second.last_request >= viewer_timeout; });
    if (feeds_.empty() && viewers_.empty()) second_.cancel();
}

}  // namespace rill::playback
