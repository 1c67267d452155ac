// Writes fragmented MP4 (ISO/IEC 14496-12): an init segment per set of formats, and fragments of whole access
// units. It is CMAF (ISO/IEC 23000-19) when every codec is one of CMAF's: see is_cmaf.
#pragma once

#include <rill/media/access_unit.hpp>
#include <rill/result.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace rill::cmaf {

/// Bytes in order; access units are shared, not copied. They go to an HTTP answer or to writev as they are.
using Chunks = std::vector<Ref<GBytes>>;

std::size_t size_of(const Chunks& chunks);

/// The units of one track in one fragment, in decode order.
struct Run {
    std::size_t track;               ///< index into the tracks given to Writer::create
    std::span<const UnitPtr> units;  ///< not empty
    Nanoseconds end;                 ///< dts of the unit that follows; gives the last unit its duration
};

/// One presentation: a fixed list of tracks, each with a fixed format; track_ID is the index plus one. A new
/// format needs a new Writer.
///
/// Decode times are the units' running time minus `epoch`, the same for all tracks, so that sound and picture
/// keep their offset (tfdt version 1, 64 bit). Time scales: 90000 for video, the sample rate for audio.
/// Rounding never accumulates: each duration is the difference of two rounded times. Times before the epoch
/// become 0, or the tick after the unit before: decode times always grow within a run. A pts before its dts
/// is written as it is (trun version 1); ffmpeg and GStreamer then show the whole track later by as much, so
/// sources had better not have one.
///
/// Threading: none of its own; one thread at a time.
class Writer {
  public:
    /// Error: not_acceptable when there is no track, can_write refuses a codec, or a config record is broken.
    static Result<Writer> create(std::vector<std::shared_ptr<const Format>> tracks, Nanoseconds epoch);

    /// ftyp, moov with mvex (ISO/IEC 14496-12 §8.8). H.264 as avc1, H.265 as hvc1: parameter sets only here.
    /// Motion JPEG as mp4v with an esds (ISO/IEC 14496-14 §5.6), G.711 as ulaw or alaw (QuickTime File
    /// Format, "Sound Sample Descriptions").
    Ref<GBytes> init_segment() const;

    /// One moof and one mdat with a trun per run; a unit is one sample, a packet of G.711 too. In-band
    /// parameter sets and access unit delimiters are left out of video samples, because avc1/hvc1 forbid
    /// them; so is whatever follows a broken NAL unit length. A unit with nothing left has no sample, and the
    /// one before it lasts longer. Empty when no sample is left, or when the samples pass 2 GiB (trun's data
    /// offset has 32 bits).
    Chunks fragment(std::span<const Run> runs);

    std::span<const std::shared_ptr<const Format>> tracks() const { return tracks_; }

  private:
    Writer(std::vector<std::shared_ptr<const Format>> tracks, Nanoseconds epoch);
    std::vector<std::shared_ptr<const Format>> tracks_;
    Nanoseconds epoch_;
    std::uint32_t sequence_ = 0;
};

/// Whether Writer can put this codec into a file that ffmpeg, VLC and GStreamer play.
bool can_write(Codec codec);

/// Whether what Writer makes of this codec is CMAF, which is what HLS promises and browsers play. Not so for
/// Motion JPEG, which no browser plays, and G.711, whose sample entries are QuickTime's: a file with one of
/// them is ISO BMFF and no more.
bool is_cmaf(Codec codec);

}  // namespace rill::cmaf
