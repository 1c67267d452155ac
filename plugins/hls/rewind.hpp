// A path that is being recorded and may be rewound: its players are sent to the recording.
#pragma once

#include <rill/archive.hpp>
#include <rill/media/access_unit.hpp>

#include <functional>
#include <optional>
#include <string>

namespace rill::hls {

/// The multivariant playlist that leads to the window behind a live recording, "index.m3u8?window=…" of the
/// same path, which whoever gives out recordings answers. Nothing when the path is not being recorded
/// in what can be played by time (Container::fmp4).
///
/// `query` is what its URL goes on with, without '&': "session=…". `done` is called once, on a thread of the
/// archive; never when the archive ends before.
void rewound_playlist(Archive& archive, const std::string& path, Nanoseconds window, const std::string& query,
                      std::function<void(std::optional<std::string>)> done);

}  // namespace rill::hls
