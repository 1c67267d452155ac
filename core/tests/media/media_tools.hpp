// Other people's readers of MP4 files: ffprobe, ffmpeg, and GStreamer's qtdemux.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rill::test {

/// A file that is removed with its owner.
class TemporaryFile {
  public:
    TemporaryFile();
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    ~TemporaryFile();
    const std::string& path() const { return path_; }
    void write(const std::vector<std::uint8_t>& bytes) const;

  private:
    std::string path_;
};

struct Packet {
    std::int64_t pts = 0, dts = 0, size = 0;  ///< times in ticks of the track
    std::optional<std::int64_t> duration;     ///< ffprobe often has none for the first packet of sound
    bool keyframe = false;
};
/// ffprobe -show_packets of one stream, in file order.
std::vector<Packet> probe_packets(const std::string& path, int stream);

/// ffprobe -show_entries stream=… of one stream.
std::map<std::string, std::string> probe_stream(const std::string& path, int stream,
                                                const std::string& entries);

/// What ffmpeg complains about when it decodes the whole file: empty when all is well.
std::string decode_errors(const std::string& path);

/// The presentation times, in order, of the frames that qtdemux and decodebin make of a track ("video_0").
std::vector<std::uint64_t> qtdemux_frames(const std::string& path, const std::string& track);

/// The bytes of a track's samples, one behind the other, as qtdemux gives them out.
std::vector<std::uint8_t> qtdemux_bytes(const std::string& path, const std::string& track);

/// What ffmpeg makes of its input options ("-i", path): 16 bit little-endian samples.
std::vector<std::uint8_t> decoded_sound(std::vector<std::string> input);

}  // namespace rill::test
