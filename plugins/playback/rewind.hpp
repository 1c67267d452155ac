// Recordings as HLS: playlists straight from the index, and segments straight from the files.
#pragma once

#include "resource.hpp"

#include <rill/archive.hpp>
#include <rill/http_cors.hpp>
#include <rill/hub.hpp>

#include <cstdint>
#include <memory>

namespace rill::playback {

/// "/{path}/index.m3u8?start=…[&end=…]". Answers soon, from the archive's thread. `archive` is null when no
/// module keeps recordings: 404.
/// Threading: called on the main thread. The archive outlives what is under way.
void answer_playlist(PathCall call, Archive* archive, const std::shared_ptr<const http::Cors>& cors);
/// "/{path}/~recorded/*", and ~rewind/*: what playlists refer to. The same. What was over before `oldest_us`
/// is not given.
void answer_resource(PathCall call, Archive* archive, const std::shared_ptr<const http::Cors>& cors,
                     std::int64_t oldest_us);

/// The URLs of a playlist for whoever asks for it.
Links links_of(const http::Request& request, std::string_view folder);

}  // namespace rill::playback
