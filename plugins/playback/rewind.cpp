#include "rewind.hpp"

#include "asked.hpp"
#include "listing.hpp"
#include "playlist_source.hpp"
#include "stored_slice.hpp"

#include <rill/access.hpp>
#include <rill/clock.hpp>
#include <rill/http_query.hpp>
#include <rill/http_range.hpp>
#include <rill/http_recorded.hpp>

#include <fmt/format.h>

#include <string>
#include <utility>

namespace rill::playback {
namespace {

constexpr std::string_view playlist_type = "application/vnd.apple.mpegurl";

/// What a playlist is asked for.
struct Rewind {
    TimeRange range;
    bool moves = false;  ///< its start is so long before now, and a later request would mean another time
};

Result<Rewind> parse_rewind(const http::Request& request, std::int64_t now_us) {
    const auto start = parse_moment(request.query.at("start"), now_us);
    if (!start) return http::about("start", start.error());
    Rewind rewind{{start->utc_us, all_time.end_us}, start->relative};
    if (const std::string* text = http::find(request, "end")) {
        const auto end = parse_moment(*text, now_us);
        if (!end) return http::about("end", end.error());
        rewind.range.end_us = end->utc_us;
        rewind.moves = rewind.moves || end->relative;
    }
    if (rewind.range.end_us > rewind.range.start_us) return rewind;
    return Error{Code::invalid_config, "'end' must be after 'start'"};
}

/// Players load a playlist that grows again and again, so its URL must say one time only.
http::Response fixed_playlist(const http::Request& request, const Listing& listing) {
    std::string uri = fmt::format("index.m3u8?start={}", rfc3339_us(listing.range.start_us));
    if (listing.range.end_us != all_time.end_us)
        uri += fmt::format("&end={}", rfc3339_us(listing.range.end_us));
    if (const std::string token = token_query(request); !token.empty()) uri += "&" + token;
    return http::Response::text(200, playlist_type, multivariant_text(uri, peak_bandwidth(listing)));
}

http::Response media_playlist(const http::Request& request, Archive& archive,
                              std::shared_ptr<const Listing> listing) {
    const bool compressed = accepts_gzip(request.header("accept-encoding"));
    http::Response response;
    response.content_type = playlist_type;
    if (compressed) response.header("content-encoding", "gzip");
    response.header("vary", "accept-encoding");
    response.stream = http::StreamedBody(std::make_unique<PlaylistSource>(
        archive, std::move(listing), links_of(request, recorded_folder), compressed));
    return response;
}

/// A slice never changes under its name, and neither do the formats of a file.
http::Response slice_answer(const http::Request& request, std::unique_ptr<http::BodySource> source,
                            const std::string& name) {
    return http::resumable_answer(request, "video/mp4", std::move(source),
                                  {.etag = fmt::format("\"{}\"", name), .last_modified = {}})
        .header("cache-control", "max-age=3600, immutable");
}

}  // namespace

Links links_of(const http::Request& request, std::string_view folder) {
    const std::string token = token_query(request);
    return {folder, token.empty() ? "" : "?" + token};
}

void answer_playlist(PathCall call, Archive* archive, const std::shared_ptr<const http::Cors>& cors) {
    const auto asked = take_up(std::move(call.exchange), archive, cors);
    if (!asked) return;
    const std::int64_t now_us = utc_now_us();
    const auto rewind = parse_rewind(asked->request(), now_us);
    if (!rewind) return asked->fail(rewind.error());
    const bool moves = rewind->moves;
    make_listing(
        *archive, call.path, rewind->range, now_us, [asked = *asked, archive, moves](const Listed& listed) {
            if (!listed.listing)
                return asked.respond(http::not_recorded(listed.listing.error(), listed.before, listed.after));
            http::Response response = moves ? fixed_playlist(asked.request(), **listed.listing)
                                            : media_playlist(asked.request(), *archive, *listed.listing);
            asked.respond(std::move(response.header("cache-control", "no-cache")));
        });
}

void answer_resource(PathCall call, Archive* archive, const std::shared_ptr<const http::Cors>& cors,
                     std::int64_t oldest_us) {
    const auto asked = take_up(std::move(call.exchange), archive, cors);
    if (!asked) return;
    const auto resource = parse_resource(call.rest);
    if (!resource) {
        return asked->fail(
            {Code::not_found, fmt::format("'{}' is nothing that a playlist names", call.rest)});
    }
    archive->read(call.path, [asked = *asked, archive, call_path = call.path, name = call.rest,
                              resource = *resource, oldest_us](ArchiveView& view) {
        auto source = open_resource(*archive, view, call_path, resource, oldest_us);
        if (!source) return asked.fail(source.error());
        asked.respond(slice_answer(asked.request(), *std::move(source), name));
    });
}

}  // namespace rill::playback
