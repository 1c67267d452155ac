#include "whep.hpp"

#include "webrtc_sink.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace rill::webrtc {

namespace {

constexpr std::string_view sdp_type = "application/sdp";
constexpr std::string_view fragment_type = "application/trickle-ice-sdpfrag";

using Call = std::shared_ptr<SinkCall>;  // std::function needs copyable captures

void respond(const Settings& settings, SinkCall& call, http::Response response) {
    settings.cors.apply(call.exchange.request().header("origin"), response);
    call.exchange.respond(std::move(response));
}

void fail(const Settings& settings, SinkCall& call, const Error& error) {
    respond(settings, call, http::Response::error(error));
}

void add_links(const Settings& settings, http::Response& response) {
    for (const IceServer& server : settings.ice_servers)
        response.header("Link", link_header(server));
}

void answer_options(const Settings& settings, SinkCall& call) {
    auto response = settings.cors.preflight();
    response.header("Accept-Post", sdp_type);
    add_links(settings, response);
    respond(settings, call, std::move(response));
}

http::Response created(const Settings& settings, const http::Request& request, const Session& session,
                       std::string_view answer) {
    const std::string query = request.raw_query.empty() ? "" : "?" + request.raw_query;
    auto response = http::Response::text(201, sdp_type, answer);
    response.header("Location", fmt::format("{}/{}{}", request.path, session.secret(), query));
    response.header("ETag", "*");
    response.header("ID", session.id());
    response.header("Accept-Patch", fragment_type);
    add_links(settings, response);
    return response;
}

void answer_post(WebrtcSink& sink, const Call& call) {
    const Settings& settings = sink.settings();
    const http::Request& request = call->exchange.request();
    if (request.content_type() != sdp_type) {
        fail(settings, *call, {Code::unsupported_media, fmt::format("the offer must be {}", sdp_type)});
        return;
    }
    const auto max_height = read_max_height(request);
    if (!max_height) return fail(settings, *call, max_height.error());
    SessionEvents events;
    events.answered = [&settings, call](const Session& session, const Result<std::string>& answer) {
        if (!answer) return fail(settings, *call, answer.error());
        respond(settings, *call, created(settings, call->exchange.request(), session, *answer));
    };
    auto opened =
        sink.open(request.body, std::move(call->reader), std::move(events), {.max_height = *max_height});
    if (!opened) {
        fail(settings, *call, opened.error());
        return;
    }
    call->exchange.on_abandoned([weak = std::weak_ptr<Session>(*opened)] {
        if (const auto abandoned = weak.lock()) abandoned->request_close("the viewer left before the answer");
    });
}

/// Whether the request is about the ICE session that we have (RFC 9725 §4.3.1.1, RFC 9110 §13.1.1). Until ICE
/// restarts the only tag is the "*" of our 201; clients that send no If-Match are as old as that.
bool is_current(const http::Request& request, const Session& session) {
    std::string_view tags = request.header("if-match");
    if (tags.empty()) return true;
    while (!tags.empty()) {
        std::string_view tag = tags.substr(0, tags.find(','));
        tags.remove_prefix(std::min(tag.size() + 1, tags.size()));
        while (tag.starts_with(' '))
            tag.remove_prefix(1);
        while (tag.ends_with(' '))
            tag.remove_suffix(1);
        if (tag == "*" || tag == session.ice_tag()) return true;
    }
    return false;
}

void answer_patch(const Settings& settings, SinkCall& call, Session& session) {
    if (!is_current(call.exchange.request(), session)) {
        auto response = http::Response::error(
            {Code::conflict, "If-Match names an ICE session that is over: a restart came between"});
        response.status = 412;
        respond(settings, call, std::move(response));
        return;
    }
    if (call.exchange.request().content_type() != fragment_type) {
        fail(settings, call, {Code::unsupported_media, fmt::format("the body must be {}", fragment_type)});
        return;
    }
    const auto fragment = parse_fragment(call.exchange.request().body);
    if (!fragment) {
        fail(settings, call, fragment.error());
        return;
    }
    auto body = session.patch(*fragment);
    if (!body) {
        fail(settings, call, body.error());
        return;
    }
    if (body->empty()) {
        respond(settings, call, http::Response::no_content());
        return;
    }
    auto response = http::Response::text(200, fragment_type, *body);
    response.header("ETag", session.ice_tag());
    respond(settings, call, std::move(response));
}

void serve_session(WebrtcSink& sink, SinkCall& call, const std::string& secret) {
    const Settings& settings = sink.settings();
    const auto session = sink.find(secret);
    if (!session) {
        fail(settings, call, {Code::not_found, "no such session"});
        return;
    }
    if (call.exchange.request().method == "PATCH") {
        answer_patch(settings, call, *session);
        return;
    }
    session->close("ended by the viewer");
    respond(settings, call, http::Response::json(200, R"({"status":"ok"})"));
}

}  // namespace

void serve_whep(WebrtcSink& sink, SinkCall call) {
    const std::size_t slash = call.rest.find('/');
    if (call.exchange.request().method == "OPTIONS") {
        answer_options(sink.settings(), call);
    } else if (slash != std::string::npos) {
        serve_session(sink, call, call.rest.substr(slash + 1));
    } else {
        answer_post(sink, std::make_shared<SinkCall>(std::move(call)));
    }
}

std::string link_header(const IceServer& server) {
    std::string header = fmt::format("<{}>; rel=\"ice-server\"", server.url);
    if (!server.username.empty()) {
        const auto quoted = [](const std::string& text) {
            std::string result = "\"";
            for (const char c : text) {
                if (c == '"' || c == '\\') result += '\\';
                result += c;
            }
            return result + '"';
        };
        header += fmt::format("; username={}; credential={}; credential-type=\"password\"",
                              quoted(server.username), quoted(server.password));
    }
    return header;
}

}  // namespace rill::webrtc
