// Files of the CMAF writer with real streams in them, and the pipelines that make the streams.
#pragma once

#include "encoded_stream.hpp"
#include "media_tools.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace rill::test {

/// For encode(). Video: seventy frames of 320x180 at 25 a second, a keyframe every 25; `settings` are
/// x264enc's or x265enc's, `source` videotestsrc's, `raw` is appended to the caps of the pictures.
std::string h264_pipeline(const std::string& settings, const std::string& source = "",
                          const std::string& raw = "");
std::string h265_pipeline(const std::string& settings);
/// The same pictures.
std::string mjpeg_pipeline();
/// Stereo, 130 frames.
std::string aac_pipeline(int rate);
/// Stereo, 140 packets of 20 ms.
std::string opus_pipeline();
/// Mono, 8 kHz, a hundred packets of 20 ms; `encoder` is mulawenc or alawenc.
std::string g711_pipeline(const std::string& encoder);

/// An init segment and a fragment for every 200 ms.
std::vector<std::uint8_t> cmaf_file(const std::vector<EncodedStream>& streams, Nanoseconds epoch);
void write_cmaf(const TemporaryFile& file, const std::vector<EncodedStream>& streams, Nanoseconds epoch);

}  // namespace rill::test
