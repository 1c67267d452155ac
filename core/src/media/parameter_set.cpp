#include "parameter_set.hpp"

#include <array>
#include <tuple>
#include <utility>

namespace rill {

std::vector<std::uint8_t> without_emulation_prevention(Bytes payload) {
    std::vector<std::uint8_t> clean;
    clean.reserve(payload.size());
    unsigned zeros = 0;
    for (const std::uint8_t byte : payload) {
        if (zeros >= 2 && byte == 3) {
            zeros = 0;
            continue;
        }
        zeros = byte == 0 ? zeros + 1 : 0;
        clean.push_back(byte);
    }
    return clean;
}

CropWindow read_crop_window(BitReader& sps) {
    CropWindow crop;
    crop.left = sps.ue();
    crop.right = sps.ue();
    crop.top = sps.ue();
    crop.bottom = sps.ue();
    return crop;
}

bool set_size(VideoParameters& video, std::uint64_t coded_width, std::uint64_t coded_height,
              const CropWindow& crop, unsigned horizontal_unit, unsigned vertical_unit) {
    const std::uint64_t cropped_width = (crop.left + crop.right) * horizontal_unit;
    const std::uint64_t cropped_height = (crop.top + crop.bottom) * vertical_unit;
    if (coded_width > max_picture_side || coded_height > max_picture_side) return false;
    if (cropped_width >= coded_width || cropped_height >= coded_height) return false;
    video.width = static_cast<int>(coded_width - cropped_width);
    video.height = static_cast<int>(coded_height - cropped_height);
    return true;
}

namespace {

void read_aspect_ratio(BitReader& sps, VideoParameters& video) {
    constexpr unsigned extended = 255;
    // Table E-1 of both standards, from aspect_ratio_idc 1.
    constexpr std::array<std::pair<int, int>, 16> table{{{1, 1},
                                                         {12, 11},
                                                         {10, 11},
                                                         {16, 11},
                                                         {40, 33},
                                                         {24, 11},
                                                         {20, 11},
                                                         {32, 11},
                                                         {80, 33},
                                                         {18, 11},
                                                         {15, 11},
                                                         {64, 33},
                                                         {160, 99},
                                                         {4, 3},
                                                         {3, 2},
                                                         {2, 1}}};
    const unsigned index = sps.bits(8);
    std::pair<int, int> ratio{1, 1};
    if (index == extended) {
        ratio.first = static_cast<int>(sps.bits(16));
        ratio.second = static_cast<int>(sps.bits(16));
    } else if (index >= 1 && index <= table.size()) {
        ratio = table[index - 1];
    }
    if (ratio.first > 0 && ratio.second > 0) std::tie(video.aspect_width, video.aspect_height) = ratio;
}

}  // namespace

void read_vui_start(BitReader& sps, VideoParameters& video) {
    if (sps.flag()) read_aspect_ratio(sps, video);
    const bool overscan_info = sps.flag();
    if (overscan_info) sps.skip(1);
    const bool video_signal_type = sps.flag();
    if (video_signal_type) {
        sps.skip(3 + 1);
        const bool colour_description = sps.flag();
        if (colour_description) sps.skip(24);
    }
    const bool chroma_location = sps.flag();
    if (chroma_location) {
        sps.ue();
        sps.ue();
    }
}

double believable_frame_rate(double time_scale, double ticks_per_frame) {
    constexpr double fastest = 1000;
    if (ticks_per_frame <= 0) return 0;
    const double rate = time_scale / ticks_per_frame;
    return rate <= fastest ? rate : 0;
}

}  // namespace rill
