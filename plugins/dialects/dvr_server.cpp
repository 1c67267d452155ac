#include "dvr_server.hpp"

#include "camera_url.hpp"
#include "dvr_sessions.hpp"
#include "forward.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace rill::dialects {

namespace {

/// A number; JSON of others may have it as a text, since not every u64 is a number of JavaScript's.
Result<std::string> source_id(const Json& value) {
    const auto number = value.integer();
    const std::string text = number ? std::to_string(*number) : value.text().value_or("");
    if (is_source_id(text)) return text;
    return Error{Code::invalid_config, "source_id is missing, or is no number that is not negative"};
}

Result<std::optional<Credentials>> credentials(const Json& asked) {
    for (const char* const key : {"username", "password"}) {
        if (!asked[key].is_null() && !asked[key].text())
            return Error{Code::invalid_config, fmt::format("{} is a text", key)};
    }
    const auto user = asked["username"].text();
    if (!user) return std::optional<Credentials>();
    return std::optional(Credentials{*user, asked["password"].text().value_or("")});
}

/// Taken, and without effect: how long to wait before a camera is tried again is the server's to say.
Result<> check_restart_interval(const Json& value) {
    const auto seconds = value.integer();
    if (value.is_null() || (seconds && *seconds >= 0)) return ok();
    return Error{Code::invalid_config, "restart_interval_secs is a number of seconds"};
}

bool records(const PathStatus& path) {
    return std::ranges::find(path.sinks, "record", &SinkStatus::id) != path.sinks.end();
}

Error unknown(std::string_view id) {
    return {Code::not_found, fmt::format("there is no stream {}", id.substr(0, 40))};
}

}  // namespace

bool is_source_id(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() && (text.size() == 1 || text[0] != '0');
}

void DvrServer::serve_streams(http::Exchange exchange) {
    const http::Request& request = exchange.request();
    if (request.method == "GET") return exchange.respond(answer(200, list()));
    if (request.method != "POST")
        return exchange.respond(http::Response::method_not_allowed(request.method, "GET, POST"));
    const auto created = create(request.body);
    if (!created) return exchange.fail(created.error());
    const Json& id = (*created)["source_id"];
    auto response = answer(201, *created);
    response.header("location", fmt::format("/streams/{}", id.text().value_or(id.dump())));
    exchange.respond(std::move(response));
}

void DvrServer::serve_stream(http::Exchange exchange, std::string_view rest) {
    const std::string id(rest.substr(0, rest.find('/')));
    if (!is_source_id(id)) return exchange.fail(unknown(id));
    if (id.size() != rest.size())
        return serve_sessions(host_, std::move(exchange), id, rest.substr(id.size() + 1));
    if (auto refusal = host_.count(exchange.request(), Counts::request))
        return exchange.respond(*std::move(refusal));
    admit(host_.access(), std::move(exchange), {Action::api, "", ""},
          [self = shared_from_this(), id](http::Exchange admitted) {
              self->serve_source(std::move(admitted), id);
          });
}

void DvrServer::serve_source(http::Exchange exchange, const std::string& id) {
    const http::Request& request = exchange.request();
    const auto path = host_.hub().status(id);
    if (!path) return exchange.fail(unknown(id));
    if (request.method == "GET") return exchange.respond(answer(200, describe(*path)));
    if (request.method != "DELETE")
        return exchange.respond(http::Response::method_not_allowed(request.method, "GET, DELETE"));
    const auto removed = streams_.remove(id);
    if (!removed) return exchange.fail(removed.error());
    exchange.respond(answer_ok());
}

Result<Json> DvrServer::create(const std::string& body) {
    const auto asked = Json::parse(body);
    if (!asked) return asked.error();
    const auto id = source_id((*asked)["source_id"]);
    if (!id) return id.error();
    const auto login = credentials(*asked);
    if (!login) return login.error();
    const auto url = camera_url("rtsp_url", (*asked)["rtsp_url"].text(), *login);
    if (!url) return url.error();
    const Json& recorded = (*asked)["should_record"];
    if (!recorded.is_null() && !recorded.boolean())
        return Error{Code::invalid_config, "should_record is true or false"};
    if (auto checked = check_restart_interval((*asked)["restart_interval_secs"]); !checked)
        return checked.error();

    const Stream stream{*url, recorded.boolean().value_or(false)};
    if (const Stream* const there = streams_.find(*id); there != nullptr) {
        if (*there != stream)
            return Error{
                Code::conflict,
                fmt::format("stream {} exists with another camera or recording; DELETE /streams/{} first",
                            *id, *id)};
    } else {
        const Json values = Json::object()
                                .set("source", stream.url)
                                .set("sourceOnDemand", false)
                                .set("record", stream.is_recorded);
        if (auto added = streams_.add(*id, values, stream); !added) return added.error();
    }
    const auto path = host_.hub().status(*id);
    if (!path) return Error{Code::internal, fmt::format("stream {} was added, and is not there", *id)};
    return describe(*path).set("should_record", stream.is_recorded);
}

Json DvrServer::list() {
    Json streams = Json::array();
    for (const std::string& name : host_.hub().names()) {
        if (!is_source_id(name)) continue;
        if (const auto path = host_.hub().status(name)) streams.append(describe(*path));
    }
    return Json::object().set("streams", std::move(streams));
}

Json DvrServer::describe(const PathStatus& path) {
    // Beyond int64 it is a text, for JSON has no such integer here.
    const auto id = Json::parse(path.name);
    return Json::object()
        .set("source_id", id && id->integer() ? *id : Json(path.name))
        .set("rtsp_url", path.source)
        .set("should_record", records(path))
        .set("status", to_string(path.state))
        .set("reason", path.reason)
        .set("reconnects", path.reconnects);
}

}  // namespace rill::dialects
