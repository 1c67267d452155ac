#include "record_control.hpp"

#include "recordings.hpp"

#include <rill/clock.hpp>
#include <rill/http_query.hpp>
#include <rill/json.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string_view>

namespace rill::api {
namespace {

constexpr std::string_view recorder = "record";
constexpr Nanoseconds most_preroll = std::chrono::hours(1);
constexpr Nanoseconds most_duration = std::chrono::hours(24 * 366);

/// Empty when the key is not there.
Result<std::optional<Nanoseconds>> duration(const http::Request& request, const std::string& key,
                                            Nanoseconds least, Nanoseconds most) {
    const std::string* text = http::find(request, key);
    if (text == nullptr) return std::optional<Nanoseconds>();
    const bool is_number = text->find_first_not_of("0123456789.") == std::string::npos;
    const auto value = parse_duration(is_number ? *text + "s" : *text);
    if (value && *value >= least && *value <= most) return std::optional(*value);
    return Error{Code::invalid_config,
                 fmt::format("{}: '{}' is no duration; write 10s, 1m30s or seconds, {} at most {} h", key,
                             *text, least.count() > 0 ? "above 0 and" : "from 0,",
                             std::chrono::duration_cast<std::chrono::hours>(most).count())};
}

Json time_or_null(std::int64_t utc_us) {
    return utc_us == 0 ? Json() : Json(rfc3339_us(utc_us));
}

/// Why nothing is written at this moment.
Json failure_of(const PathStatus& path, const SinkStatus& sink) {
    if (!sink.reason.empty()) return sink.reason;
    if (path.state == PathState::online) return nullptr;
    return fmt::format("the stream is {}{}{}", to_string(path.state), path.reason.empty() ? "" : ": ",
                       path.reason);
}

Json state_of(const PathStatus& path) {
    const auto sink = std::ranges::find(path.sinks, recorder, &SinkStatus::id);
    if (sink == path.sinks.end() || sink->on == SinkStatus::On::off) {
        return Json::object()
            .set("recording", false)
            .set("reason", nullptr)
            .set("from", nullptr)
            .set("until", nullptr)
            .set("failure", nullptr);
    }
    return Json::object()
        .set("recording", true)
        .set("reason", sink->on == SinkStatus::On::by_request ? "request" : "config")
        .set("from", time_or_null(sink->from_us))
        .set("until", time_or_null(sink->until_us))
        .set("failure", failure_of(path, *sink));
}

void answer_state(const Asked& asked, const Hub& hub, const std::string& path) {
    const auto status = hub.status(path);
    if (status) return asked.respond(state_of(*status));
    asked.fail({Code::not_found, fmt::format("stream '{}' is not configured", path)});
}

Result<SwitchOn> order_of(const http::Request& request) {
    const auto preroll = duration(request, "preroll", Nanoseconds(0), most_preroll);
    if (!preroll) return preroll.error();
    const auto length = duration(request, "duration", Nanoseconds(1), most_duration);
    if (!length) return length.error();
    return SwitchOn{*preroll, *length};
}

}  // namespace

std::optional<RecordRequest> record_request(const Hub& hub, const std::string& rest) {
    if (hub.status(rest)) return std::nullopt;
    for (const std::string_view verb : {"", "start", "stop"}) {
        const std::string end = fmt::format("/{}{}{}", recorder, verb.empty() ? "" : "/", verb);
        if (!rest.ends_with(end) || rest.size() == end.size()) continue;
        // "cam/record/start" may be the start of the path "cam/record".
        const std::string outer = rest.substr(0, rest.rfind('/'));
        if (!verb.empty() && hub.status(outer)) return std::nullopt;
        return RecordRequest{rest.substr(0, rest.size() - end.size()), std::string(verb)};
    }
    return std::nullopt;
}

void answer_record_request(const Asked& asked, Hub& hub, Loop& loop, Archive* archive,
                           const RecordRequest& request) {
    const std::string& method = asked.request().method;
    const std::string_view allowed = request.verb.empty() ? "GET" : "POST";
    if (method != allowed) return asked.refuse_method(allowed);
    if (lacks_archive(asked, archive)) return;
    if (request.verb.empty()) return answer_state(asked, hub, request.path);

    // The answer comes on the path's loop; the hub is asked on ours.
    const auto answered = [asked, &hub, &loop, path = request.path](const Result<SinkStatus>& status) {
        if (!status) return asked.fail(status.error());
        loop.post([asked, &hub, path] { answer_state(asked, hub, path); });
    };
    if (request.verb == "stop") return hub.switch_off(request.path, recorder, answered);
    const auto order = order_of(asked.request());
    if (!order) return asked.fail(order.error());
    hub.switch_on(request.path, recorder, *order, answered);
}

}  // namespace rill::api
