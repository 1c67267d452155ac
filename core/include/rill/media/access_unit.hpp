// What travels from a camera to every viewer: one access unit with its times, and the format it is in.
#pragma once

#include <rill/ref.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rill {

using Nanoseconds = std::chrono::nanoseconds;

enum class Kind { video = 1, audio };

enum class Codec { h264 = 1, h265, vp8, vp9, mjpeg, aac, opus, pcmu, pcma, g722, lpcm };
/// Every one of them.
inline constexpr std::array all_codecs{Codec::h264,  Codec::h265, Codec::vp8,  Codec::vp9,
                                       Codec::mjpeg, Codec::aac,  Codec::opus, Codec::pcmu,
                                       Codec::pcma,  Codec::g722, Codec::lpcm};

std::string_view to_string(Kind kind);
/// The codec's name in the API and in MediaMTX: "H264", "H265", "VP8", "VP9", "M-JPEG", "MPEG-4 Audio",
/// "Opus", "G711", "G722", "LPCM".
std::string_view to_string(Codec codec);
Kind kind_of(Codec codec);

/// How the units of a track are encoded. Immutable; a change in mid-stream is a new Format on the next unit.
///
/// H.264 and H.265 units are length-prefixed NAL units (4-byte lengths, ISO/IEC 14496-15 §5.3.2), one access
/// unit each; `config` is the avcC or hvcC record (GStreamer: stream-format avc or hvc1, alignment au). AAC
/// units are raw access units, `config` the AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1). Of all others
/// `config` is empty. VP8 and VP9 units are frames (RFC 6386; VP9 bitstream, Annex B: superframes). Motion
/// JPEG units are whole JPEGs (ITU-T T.81), each a keyframe. Opus units are packets (RFC 6716). G.711 units
/// are samples, one byte each. G.722 units are bytes of two samples each (RFC 3551 §4.5.2), so 8000 a second
/// at 16 kHz. LPCM units are interleaved samples of 16 bits, signed, big-endian, as L16 has them (RFC 3551
/// §4.5.11).
struct Format {
    Kind kind = Kind::video;
    Codec codec = Codec::h264;
    std::vector<std::uint8_t> config;
    int width = 0;  ///< video: displayed pixels, after cropping
    int height = 0;
    double frame_rate = 0;  ///< video: frames a second, 0 when unknown or variable
    int sample_rate = 0;    ///< audio: Hz, of the decoded sound; always 48000 for Opus
    int channels = 0;       ///< audio
    std::string profile;    ///< "High", "Main", "LC" …; empty when unknown
    std::string level;      ///< "3.1", "4"; empty when unknown
    /// RFC 6381: "avc1.64001f", "hvc1.1.6.L93.B0", "vp8", "vp9", "mp4v.6C", "mp4a.40.2", "opus"; empty for
    /// what has no name there: G.711, G.722, LPCM.
    std::string codec_string;

    bool operator==(const Format&) const = default;
};

/// One access unit: immutable and shared by every consumer.
///
/// Times are running time of the process-wide pipeline clock (rill/clock.hpp), in nanoseconds: they never go
/// back within a track and go on over a rebuilt source. Several units of audio may be later than a unit of
/// video by their capture, never by reordering.
struct AccessUnit {
    std::shared_ptr<const Format> format;
    Ref<GstBuffer> buffer;    ///< the bytes; its own timestamps mean nothing
    Nanoseconds dts{0};       ///< decode time, strictly increasing within a track
    Nanoseconds pts{0};       ///< presentation time; differs from dts only where there are B-frames
    Nanoseconds duration{0};  ///< 0 when unknown
    Nanoseconds arrival{0};   ///< running time at which it came to the hub; 0: it did not
    std::int64_t utc_us = 0;  ///< capture wall clock, microseconds since 1970 (of pts)
    /// Counts the units of the track, from 1; a gap seen by a consumer is a loss.
    std::uint64_t sequence = 0;
    bool keyframe = false;       ///< a decoder can start here; always true for audio and Motion JPEG
    bool discontinuity = false;  ///< something is missing between the unit before and this one
    bool stand_in = false;       ///< not the camera's, but what is shown while it is away (alwaysAvailable)
    bool disposable = false;     ///< no other unit refers to this one: is_disposable (rill/media/formats.hpp)
};
using UnitPtr = std::shared_ptr<const AccessUnit>;

/// Maps a buffer for reading while it lives.
class MappedBuffer {
  public:
    explicit MappedBuffer(GstBuffer* buffer) : buffer_(buffer) {
        mapped_ = gst_buffer_map(buffer, &info_, GST_MAP_READ);
    }
    MappedBuffer(const MappedBuffer&) = delete;
    MappedBuffer& operator=(const MappedBuffer&) = delete;
    ~MappedBuffer() {
        if (mapped_) gst_buffer_unmap(buffer_, &info_);
    }
    /// Empty when the buffer cannot be mapped.
    std::span<const std::uint8_t> bytes() const {
        return mapped_ ? std::span<const std::uint8_t>(info_.data, info_.size)
                       : std::span<const std::uint8_t>();
    }

  private:
    GstBuffer* buffer_;
    GstMapInfo info_{};
    bool mapped_ = false;
};

}  // namespace rill
