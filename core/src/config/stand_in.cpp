#include "stand_in.hpp"

#include "keys.hpp"
#include "util/escape.hpp"

#include <rill/ref.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace rill::config {
namespace {

constexpr std::string_view main_key = "alwaysAvailable";
constexpr std::string_view tracks_key = "alwaysAvailableTracks";
constexpr std::string_view file_key = "alwaysAvailableFile";
// As MediaMTX: those of its AAC frames, and of any sound.
constexpr std::int64_t least_aac_rate = 22'050;
constexpr std::int64_t least_rate = 8'000;

bool has_rate(std::string_view codec) {
    return codec == "MPEG4Audio" || codec == "G711";
}

bool is_video(const Options& track) {
    return track.text("codec").starts_with("H26");
}

std::optional<std::string> check_track(const Options& track) {
    const std::string& codec = track.text("codec");
    const std::int64_t rate = track.integer("sampleRate");
    const std::int64_t channels = track.integer("channelCount");
    if (!has_rate(codec)) {
        if (rate == 0 && channels == 0) return {};
        return fmt::format("{} has no sampleRate and no channelCount", codec);
    }
    const std::int64_t least = codec == "G711" ? least_rate : least_aac_rate;
    if (rate >= least && channels > 0) return {};
    return fmt::format("{} needs a sampleRate of {} or more, and a channelCount of 1 or 2", codec, least);
}

std::optional<std::string> check_tracks(const Options::Records& tracks) {
    for (const Options& track : tracks) {
        if (auto wrong = check_track(track)) return wrong;
    }
    const auto videos = std::ranges::count_if(tracks, is_video);
    if (videos > 1 || std::ssize(tracks) - videos > 1) return "one of video and one of audio is the most";
    return {};
}

std::optional<std::string> check_file(const std::string& file) {
    std::error_code missing;
    if (std::filesystem::is_directory(file, missing))
        return fmt::format("{} is a directory", in_quotes(file));
    if (access(file.c_str(), R_OK) == 0) return {};
    return fmt::format("{} cannot be read: {}", in_quotes(file), std::generic_category().message(errno));
}

std::string url_of(const std::string& file) {
    const std::string absolute = std::filesystem::absolute(file).string();
    const Owned<char> url(g_filename_to_uri(absolute.c_str(), nullptr, nullptr));
    return url.get();
}

/// Of the module `slate`.
std::string slate_track(const Options& track) {
    const std::string& codec = track.text("codec");
    const auto with_rate = [&track](std::string_view name) {
        return fmt::format("{}/{}/{}", name, track.integer("sampleRate"), track.integer("channelCount"));
    };
    if (codec == "MPEG4Audio") return with_rate("aac");
    if (codec == "G711") return with_rate(track.boolean("muLaw") ? "pcmu" : "pcma");
    return to_lower(codec);
}

}  // namespace

std::string stand_in_url(const Options& path) {
    if (!path.boolean(main_key)) return "";
    if (const std::string& file = path.text(file_key); !file.empty()) return url_of(file);
    std::vector<std::string> tracks;
    for (const Options& track : path.records(tracks_key))
        tracks.push_back(slate_track(track));
    return fmt::format("slate://{}", fmt::join(tracks, ","));
}

std::optional<StandInProblem> check_stand_in(const Options& path, bool is_pattern) {
    if (!path.boolean(main_key)) return {};
    if (is_pattern)
        return StandInProblem{main_key, "is not for paths by a regular expression: they come and go"};
    if (path.boolean("sourceOnDemand"))
        return StandInProblem{main_key,
                              "and sourceOnDemand cannot both be yes: the path would never be idle"};
    const Options::Records& tracks = path.records(tracks_key);
    const std::string& file = path.text(file_key);
    if (tracks.empty() == file.empty())
        return StandInProblem{main_key, fmt::format("needs {} or {}, one of them", tracks_key, file_key)};
    if (auto wrong = file.empty() ? check_tracks(tracks) : check_file(file))
        return StandInProblem{file.empty() ? tracks_key : file_key, std::move(*wrong)};
    return {};
}

}  // namespace rill::config
