// The metrics of MediaMTX, under its names, so that dashboards made for it work.
#pragma once

#include "exposition.hpp"

#include <rill/http.hpp>
#include <rill/result.hpp>

#include <string>
#include <string_view>

namespace rill::metrics {

/// What a request leaves: ?type=paths, ?path=, ?hls_session=, ?hls_muxer=, ?webrtc_session=, … Empty: all.
struct Filter {
    std::string type;
    std::string path;
    std::string item;  ///< a session's id or a muxer's path, of the type

    /// Error: invalid_config for an unknown type.
    static Result<Filter> of(const http::Request& request);
    bool leaves(std::string_view wanted) const { return type.empty() || type == wanted; }
    bool is_empty() const { return type.empty() && path.empty(); }
};

/// `paths` are those that the filter leaves. Where there is nothing of a kind, its names have one line of 0.
void append_mediamtx(std::string& out, const ScrapedPaths& paths, const Filter& filter);

}  // namespace rill::metrics
