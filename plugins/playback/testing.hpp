// Recordings for a playback controller, and players.
#pragma once

#include "cmaf_file.hpp"
#include "controller_site.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rill::playback::testing {

using http::test::Reply;
using test::EncodedStream;
using test::TemporaryFile;

/// 2026-01-08T10:00:00Z. start(2.5) is two and a half seconds later, as a query says it.
constexpr std::int64_t ten_us = 1'767'866'400'000'000;
std::int64_t at_us(double seconds);
std::string at(double seconds);

/// Streams of 2.8 seconds with a keyframe each second, encoded once: "h264" (320x180, with B-frames),
/// "large" (480x270), "h265", "aac", "pcmu". "long" is "h264" for ten seconds.
const EncodedStream& stream(const std::string& name);
/// A file with these streams, in parts of 200 ms, written once.
const TemporaryFile& recording(const std::vector<std::string>& streams);
/// How long its leading track is.
double seconds_of(const std::vector<std::string>& streams);

/// The module's controller, with the recordings() of "cam1" behind it.
class Site final : public test::ControllerSite {
  public:
    Site();
    std::int64_t add(const std::vector<std::string>& streams, double seconds, std::int64_t chain);
};

/// "/get?path=cam1&start=…&duration=…" with what else the URL says.
std::string get_url(double start, double duration, std::string_view more = "");

/// An answer as a file for players.
std::unique_ptr<TemporaryFile> saved(const Reply& reply);
/// How many pictures or pieces of sound ffmpeg decodes of a stream ("v:0", "a:0").
int decoded_frames(const TemporaryFile& file, const std::string& stream);
/// What ffmpeg has to say when it decodes every track. Times are the file's: with a picture rate that ffmpeg
/// guesses, a track with a pause does not fit.
std::string decode_complaints(const TemporaryFile& file);
/// Seconds, as ffprobe says.
double duration_of(const TemporaryFile& file);

}  // namespace rill::playback::testing
