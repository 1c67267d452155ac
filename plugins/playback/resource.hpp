// The URLs of what playlists of recordings refer to. They say all that is needed to answer them, so they hold
// in every playlist and after a restart, and always mean the same bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rill::playback {

/// Below "/{path}/~rewind/" or "/{path}/~recorded/": "1767866400000000_init.mp4",
/// "1767866400000000_1320-250000.mp4" or "1767866400000000_1320-part.mp4".
struct Resource {
    /// As an end: a single part, which may not have been recorded yet.
    static constexpr std::uint64_t one_part = UINT64_MAX;

    std::int64_t file_start_us = 0;  ///< UTC, of the recorded file
    std::uint64_t first_byte = 0;    ///< of the first part, in the file
    std::uint64_t end_byte = 0;      ///< behind the last part; 0: the formats of the file

    bool operator==(const Resource&) const = default;
};

/// How the playlists of one client name what they refer to.
struct Links {
    std::string_view folder;  ///< rewind_folder or recorded_folder
    std::string suffix = {};  ///< of every URL: "?token=…"
};

/// Of windows, which are for those who may watch the path; of recordings, for those who may play them back.
constexpr std::string_view rewind_folder = "~rewind";
constexpr std::string_view recorded_folder = "~recorded";

/// Relative to the playlist, appended to `text`.
void append_uri(std::string& text, const Resource& resource, const Links& links);
/// Empty when it is no such name, or of a time that nothing is recorded at (all_time).
std::optional<Resource> parse_resource(std::string_view name);

}  // namespace rill::playback
