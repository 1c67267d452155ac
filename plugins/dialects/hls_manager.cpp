#include "hls_manager.hpp"

#include "camera_url.hpp"
#include "forward.hpp"

#include <rill/http_query.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rill::dialects {

namespace {

constexpr std::string_view playlist_name = "stream.m3u8";

/// Each is a change of the configuration, for which everything else waits.
constexpr std::size_t most_stops_a_tick = 16;

std::string stream_path(const std::string& id) {
    return fmt::format("/streams/{}/{}", id, playlist_name);
}

Json started(const std::string& id) {
    return Json::object().set("stream_path", stream_path(id)).set("status", "started");
}

/// What went wrong, and why, as these clients show it.
http::Response refusal(int status, std::string_view what, std::string_view why) {
    return answer(status, Json::object().set("status", "error").set("error", what).set("details", why));
}

http::Response refusal(std::string_view what, const Error& error) {
    return refusal(http_status(error.code), what, error.message);
}

/// A picture or a link of a page, which may be anybody's, and asks without saying so (Fetch Metadata). What
/// the user types is "none".
bool is_part_of_a_page(const http::Request& request) {
    const std::string_view mode = request.header("sec-fetch-mode");
    return (mode == "no-cors" || mode == "navigate") && request.header("sec-fetch-site") != "none";
}

/// Not of readers that this API has made itself by asking for segments.
bool is_watched_elsewhere(const PathStatus& path) {
    return std::ranges::any_of(path.readers, [](const ReaderStatus& reader) { return reader.type != "hls"; });
}

http::Response uncached(http::Response response) {
    std::erase_if(response.headers, [](const auto& header) {
        return g_ascii_strcasecmp(header.first.c_str(), "cache-control") == 0;
    });
    response.header("cache-control", "no-store");
    return response;
}

std::string to_text(std::chrono::nanoseconds time) {
    return fmt::format("{}ms", std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
}

}  // namespace

HlsManager::HlsManager(ControllerHost& host, const Settings& settings, const Clock& clock,
                       std::shared_ptr<Added> added)
    : host_(host),
      loop_(host.loop()),
      settings_(settings),
      clock_(clock),
      added_(std::move(added)),
      streams_(host, {added_, &added_->streams}) {}

void HlsManager::begin() {
    second_ = loop_.every(std::chrono::seconds(1), [this] { tick(); });
}

void HlsManager::end() {
    second_.cancel();
    ended_ = true;
}

void HlsManager::tick() {
    const auto now = clock_.now();
    std::vector<std::string> idle;
    for (const auto& [id, stream] : streams_.all()) {
        if (idle.size() == most_stops_a_tick) break;
        const bool is_idle = now - stream.last_request >= settings_.cleanup_delay;
        if (is_idle && stream.waiting.expired()) idle.push_back(id);
    }
    for (const std::string& id : idle) {
        Stream* const stream = streams_.find(id);
        if (stream == nullptr) continue;
        if (is_watched_elsewhere(*host_.hub().status(id))) {
            stream->last_request = now;
            continue;
        }
        const auto removed = streams_.remove(id);
        if (removed) {
            host_.log().info(
                "the stream '{}' is stopped: nobody asked for it for {} s", id,
                std::chrono::duration_cast<std::chrono::seconds>(settings_.cleanup_delay).count());
        } else {
            stream->last_request = now;
            host_.log().warning("the stream '{}' cannot be taken away: {}", id, removed.error().message);
        }
    }
}

void HlsManager::serve_api(http::Exchange exchange) {
    const http::Request& request = exchange.request();
    const std::string& path = request.path;
    const bool is_stop = path == "/api/stream/stop";
    const std::string_view method = is_stop ? "POST" : "GET";
    const bool is_known =
        is_stop || path == "/api/health" || path == "/api/stream/start" || path == "/api/stream/status";
    if (!is_known) return exchange.fail({Code::not_found, fmt::format("nothing is served at {}", path)});
    if (request.method != method)
        return exchange.respond(http::Response::method_not_allowed(request.method, method));
    if (path == "/api/health") return exchange.respond(health());
    if (path == "/api/stream/start") return admit_to_start(std::move(exchange));
    exchange.respond(is_stop ? stop(request) : status(request));
}

Json HlsManager::values_of(const std::string& url) const {
    return Json::object()
        .set("source", url)
        .set("sourceOnDemand", false)
        .set("rtspTransport", "tcp")
        .set("hls", true)
        .set("hlsVariant", "mpegts")
        .set("hlsAlwaysRemux", true)
        .set("hlsRewindWindow", "0s")
        .set("hlsSegmentDuration", to_text(settings_.segment_duration))
        .set("hlsSegmentCount", settings_.segment_count);
}

/// A GET that changes the configuration, because these clients know it so.
void HlsManager::admit_to_start(http::Exchange exchange) {
    if (is_part_of_a_page(exchange.request()))
        return exchange.respond(refusal(403, "the stream cannot be started",
                                        "a page does this with fetch(), not with a picture or a link"));
    admit(host_.access(), std::move(exchange),
          {.action = Action::api, .path = {}, .protocol = {}, .changes = true},
          [self = shared_from_this()](http::Exchange admitted) { self->start(std::move(admitted)); });
}

void HlsManager::start(http::Exchange exchange) {
    const http::Request& request = exchange.request();
    const auto id = http::required(request, "indicator_id");
    if (!id) return exchange.respond(refusal("the request has no indicator_id", id.error()));
    if (Stream* const stream = streams_.find(*id)) {
        stream->last_request = clock_.now();
        return exchange.respond(answer(200, started(*id)));
    }
    const std::string* const link = http::find(request, "rtsp_link");
    const auto url = camera_url("rtsp_link", link == nullptr ? std::nullopt : std::optional(*link));
    if (!url) return exchange.respond(refusal("the rtsp_link is invalid", url.error()));
    const auto added = streams_.add(*id, values_of(*url), Stream{added_->next_number++, clock_.now()});
    if (!added) return exchange.respond(refusal("the stream cannot be started", added.error()));
    await_picture(std::move(exchange), *id, **added);
}

/// Answers when the camera has: a link that leads nowhere is an error of the one who gave it.
void HlsManager::await_picture(http::Exchange exchange, const std::string& id, Stream& stream) {
    const auto waiting = std::make_shared<http::Exchange>(std::move(exchange));
    stream.waiting = waiting;
    host_.hub().open(id, "hls", ReaderInfo::of("hls", waiting->request()),
                     [weak = weak_from_this(), loop = &loop_, waiting, id,
                      number = stream.number](const Result<Opened>& opened) {
                         if (opened) return waiting->respond(answer(200, started(id)));
                         loop->post([weak, waiting, id, number, error = opened.error()] {
                             const auto self = weak.lock();
                             if (self) self->give_up(waiting, id, number, error);
                         });
                     });
}

void HlsManager::give_up(const std::shared_ptr<http::Exchange>& exchange, const std::string& id,
                         std::uint64_t number, const Error& error) {
    if (still(id, number) != nullptr) {
        if (const auto removed = streams_.remove(id); !removed)
            host_.log().warning("the stream '{}' cannot be taken away: {}", id, removed.error().message);
    }
    // The path is there; what is not is the camera.
    const Code code = error.code == Code::not_found ? Code::unavailable : error.code;
    exchange->respond(refusal("the stream cannot be started", {code, error.message}));
}

HlsManager::Stream* HlsManager::still(const std::string& id, std::uint64_t number) {
    Stream* const stream = ended_ ? nullptr : streams_.find(id);
    return stream != nullptr && stream->number == number ? stream : nullptr;
}

http::Response HlsManager::stop(const http::Request& request) {
    const auto body = Json::parse(request.body);
    if (!body) return refusal("the body is no JSON", body.error());
    const auto id = (*body)["indicator_id"].text();
    if (!id)
        return refusal("the request has no indicator_id",
                       {Code::invalid_config, "the body is {\"indicator_id\":\"123\"}"});
    const auto removed = streams_.remove(*id);
    if (!removed) return refusal("the stream cannot be stopped", removed.error());
    return answer(200, Json::object().set("indicator_id", *id).set("status", "stopped"));
}

http::Response HlsManager::status(const http::Request& request) {
    const auto id = http::required(request, "indicator_id");
    if (!id) return refusal("the request has no indicator_id", id.error());
    const Stream* const stream = streams_.find(*id);
    Json told = Json::object().set("indicator_id", *id).set("active", stream != nullptr);
    if (stream == nullptr) return answer(200, told.set("status", "stopped"));
    const auto path = host_.hub().status(*id);
    const auto idle = std::chrono::duration_cast<std::chrono::seconds>(clock_.now() - stream->last_request);
    return answer(200, told.set("status", to_string(path->state))
                           .set("reason", path->reason)
                           .set("stream_path", stream_path(*id))
                           .set("idle_seconds", idle.count()));
}

http::Response HlsManager::health() {
    const auto& all = streams_.all();
    const auto active = std::ranges::count_if(
        all, [this](const auto& entry) { return host_.hub().status(entry.first) != nullptr; });
    return answer(200, Json::object().set("status", "healthy").set("active_streams", active));
}

bool HlsManager::is_file(std::string_view name) {
    return name.ends_with(".m3u8") || name.ends_with(".ts");
}

void HlsManager::serve_file(http::Exchange exchange, const std::string& id, const std::string& file) {
    const http::Request& request = exchange.request();
    if (request.method != "GET")
        return exchange.respond(http::Response::method_not_allowed(request.method, "GET"));
    Stream* const stream = streams_.find(id);
    if (stream == nullptr)
        return exchange.fail(
            {Code::not_found, fmt::format("the stream '{}' is not started; GET /api/stream/start does", id)});
    Asked asked{std::make_shared<http::Exchange>(std::move(exchange)), id, stream->number};
    stream->waiting = asked.exchange;
    if (file != playlist_name) return serve_segment(asked, file);
    if (!stream->presentation) return look_for_presentation(std::move(asked));
    serve_playlist(std::move(asked), true);
}

void HlsManager::look_for_presentation(Asked asked) {
    const auto client = asked.exchange;
    ask(host_, client, {.path = fmt::format("/{}/index.m3u8", asked.id)},
        [weak = weak_from_this(), loop = &loop_, asked](http::Response response) {
            if (response.status != 200) return asked.exchange->respond(uncached(std::move(response)));
            const auto found = find_presentation(body_of(response));
            if (!found)
                return asked.exchange->fail({Code::internal, "the sink 'hls' has an unknown playlist"});
            loop->post([weak, asked, found = *found] {
                const auto self = weak.lock();
                Stream* const stream = self ? self->still(asked.id, asked.stream) : nullptr;
                if (stream == nullptr)
                    return asked.exchange->fail({Code::not_found, "the stream is stopped"});
                stream->presentation = found;
                self->serve_playlist(asked, false);
            });
        });
}

void HlsManager::serve_playlist(Asked asked, bool may_look_again) {
    const Presentation presentation = *streams_.find(asked.id)->presentation;
    const auto client = asked.exchange;
    Wanted wanted{.path = fmt::format("/{}/{}", asked.id, presentation.playlist())};
    if (!presentation.session.empty()) wanted.query["session"] = presentation.session;
    ask(host_, client, std::move(wanted),
        [weak = weak_from_this(), loop = &loop_, asked, presentation,
         may_look_again](http::Response response) {
            if (response.status == 404 && may_look_again) {
                // The presentation has ended, and with it its names.
                loop->post([weak, asked] {
                    const auto self = weak.lock();
                    if (self && self->still(asked.id, asked.stream) != nullptr)
                        self->look_for_presentation(asked);
                });
                return;
            }
            if (response.status != 200) return asked.exchange->respond(uncached(std::move(response)));
            const std::string text = to_known_names(body_of(response), presentation);
            response.body.assign({Ref<GBytes>::adopt(g_bytes_new(text.data(), text.size()))});
            loop->post([weak, asked, response = uncached(std::move(response))] {
                const auto self = weak.lock();
                Stream* const stream = self ? self->still(asked.id, asked.stream) : nullptr;
                // Who may not play it does not keep it.
                if (stream != nullptr) stream->last_request = self->clock_.now();
                asked.exchange->respond(response);
            });
        });
}

void HlsManager::serve_segment(const Asked& asked, const std::string& file) {
    const auto& presentation = streams_.find(asked.id)->presentation;
    if (!presentation)
        return asked.exchange->fail(
            {Code::not_found, fmt::format("no playlist of '{}' was asked for yet", asked.id)});
    Wanted wanted{.path = fmt::format("/{}/{}", asked.id, to_sink_name(file, *presentation))};
    if (!presentation->session.empty()) wanted.query["session"] = presentation->session;
    ask(host_, asked.exchange, std::move(wanted), [client = asked.exchange](http::Response response) {
        client->respond(uncached(std::move(response)));
    });
}

}  // namespace rill::dialects
