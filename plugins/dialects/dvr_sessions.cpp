#include "dvr_sessions.hpp"

#include "forward.hpp"

#include <rill/clock.hpp>

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <optional>
#include <utility>

namespace rill::dialects {

namespace {

/// Seconds beyond it would be in the year 5138, milliseconds below it in 1973.
constexpr double least_milliseconds = 1e11;
constexpr double most_milliseconds = 1e14;

std::string native(const std::string& id) {
    return fmt::format("/api/v1/streams/{}/sessions", id);
}

/// The first of the members that is there.
const Json& any_of(const Json& object, std::initializer_list<std::string_view> keys) {
    for (const std::string_view key : keys) {
        if (object.contains(key)) return object[key];
    }
    static const Json none;
    return none;
}

/// A position also has the names by which these clients know it.
Json with_position(Json told) {
    const Json time = told["time"];
    const Json rate = told["rate"];
    if (!time.is_null()) told.set("timestamp", time);
    if (!rate.is_null()) told.set("speed", rate);
    return told;
}

Json session_told(const Json& session) {
    Json told = Json::object().set("session_id", session["id"]);
    for (const auto& [key, value] : session.members()) {
        if (key != "id") told.set(key, value);
    }
    return with_position(std::move(told));
}

Json list_told(const Json& list) {
    Json sessions = Json::array();
    for (const Json& session : list["sessions"].items())
        sessions.append(session_told(session));
    return Json::object().set("sessions", std::move(sessions));
}

/// The offer in a body: "sdp" or "offer", a text or {"type":"offer","sdp":…}, or the bare SDP.
Result<std::string> offer_of(const http::Request& request, const Json& body) {
    if (request.content_type() == "application/sdp") return request.body;
    const Json& offer = any_of(body, {"sdp", "offer", "sdp_offer"});
    const auto sdp = offer.is_object() ? offer["sdp"].text() : offer.text();
    if (sdp) return *sdp;
    return Error{Code::invalid_config, "the body has no \"sdp\", the viewer's offer"};
}

Result<Json> body_of_request(const http::Request& request) {
    if (request.body.empty() || request.content_type() == "application/sdp") return Json::object();
    return Json::parse(request.body);
}

Result<Json> opening(const http::Request& request, bool is_dvr) {
    const auto body = body_of_request(request);
    if (!body) return body.error();
    const auto sdp = offer_of(request, *body);
    if (!sdp) return sdp.error();
    Json asked = Json::object().set("sdp", *sdp);
    if (!is_dvr) return asked;
    // Without a time: what was recorded first.
    const Json& start = any_of(*body, {"timestamp", "start_time", "start"});
    const auto time = start.is_null() ? Result<std::string>(rfc3339(0)) : read_timestamp(start);
    if (!time) return time.error();
    return std::move(asked).set("mode", "dvr").set("start", *time);
}

void open(ControllerHost& host, http::Exchange exchange, const std::string& id, bool is_dvr) {
    const auto asked = opening(exchange.request(), is_dvr);
    if (!asked) return exchange.fail(asked.error());
    Wanted wanted{.method = "POST", .path = native(id), .body = asked->dump()};
    forward(host, std::move(exchange), std::move(wanted), [id](http::Response response) {
        std::string session;
        response = reshape_json(std::move(response), [&session](const Json& created) {
            session = created["id"].text().value_or("");
            return session_told(created).set("type", "answer");
        });
        std::erase_if(response.headers, [](const auto& header) {
            return g_ascii_strcasecmp(header.first.c_str(), "location") == 0;
        });
        if (!session.empty()) response.header("location", fmt::format("/streams/{}/webrtc/{}", id, session));
        return response;
    });
}

/// What steers a session there, from what does so in these clients' words.
Result<Json> steering(std::string_view verb, const Json& body) {
    if (verb == "live") return Json::object();
    if (verb == "seek") {
        const auto time = read_timestamp(any_of(body, {"timestamp", "time", "position"}));
        if (!time) return time.error();
        return Json::object().set("time", *time);
    }
    return Json::object().set("rate", any_of(body, {"speed", "rate"}));
}

void steer(ControllerHost& host, http::Exchange exchange, const std::string& path, std::string_view verb) {
    const auto body = body_of_request(exchange.request());
    if (!body) return exchange.fail(body.error());
    const auto asked = steering(verb, *body);
    if (!asked) return exchange.fail(asked.error());
    Wanted wanted{.method = "POST", .path = path, .body = asked->dump()};
    forward(host, std::move(exchange), std::move(wanted),
            [](http::Response response) { return reshape_json(std::move(response), with_position); });
}

bool is_allowed(http::Exchange& exchange, std::string_view methods) {
    const std::string& method = exchange.request().method;
    if (fmt::format(", {},", methods).find(fmt::format(", {},", method)) != std::string::npos) return true;
    exchange.respond(http::Response::method_not_allowed(method, methods));
    return false;
}

}  // namespace

Result<std::string> read_timestamp(const Json& value) {
    if (const auto text = value.text()) {
        const auto time = parse_rfc3339(*text);
        if (!time) return time.error();
        return *text;
    }
    const auto number = value.number();
    if (!number || *number < 0 || *number > most_milliseconds)
        return Error{
            Code::invalid_config,
            "a timestamp is RFC 3339 in quotes (\"2026-01-08T10:00:00Z\"), or seconds or milliseconds "
            "since 1970 as a number"};
    const double milliseconds = *number >= least_milliseconds ? *number : *number * 1e3;
    return rfc3339_us(static_cast<std::int64_t>(milliseconds * 1e3));
}

void serve_sessions(ControllerHost& host, http::Exchange exchange, const std::string& id,
                    std::string_view rest) {
    constexpr std::string_view base = "webrtc";
    const auto nothing = [&] {
        exchange.fail({Code::not_found, fmt::format("nothing is served at {}", exchange.request().path)});
    };
    if (!host.hub().status(id))
        return exchange.fail({Code::not_found, fmt::format("there is no stream {}", id)});
    if (rest == base) {
        if (!is_allowed(exchange, "GET, POST")) return;
        if (exchange.request().method == "POST") return open(host, std::move(exchange), id, false);
        return forward(host, std::move(exchange), {.path = native(id)},
                       [](http::Response response) { return reshape_json(std::move(response), list_told); });
    }
    if (!rest.starts_with("webrtc/")) return nothing();
    rest.remove_prefix(base.size() + 1);
    if (rest == "dvr") {
        if (is_allowed(exchange, "POST")) open(host, std::move(exchange), id, true);
        return;
    }
    const auto slash = rest.find('/');
    const std::string path = fmt::format("{}/{}", native(id), rest);
    if (slash == std::string_view::npos) {
        if (!is_allowed(exchange, "GET, DELETE")) return;
        const std::string method = exchange.request().method;
        return forward(host, std::move(exchange), {.method = method, .path = path},
                       [method](http::Response response) {
                           if (method == "DELETE") return response;
                           return reshape_json(std::move(response), session_told);
                       });
    }
    const std::string_view verb = rest.substr(slash + 1);
    if (verb == "mode") {
        if (!is_allowed(exchange, "GET")) return;
        return forward(host, std::move(exchange), {.path = path}, [](http::Response response) {
            return reshape_json(std::move(response), with_position);
        });
    }
    if (verb != "seek" && verb != "live" && verb != "speed") return nothing();
    if (is_allowed(exchange, "POST")) steer(host, std::move(exchange), path, verb);
}

}  // namespace rill::dialects
