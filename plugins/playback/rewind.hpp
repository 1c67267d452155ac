// Recordings as HLS: playlists straight from the index, and segments straight from the files.
#pragma once

#include <rill/archive.hpp>
#include <rill/http_cors.hpp>
#include <rill/hub.hpp>

#include <memory>

namespace rill::playback {

/// "/{path}/index.m3u8?start=…[&end=…]". Answers soon, from the archive's thread. `archive` is null when no
/// module keeps recordings: 404.
/// Threading: called on the main thread. The archive outlives what is under way.
void answer_playlist(PathCall call, Archive* archive, const std::shared_ptr<const http::Cors>& cors);
/// "/{path}/~rewind/*": what playlists refer to. The same.
void answer_resource(PathCall call, Archive* archive, const std::shared_ptr<const http::Cors>& cors);

}  // namespace rill::playback
