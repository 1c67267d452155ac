// What the parameter sets of H.264 and H.265 have in common.
#pragma once

#include "bits.hpp"

#include <rill/media/formats.hpp>

#include <cstdint>
#include <vector>

namespace rill {

/// The larger side that any level of H.265 allows is 16888; encoders and browsers stop at 16384.
constexpr std::uint32_t max_picture_side = 16384;

/// The payload of a NAL unit without its emulation prevention bytes (H.264 and H.265 §7.4.1).
std::vector<std::uint8_t> without_emulation_prevention(Bytes payload);

/// The cropping or conformance window of an SPS, in its own units.
struct CropWindow {
    std::uint64_t left = 0, right = 0, top = 0, bottom = 0;
};
CropWindow read_crop_window(BitReader& sps);

/// Sets the displayed size; false when nothing is left of the picture or it is too large.
bool set_size(VideoParameters& video, std::uint64_t coded_width, std::uint64_t coded_height,
              const CropWindow& crop, unsigned horizontal_unit, unsigned vertical_unit);

/// Reads the start of the VUI, up to the chroma sample location, which is the same in both standards (§E.1.1
/// and §E.2.1), and sets the aspect ratio.
void read_vui_start(BitReader& sps, VideoParameters& video);

/// 0 for a rate that no camera has: cameras put clock rates and zeros here.
double believable_frame_rate(double time_scale, double ticks_per_frame);

}  // namespace rill
