// From GStreamer caps and codec configuration records to a Format.
#pragma once

#include <rill/media/access_unit.hpp>
#include <rill/result.hpp>

#include <functional>
#include <optional>
#include <span>
#include <string>

namespace rill {

/// The format of fixed caps as the hub's parsers emit them: video/x-h264,stream-format=avc,alignment=au;
/// video/x-h265,stream-format=hvc1,alignment=au; audio/mpeg,mpegversion=4,stream-format=raw; audio/x-opus;
/// audio/x-mulaw; audio/x-alaw; audio/G722; audio/x-raw,format=S16BE,layout=interleaved; image/jpeg;
/// video/x-vp8; video/x-vp9. Size, profile, level and codec_string come from the parameter sets, not from the
/// caps; the frame rate comes from the caps only where the parameter sets are silent. VP8, VP9 and Motion
/// JPEG have no parameter sets. Motion JPEG's size is the caps', 0 where they have none; the hub puts in that
/// of the unit. Error: not_acceptable, naming the caps, for anything else or for a broken record.
Result<Format> format_from_caps(const GstCaps* caps);

/// Fixed caps for a format: the inverse of format_from_caps.
Ref<GstCaps> caps_from_format(const Format& format);

/// What a sequence parameter set says (H.264 §7.3.2.1.1, H.265 §7.3.2.2), bounded against hostile values.
struct VideoParameters {
    int width = 0;  ///< after cropping, 1 to 16384
    int height = 0;
    int aspect_width = 1;  ///< sample aspect ratio
    int aspect_height = 1;
    double frame_rate = 0;  ///< nominal, from the VUI timing; 0 when absent or not believable
    std::string profile, level, codec_string;
    /// How many frames at most come before one that is shown earlier: above 0 there are B-frames. H.264: VUI
    /// max_num_reorder_frames, or 0 by profile and pic_order_cnt_type. H.265: sps_max_num_reorder_pics. Empty
    /// when the stream does not say.
    std::optional<unsigned> reorder_frames;
};
/// Of the first sequence parameter set of an avcC record (ISO/IEC 14496-15 §5.3.3.1). Empty when the record
/// is broken, has no SPS or PPS, or its NAL unit lengths are not of 4 bytes.
std::optional<VideoParameters> parse_h264_config(std::span<const std::uint8_t> avcc);
/// The same of an hvcC record (ISO/IEC 14496-15 §8.3.3.1), which needs a VPS too.
std::optional<VideoParameters> parse_h265_config(std::span<const std::uint8_t> hvcc);

/// VideoParameters::reorder_frames by the parameter sets of a format; empty for sound, 0 for the codecs that
/// have no B-frames.
std::optional<unsigned> reorder_frames(const Format& format);

/// Width to height of a pixel of the format, by its parameter sets; 1 where they do not say.
double pixel_aspect(const Format& format);

/// The parameter set NAL units of an avcC or hvcC record, in order (VPS, SPS, PPS), without start codes or
/// lengths. They point into format.config. None for a broken record or for audio.
std::vector<std::span<const std::uint8_t>> parameter_sets(const Format& format);

/// Calls `each` for every NAL unit of a length-prefixed access unit, without its length; empty ones are
/// passed over. Stops at a length that runs over the end and returns false.
bool for_each_nal(std::span<const std::uint8_t> access_unit,
                  const std::function<void(std::span<const std::uint8_t>)>& each);

/// Whether a length-prefixed access unit is one that no other refers to. H.264: all its slices have
/// nal_ref_idc 0. H.265: all are of a sub-layer non-reference type in the highest temporal sub-layer; below
/// it, units of higher sub-layers may refer to them. Always false for audio and for broken units.
bool is_disposable(const Format& format, std::span<const std::uint8_t> access_unit);

}  // namespace rill
