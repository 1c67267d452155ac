#include "frame_server.hpp"

#include "camera_url.hpp"
#include "forward.hpp"
#include "raw_socket.hpp"

#include <rill/http_inner.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

namespace rill::dialects {

namespace {

Result<std::int64_t> number(const Json& object, std::string_view key, std::int64_t fallback,
                            std::int64_t most) {
    if (!object.contains(key)) return fallback;
    const auto value = object[key].integer();
    if (value && *value >= 1 && *value <= most) return *value;
    return Error{Code::invalid_config, fmt::format("{} is a number from 1 to {}", key, most)};
}

/// What the sink `frames` counts of a path; 0 while it does not run.
std::uint64_t counter(const PathStatus& path, std::string_view name) {
    const auto sink = std::ranges::find(path.sinks, "frames", &SinkStatus::id);
    if (sink == path.sinks.end() || !sink->counters) return 0;
    for (const SinkCounter& counter : sink->counters->read()) {
        if (counter.name == name) return counter.value;
    }
    return 0;
}

double frame_rate(const PathStatus& path) {
    for (const TrackStatus& track : path.tracks) {
        if (track.format && track.format->kind == Kind::video) return track.format->frame_rate;
    }
    return 0;
}

Error unknown(const std::string& id) {
    return {Code::not_found, fmt::format("there is no stream '{}'", id)};
}

}  // namespace

void FrameServer::serve_streams(http::Exchange exchange) {
    const http::Request& request = exchange.request();
    if (request.method == "GET") return exchange.respond(answer(200, list()));
    if (request.method != "POST")
        return exchange.respond(http::Response::method_not_allowed(request.method, "GET, POST"));
    const auto started = start(request.body);
    if (!started) return exchange.fail(started.error());
    exchange.respond(answer(200, *started));
}

void FrameServer::serve_stream(http::Exchange exchange, const std::string& rest) {
    constexpr std::string_view picture = "/frame";
    if (rest.ends_with(picture) && !host_.hub().status(rest))
        return serve_picture(std::move(exchange), rest.substr(0, rest.size() - picture.size()));
    if (auto refusal = host_.count(exchange.request(), Counts::request))
        return exchange.respond(*std::move(refusal));
    admit(host_.access(), std::move(exchange), {Action::api, "", ""},
          [self = shared_from_this(), rest](http::Exchange admitted) {
              self->serve_stream_itself(std::move(admitted), rest);
          });
}

void FrameServer::serve_picture(http::Exchange exchange, const std::string& id) {
    const http::Request& request = exchange.request();
    if (!host_.hub().status(id)) return exchange.fail(unknown(id));
    if (request.method != "GET")
        return exchange.respond(http::Response::method_not_allowed(request.method, "GET"));
    Wanted wanted{.path = fmt::format("/api/v1/streams/{}/frame", id), .query = picture_query(id, request)};
    forward(host_, std::move(exchange), std::move(wanted), [](http::Response response) { return response; });
}

void FrameServer::serve_stream_itself(http::Exchange exchange, const std::string& rest) {
    const http::Request& request = exchange.request();
    if (const auto path = host_.hub().status(rest)) {
        if (request.method == "GET") return exchange.respond(answer(200, describe(*path)));
        if (request.method != "DELETE")
            return exchange.respond(http::Response::method_not_allowed(request.method, "GET, DELETE"));
        const auto removed = streams_.remove(rest);
        if (!removed) return exchange.fail(removed.error());
        return exchange.respond(answer(200, Json::object().set("status", "stopped").set("stream_id", rest)));
    }
    const auto slash = rest.rfind('/');
    const auto path = host_.hub().status(rest.substr(0, slash));
    if (!path || slash == std::string::npos) return exchange.fail(unknown(rest));
    if (rest.substr(slash) != "/stats")
        return exchange.fail(
            {Code::not_found, fmt::format("stream '{}' has no '{}'", path->name, rest.substr(slash + 1))});
    if (request.method != "GET")
        return exchange.respond(http::Response::method_not_allowed(request.method, "GET"));
    exchange.respond(answer(200, stats(*path)));
}

void FrameServer::serve_socket(http::Exchange exchange, const std::string& id) {
    const http::Request& request = exchange.request();
    if (request.method != "GET")
        return exchange.respond(http::Response::method_not_allowed(request.method, "GET"));
    // Which says what is wrong with it.
    if (!request.asks_for_websocket()) return exchange.upgrade([](const auto&) {});
    http::Request wanted = request_for(
        request, {.path = fmt::format("/api/v1/streams/{}/frames", id), .query = picture_query(id, request)});
    const auto outer = std::make_shared<http::Exchange>(std::move(exchange));
    const auto upgrade = [outer, wanted](http::WebSocketHandler handler) {
        outer->upgrade([wanted, handler = std::move(handler)](std::shared_ptr<http::WebSocket> client) {
            handler(std::make_shared<RawSocket>(std::move(client), wanted));
        });
    };
    host_.dispatch(http::inner_exchange(
        outer, wanted,
        {.response = [outer](http::Response response) { outer->respond(std::move(response)); },
         .upgrade = upgrade}));
}

Result<Json> FrameServer::start(const std::string& body) {
    const auto asked = Json::parse(body);
    if (!asked) return asked.error();
    const auto id = (*asked)["stream_id"].text();
    if (!id || id->empty())
        return Error{Code::invalid_config, "stream_id is missing; it is a text such as \"camera1\""};
    const auto url = camera_url("rtsp_url", (*asked)["rtsp_url"].text());
    if (!url) return url.error();
    const auto size = size_of(*asked);
    if (!size) return size.error();
    const auto frames = number(*asked, "frame_buffer_size", 100, 10'000);
    if (!frames) return frames.error();
    const auto client_frames = number(*asked, "client_buffer_size", 10, 1'000);
    if (!client_frames) return client_frames.error();

    Stream* const there = streams_.find(*id);
    if (there != nullptr && there->url == *url) {
        there->size = *size;
    } else if (there != nullptr) {
        return Error{
            Code::conflict,
            fmt::format("stream '{}' exists with another camera; DELETE /api/streams/{} first", *id, *id)};
    } else {
        const Json values = Json::object()
                                .set("source", *url)
                                .set("sourceOnDemand", false)
                                .set("rtspTransport", "tcp")
                                .set("frames", true)
                                .set("framesBufferSize", *frames)
                                .set("framesClientBufferSize", *client_frames);
        if (auto added = streams_.add(*id, values, Stream{*url, *size}); !added) return added.error();
    }
    return Json::object()
        .set("status", "started")
        .set("stream_id", *id)
        .set("width", size->width)
        .set("height", size->height);
}

Result<FrameServer::Size> FrameServer::size_of(const Json& asked) {
    constexpr std::int64_t most = 8192;
    const Size fallback;
    const auto width = number(asked, "width", fallback.width, most);
    if (!width) return width.error();
    const auto height = number(asked, "height", fallback.height, most);
    if (!height) return height.error();
    return Size{*width, *height};
}

/// What the client says itself counts, then what the stream was started with.
std::map<std::string, std::string> FrameServer::picture_query(const std::string& id,
                                                              const http::Request& client) {
    const Stream* const stream = streams_.find(id);
    const Size size = stream != nullptr ? stream->size : Size{};
    std::map<std::string, std::string> query = {
        {"format", "bgr"}, {"width", std::to_string(size.width)}, {"height", std::to_string(size.height)}};
    for (const char* const key : {"width", "height", "fps", "after"}) {
        if (const auto given = client.query.find(key); given != client.query.end())
            query[key] = given->second;
    }
    return query;
}

Json FrameServer::list() {
    Json streams = Json::array();
    for (const std::string& name : host_.hub().names()) {
        if (const auto path = host_.hub().status(name)) streams.append(describe(*path));
    }
    return Json::object().set("streams", std::move(streams));
}

Json FrameServer::describe(const PathStatus& path) {
    const Stream* const stream = streams_.find(path.name);
    const Size size = stream != nullptr ? stream->size : Size{};
    return Json::object()
        .set("stream_id", path.name)
        .set("rtsp_url", path.source)
        .set("width", size.width)
        .set("height", size.height)
        .set("active", path.state == PathState::online)
        .set("status", to_string(path.state))
        .set("clients", counter(path, "clients"));
}

Json FrameServer::stats(const PathStatus& path) {
    return describe(path)
        .set("reason", path.reason)
        .set("fps", frame_rate(path))
        .set("frames_decoded", counter(path, "decoded_total"))
        .set("frames_sent", counter(path, "sent_total"))
        .set("frames_dropped", counter(path, "dropped_total"))
        .set("bytes_received", path.inbound_bytes)
        .set("bits_per_second", path.inbound_bits_per_second)
        .set("reconnects", path.reconnects);
}

}  // namespace rill::dialects
