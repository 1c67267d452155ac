#include "mediamtx_paths.hpp"

#include "mediamtx_item.hpp"
#include "page.hpp"

#include <rill/clock.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace rill::api {
namespace {

/// What MediaMTX says of a codec; null where it has nothing to say.
Json codec_props(const Format& format) {
    switch (format.codec) {
        case Codec::h264:
        case Codec::h265:
            return Json::object()
                .set("width", format.width)
                .set("height", format.height)
                .set("profile", format.profile)
                .set("level", format.level);
        case Codec::aac:
            return Json::object().set("sampleRate", format.sample_rate).set("channelCount", format.channels);
        case Codec::opus:
            return Json::object().set("channelCount", format.channels);
        case Codec::pcmu:
        case Codec::pcma:
            return Json::object()
                .set("muLaw", format.codec == Codec::pcmu)
                .set("sampleRate", format.sample_rate)
                .set("channelCount", format.channels);
        case Codec::lpcm:
            return Json::object()
                .set("bitDepth", 16)
                .set("sampleRate", format.sample_rate)
                .set("channelCount", format.channels);
        case Codec::vp8:
        case Codec::vp9:
        case Codec::mjpeg:
        case Codec::g722:
            break;
    }
    return nullptr;
}

Json time_if(bool is_so, std::int64_t since_us) {
    return is_so ? Json(rfc3339(since_us)) : Json();
}

}  // namespace

Json mediamtx_path(const PathStatus& path) {
    const bool online = path.state == PathState::online;
    const bool available = path.available_since_us != 0;
    Json names = Json::array();
    Json tracks = Json::array();
    std::uint64_t in_error = 0;
    for (const TrackStatus& track : path.tracks) {
        in_error += track.discontinuities;
        if (!available) continue;
        names.append(to_string(track.format->codec));
        tracks.append(Json::object()
                          .set("codec", to_string(track.format->codec))
                          .set("codecProps", codec_props(*track.format)));
    }
    Json readers = Json::array();
    for (const ReaderStatus& reader : path.readers)
        readers.append(Json::object().set("type", reader.session).set("id", reader.id));
    const Json available_since = time_if(available, path.available_since_us);
    return Json::object()
        .set("name", path.name)
        .set("confName", path.configured_as)
        .set("source", Json::object().set("type", source_type_name(path.source_type)).set("id", ""))
        .set("ready", available)
        .set("readyTime", available_since)
        .set("available", available)
        .set("availableTime", available_since)
        .set("online", online)
        .set("onlineTime", time_if(online, path.since_us))
        .set("tracks", std::move(names))
        .set("tracks2", std::move(tracks))
        .set("readers", std::move(readers))
        .set("inboundBytes", path.inbound_bytes)
        .set("outboundBytes", path.outbound_bytes)
        .set("inboundFramesInError", in_error)
        .set("bytesReceived", path.inbound_bytes)
        .set("bytesSent", path.outbound_bytes);
}

http::Response answer_mediamtx_paths(const http::Request& request, const Hub& hub, const std::string& rest) {
    const auto name = item_name(rest, "get");
    if (rest != "list" && !name) return nothing_there(rest, "list or get/<name>");
    if (request.method != "GET") return http::Response::method_not_allowed(request.method, "GET");
    if (name) {
        const auto status = hub.status(*name);
        if (status) return http::Response::json(200, mediamtx_path(*status).dump());
        return http::Response::error({Code::not_found, fmt::format("path '{}' is not configured", *name)});
    }
    const auto page = Page::of(request);
    if (!page) return http::Response::error(page.error());
    auto names = hub.names();
    std::ranges::sort(names);
    const auto to_json = [&hub](const std::string& each) {
        const auto status = hub.status(each);
        return status ? mediamtx_path(*status) : Json();
    };
    return http::Response::json(200, page_of(names, *page, to_json).dump());
}

}  // namespace rill::api
