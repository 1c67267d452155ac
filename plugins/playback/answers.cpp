#include "answers.hpp"

#include "asked.hpp"
#include "joined_source.hpp"
#include "nothing.hpp"
#include "plan.hpp"
#include "times.hpp"

#include <rill/clock.hpp>
#include <rill/http_query.hpp>
#include <rill/http_range.hpp>
#include <rill/http_recorded.hpp>
#include <rill/json.hpp>

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>

namespace rill::playback {
namespace {

constexpr double second_us = 1e6;

std::string percent_encoded(const std::string& text) {
    return Owned<char>(g_uri_escape_string(text.c_str(), nullptr, FALSE)).get();
}

/// Where the client reached us; a proxy in front of us says what it speaks, be it trusted or not.
std::string origin_of(const http::Request& request) {
    const std::string_view host = request.header("host");
    const bool secure = request.secure || request.header("x-forwarded-proto") == "https";
    return fmt::format("{}://{}", secure ? "https" : "http", host.empty() ? request.local : host);
}

Json describe(const http::Request& request, const std::string& path, const RecordedSpan& span) {
    const std::string start = rfc3339_us(span.time.start_us);
    const double duration = static_cast<double>(span.time.end_us - span.time.start_us) / second_us;
    return Json::object()
        .set("start", start)
        .set("duration", duration)
        .set("url", fmt::format("{}/get?path={}&start={}&duration={:.6f}", origin_of(request),
                                percent_encoded(path), percent_encoded(start), duration));
}

http::Response list(const http::Request& request, const std::string& path, TimeRange range,
                    ArchiveView& view) {
    const auto spans = view.spans(range);
    if (!spans) return http::Response::error(spans.error());
    if (spans->empty()) {
        const auto nearest = view.nearest(range.start_us);
        if (!nearest) return http::Response::error(nearest.error());
        return http::not_recorded(nothing_to_play(path, {}), nearest->before_us(), nearest->after_us());
    }
    Json body = Json::array();
    for (const RecordedSpan& span : *spans)
        body.append(describe(request, path, span));
    return http::Response::json(200, body.dump()).header("cache-control", "no-store");
}

Result<Wanted> parse_wanted(const http::Request& request) {
    const auto path = http::required(request, "path");
    if (!path) return path.error();
    const auto start = http::required_time(request, "start");
    if (!start) return start.error();
    const auto length_text = http::required(request, "duration");
    if (!length_text) return length_text.error();
    const auto length = parse_length(*length_text);
    if (!length) return http::about("duration", length.error());
    const std::string* format = http::find(request, "format");
    if (format != nullptr && *format != "fmp4" && *format != "mp4") {
        return Error{Code::invalid_config, fmt::format("'{}' is no format; use fmp4 or mp4", *format)};
    }
    return Wanted{*path, {*start, *start + *length}, format != nullptr && *format == "mp4"};
}

/// "site_door_2026-01-08_10-00-01.mp4": nothing that a file system or the header could misread.
std::string file_name(const Wanted& wanted) {
    std::string name = wanted.path + "_" + rfc3339_us(wanted.time.start_us).substr(0, 19);
    for (char& c : name) {
        if (c == 'T' && &c >= name.data() + wanted.path.size()) c = '_';
        if (c == ':') c = '-';
        if (!g_ascii_isalnum(c) && c != '-' && c != '.') c = '_';
    }
    return name + ".mp4";
}

void send(const Asked& asked, Archive& archive, const std::shared_ptr<const Plan>& plan) {
    auto response =
        http::resumable_answer(asked.request(), "video/mp4", std::make_unique<JoinedSource>(archive, plan),
                               {.etag = plan->etag, .last_modified = {}});
    response.header("content-disposition", fmt::format("inline; filename=\"{}\"", file_name(plan->wanted)))
        .header("cache-control", "no-cache");
    asked.respond(std::move(response));
}

void answer_list(const Asked& asked, Archive& archive) {
    const auto path = http::required(asked.request(), "path");
    if (!path) return asked.fail(path.error());
    const auto range = http::optional_range(asked.request());
    if (!range) return asked.fail(range.error());
    archive.read(*path, [asked, path = *path, range = *range](ArchiveView& view) {
        asked.respond(list(asked.request(), path, range, view));
    });
}

void answer_get(const Asked& asked, Archive& archive) {
    auto wanted = parse_wanted(asked.request());
    if (!wanted) return asked.fail(wanted.error());
    make_plan(archive, *std::move(wanted), [asked, &archive](const Planned& planned) {
        if (planned.plan) return send(asked, archive, *planned.plan);
        asked.respond(http::not_recorded(planned.plan.error(), planned.before, planned.after));
    });
}

}  // namespace

http::Handler handler_of(Archive* archive, std::shared_ptr<const http::Cors> cors) {
    return [archive, cors = std::move(cors)](http::Exchange exchange) {
        const std::string path = exchange.request().path;
        const auto asked = take_up(std::move(exchange), archive, cors);
        if (!asked) return;
        if (path == "/list")
            answer_list(*asked, *archive);
        else
            answer_get(*asked, *archive);
    };
}

}  // namespace rill::playback
