// The HTTP side of HLS: answers with their cache headers and byte ranges.
#pragma once

#include "window.hpp"

#include <rill/http.hpp>

#include <string_view>

namespace rill::hls {

/// Never cached: it changes with every part.
http::Response playlist_answer(std::string_view text);

/// Bytes that never change under their name. `range` is the request's Range header: a single byte range is
/// answered 206, one outside of the bytes 416, anything else is ignored (RFC 9110 §14.2).
http::Response media_answer(std::string_view content_type, const Media& media, std::string_view range);
/// What is in no file.
Media in_memory(cmaf::Chunks bytes);

}  // namespace rill::hls
