// The HTTP side of HLS: answers with their cache headers, byte ranges and cross-origin rules.
#pragma once

#include <rill/http.hpp>
#include <rill/media/cmaf.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace rill::hls {

/// Never cached: it changes with every part.
http::Response playlist_answer(std::string_view text);

/// Bytes that never change under their name. `range` is the request's Range header: a single byte range is
/// answered 206, one outside of the bytes 416, anything else is ignored (RFC 9110 §14.2).
http::Response media_answer(std::string_view content_type, const cmaf::Chunks& bytes, std::string_view range);

/// Whether a browser's page may read the answers (Fetch §3.2). `allowed`: "*", or origins such as
/// "https://example.com".
void allow_origin(http::Response& response, const std::vector<std::string>& allowed, std::string_view origin);

/// The answer to a CORS preflight.
http::Response preflight_answer();

}  // namespace rill::hls
