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
/// Who has just loaded a playlist gets what it begins with.
constexpr std::int64_t grace_us = 60'000'000;
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
    asked.links = links_of(request, rewind_folder);
    return asked;
}

Result<std::int64_t> parse_window(const http::Request& request) {
    const auto length = parse_length(request.query.at("window"));
    if (!length) return length.error();
    if (*length <= longest_us) return *length;
    return Error{Code::invalid_config, "a window is at most 24h; use start= for what is older"};
}

/// Watching is not playing back: below ~rewind/ there is what a window may hold.
std::int64_t oldest_us() {
    return utc_now_us() - longest_us - grace_us;
}

Error ended() {
    return {Code::unavailable, "playback begins anew, or the server is shutting down; ask again"};
}

}  // namespace

Windows::Windows(ControllerHost& host, std::shared_ptr<const http::Cors> cors)
    : host_(host), cors_(std::move(cors)) {}

void Windows::stop() noexcept {
    stopped_ = true;
    second_.cancel();
    // Whoever is answered may have sent the next request already, which is served before this returns.
    const auto feeds = std::exchange(feeds_, {});
    const auto viewers = std::exchange(viewers_, {});
    for (const auto& [key, feed] : feeds)
        feed->end(ended());
}

void Windows::answer_playlist(PathCall call) {
    const auto asked = take_up(std::move(call.exchange), host_.archive(), cors_);
    if (!asked) return;
    if (stopped_) return asked->fail(ended());
    const auto length = parse_window(asked->request());
    if (!length) return asked->fail(length.error());
    const auto delivery = parse_delivery(asked->request());
    if (!delivery) return asked->fail(delivery.error());
    if (auto refusal = note_viewer(call.path, asked->request())) return asked->respond(*std::move(refusal));
    const auto found = feed({call.path, *length});
    if (!found)
        return asked->fail({Code::too_many, "too many paths are watched in windows; try again later"});
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
    if (feed == feeds_.end()) return answer_resource(std::move(call), host_.archive(), cors_, oldest_us());
    // std::function needs a copyable capture.
    const auto waiting = std::make_shared<PathCall>(std::move(call));
    feed->second->await_part(resource->file_start_us, resource->first_byte,
                             [weak = weak_from_this(), waiting, archive = host_.archive(), cors = cors_] {
                                 const auto self = weak.lock();
                                 if (!self || self->stopped_) return waiting->exchange.fail(ended());
                                 answer_resource(std::move(*waiting), archive, cors, oldest_us());
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
/// path that has no stream is not woken: what is recorded of it is there all the same. A reader that is
/// opened here is a session; the answer to one too many.
std::optional<http::Response> Windows::note_viewer(const std::string& path, const http::Request& request) {
    const std::string* session = http::find(request, "session");
    if (session == nullptr || session->size() > longest_session) return {};
    const auto known = viewers_.find(*session);
    if (known != viewers_.end()) {
        known->second.last_request = running_time();
        return {};
    }
    const auto status = host_.hub().status(path);
    if (!status || status->available_since_us == 0 || viewers_.size() >= most_viewers) return {};
    if (auto refusal = host_.count(request, Counts::session)) return refusal;
    viewers_[*session].last_request = running_time();
    host_.hub().open(path, "hls", ReaderInfo::of("hls", request),
                     [weak = weak_from_this(), &loop = host_.loop(), id = *session](Result<Opened> opened) {
                         if (!opened) return;
                         loop.post([weak, id, reader = opened->reader] {
                             const auto self = weak.lock();
                             if (!self) return;
                             const auto viewer = self->viewers_.find(id);
                             if (viewer != self->viewers_.end()) viewer->second.reader = reader;
                         });
                     });
    return {};
}

void Windows::tick() {
    const auto now = running_time();
    std::erase_if(feeds_, [](const auto& entry) { return entry.second->idle() >= feed_timeout; });
    std::erase_if(viewers_,
                  [now](const auto& entry) { return now - entry.second.last_request >= viewer_timeout; });
    if (feeds_.empty() && viewers_.empty()) second_.cancel();
}

}  // namespace rill::playback
