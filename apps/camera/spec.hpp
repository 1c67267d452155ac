// What a simulated camera is: its name, its video and its audio, as written on the command line.
#pragma once

#include <rill/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace rill::camera {

enum class VideoCodec { h264, h265, mjpeg };
enum class AudioCodec { none, aac, pcmu, pcma, opus, lpcm, g722 };

std::string_view to_string(VideoCodec codec);
std::string_view to_string(AudioCodec codec);

struct VideoSpec {
    VideoCodec codec = VideoCodec::h264;
    int width = 1280;  ///< pixels, even
    int height = 720;  ///< pixels, even
    int fps = 25;
    int gop_frames = 25;      ///< of no use to MJPEG
    int bitrate_kbit = 2000;  ///< of no use to MJPEG
    int bframes = 0;
    std::string profile;      ///< as in profile.hpp; empty: what the encoder chooses
    bool interlaced = false;  ///< fields, the top one first, instead of whole pictures
    int pixel_width = 1;      ///< with pixel_height the shape of a pixel (sample aspect ratio)
    int pixel_height = 1;
    bool operator==(const VideoSpec&) const = default;
};

struct AudioSpec {
    AudioCodec codec = AudioCodec::none;
    int rate = 0;  ///< samples per second, mono
    bool operator==(const AudioSpec&) const = default;
};

struct CameraSpec {
    std::string name;  ///< the path in the URL, without the leading slash
    VideoSpec video;
    AudioSpec audio;
    bool clock = false;  ///< encode live, with the wall clock in the picture, instead of a prepared loop
};

/// Every parameter that changes the encoded bytes, as one line. Equal lines mean equal streams.
std::string describe(const VideoSpec& video);
std::string describe(const AudioSpec& audio);

/// `name[*count][:key=value,…]`. `cam*3` makes cam1, cam2 and cam3. invalid_config says which part is wrong.
Result<std::vector<CameraSpec>> parse_cameras(std::string_view text);
/// "1280x720" into the two fields, both even and within bounds.
Result<> parse_size(std::string_view text, VideoSpec& video);
/// "h264", "h265" or "mjpeg".
Result<VideoCodec> parse_video_codec(std::string_view text);
/// Whether the fields fit together (a baseline profile has no B-frames, …): invalid_config says which do not.
Result<> check(const CameraSpec& camera);

/// The cameras of the demo: H.264 with AAC, with G.711 and without audio, and H.265 with AAC.
std::vector<CameraSpec> demo_cameras();

}  // namespace rill::camera
