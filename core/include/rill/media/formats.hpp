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
/// audio/x-mulaw; audio/x-alaw. Size, profile, level and codec_string come from the parameter sets, not from
/// the caps. Error: not_acceptable, naming the caps, for anything else or for a broken record.
Result<Format> format_from_caps(const GstCaps* caps);

/// Fixed caps for a format: the inverse of format_from_caps.
Ref<GstCaps> caps_from_format(const Format& format);

/// What a sequence parameter set says (H.264 §7.3.2.1, H.265 §7.3.2.2), bounded against hostile values.
struct VideoParameters {
    int width = 0, height = 0;  ///< after cropping
    double frame_rate = 0;
    std::string profile, level, codec_string;
    bool reorders = false;  ///< B-frames are possible (H.264: VUI max_num_reorder_frames, else profile and
                            ///< pic_order_cnt_type)
};
std::optional<VideoParameters> parse_h264_config(std::span<const std::uint8_t> avcc);
std::optional<VideoParameters> parse_h265_config(std::span<const std::uint8_t> hvcc);

/// The parameter set NAL units of an avcC or hvcC record, in order (VPS, SPS, PPS), without start codes or
/// lengths.
std::vector<std::span<const std::uint8_t>> parameter_sets(const Format& format);

/// Calls `each` for every NAL unit of a length-prefixed access unit; stops at a length that runs over the end
/// and returns false.
bool for_each_nal(std::span<const std::uint8_t> access_unit,
                  const std::function<void(std::span<const std::uint8_t>)>& each);

/// Whether a length-prefixed access unit is one no other refers to (all its slices H.264 nal_ref_idc 0; H.265
/// sub-layer non-reference types).
bool is_disposable(Codec codec, std::span<const std::uint8_t> access_unit);

}  // namespace rill
