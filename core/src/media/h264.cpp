#include "h264.hpp"

#include "parameter_set.hpp"

#include <rill/media/formats.hpp>

#include <fmt/format.h>

#include <string>

namespace rill {
namespace h264 {

std::optional<ConfigRecord> parse_record(Bytes avcc) {
    ByteReader reader(avcc);
    const unsigned version = reader.u8();
    reader.take(3);
    const unsigned length_size = (reader.u8() & 0x03U) + 1;
    if (version != 1 || length_size != 4) return std::nullopt;

    ConfigRecord record;
    const auto read_sets = [&reader](unsigned count, NalType type, std::vector<Bytes>& sets) {
        for (; count > 0 && reader.ok(); --count) {
            const Bytes nal = reader.take(reader.u16());
            if (!nal.empty() && nal_type(nal) == type) sets.push_back(nal);
        }
    };
    read_sets(reader.u8() & 0x1FU, NalType::sps, record.sps);
    read_sets(reader.u8(), NalType::pps, record.pps);
    if (!reader.ok() || record.sps.empty() || record.pps.empty()) return std::nullopt;
    return record;
}

namespace {

/// The first three bytes of an SPS.
struct ProfileLevel {
    unsigned profile = 0;
    unsigned constraints = 0;  ///< constraint_set0_flag is the highest bit
    unsigned level = 0;

    bool constraint_set(unsigned index) const { return (constraints & 0x80U >> index) != 0; }
};

/// profile_idc values (§A.2).
enum Profile : unsigned {
    cavlc_444_intra = 44,
    baseline = 66,
    main = 77,
    scalable_baseline = 83,
    scalable_high = 86,
    extended = 88,
    high = 100,
    high_10 = 110,
    multiview_high = 118,
    high_422 = 122,
    stereo_high = 128,
    mfc_high = 134,
    mfc_depth_high = 135,
    multiview_depth_high = 138,
    enhanced_multiview_depth_high = 139,
    high_444_predictive = 244,
};

/// MaxDpbFrames (§A.3.1).
constexpr std::uint32_t max_dpb_frames = 16;

std::string profile_name(unsigned profile) {
    switch (profile) {
        case baseline:
            return "Baseline";
        case main:
            return "Main";
        case extended:
            return "Extended";
        case high:
            return "High";
        case high_10:
            return "High 10";
        case high_422:
            return "High 4:2:2";
        case high_444_predictive:
            return "High 4:4:4 Predictive";
        case cavlc_444_intra:
            return "CAVLC 4:4:4 Intra";
        default:
            return {};
    }
}

std::string level_name(const ProfileLevel& of) {
    const bool marks_1b = of.profile == baseline || of.profile == main || of.profile == extended;
    if (of.level == 9 || (of.level == 11 && marks_1b && of.constraint_set(3))) return "1b";
    if (of.level % 10 == 0) return fmt::format("{}", of.level / 10);
    return fmt::format("{}.{}", of.level / 10, of.level % 10);
}

bool has_chroma_format(unsigned profile) {
    switch (profile) {
        case high:
        case high_10:
        case high_422:
        case high_444_predictive:
        case cavlc_444_intra:
        case scalable_baseline:
        case scalable_high:
        case multiview_high:
        case stereo_high:
        case mfc_high:
        case mfc_depth_high:
        case multiview_depth_high:
        case enhanced_multiview_depth_high:
            return true;
        default:
            return false;
    }
}

/// Whether pictures can be shown in another order than they are decoded in, where the VUI does not say.
bool may_reorder(const ProfileLevel& of, std::uint32_t pic_order_cnt_type) {
    const bool intra_only = of.profile == cavlc_444_intra ||
                            (of.constraint_set(3) &&
                             (of.profile == scalable_high || of.profile == high || of.profile == high_10 ||
                              of.profile == high_422 || of.profile == high_444_predictive));
    return of.profile != baseline && !intra_only && pic_order_cnt_type != 2;
}

void skip_scaling_list(BitReader& sps, unsigned size) {
    std::int64_t last = 8;
    for (unsigned i = 0; i < size && sps.ok(); ++i) {
        const std::int64_t next = (last + sps.se()) & 0xFF;
        if (next == 0) return;  // the rest repeats the last value
        last = next;
    }
}

/// Returns ChromaArrayType.
std::uint32_t read_chroma_format(BitReader& sps) {
    const std::uint32_t chroma_format = sps.ue(3);
    const bool separate_planes = chroma_format == 3 && sps.flag();
    sps.ue();     // bit_depth_luma_minus8
    sps.ue();     // bit_depth_chroma_minus8
    sps.skip(1);  // qpprime_y_zero_transform_bypass_flag
    const bool scaling_matrix = sps.flag();
    const unsigned lists = chroma_format == 3 ? 12 : 8;
    for (unsigned i = 0; scaling_matrix && i < lists; ++i) {
        if (sps.flag()) skip_scaling_list(sps, i < 6 ? 16 : 64);
    }
    return separate_planes ? 0 : chroma_format;
}

/// Returns pic_order_cnt_type.
std::uint32_t read_picture_order(BitReader& sps) {
    const std::uint32_t type = sps.ue(2);
    if (type == 0) sps.ue();  // log2_max_pic_order_cnt_lsb_minus4
    if (type == 1) {
        sps.skip(1);  // delta_pic_order_always_zero_flag
        sps.se();     // offset_for_non_ref_pic
        sps.se();     // offset_for_top_to_bottom_field
        for (std::uint32_t cycle = sps.ue(255); cycle > 0 && sps.ok(); --cycle)
            sps.se();
    }
    return type;
}

void skip_hrd(BitReader& sps) {
    const std::uint32_t schedules = sps.ue(31) + 1;
    sps.skip(4 + 4);
    for (std::uint32_t i = 0; i < schedules && sps.ok(); ++i) {
        sps.ue();
        sps.ue();
        sps.skip(1);
    }
    sps.skip(5 + 5 + 5 + 5);
}

/// §E.1.1. What a broken VUI would have said stays as it is: the picture does not depend on it.
void read_vui(BitReader& sps, VideoParameters& video) {
    read_vui_start(sps, video);
    const bool timing = sps.flag();
    if (timing) {
        const double units_in_tick = sps.bits(32);
        const double time_scale = sps.bits(32);
        sps.skip(1);  // fixed_frame_rate_flag: cameras set it either way
        // A tick is a field (§E.2.1).
        if (sps.ok()) video.frame_rate = believable_frame_rate(time_scale, 2 * units_in_tick);
    }
    const bool nal_hrd = sps.flag();
    if (nal_hrd) skip_hrd(sps);
    const bool vcl_hrd = sps.flag();
    if (vcl_hrd) skip_hrd(sps);
    if (nal_hrd || vcl_hrd) sps.skip(1);  // low_delay_hrd_flag
    sps.skip(1);                          // pic_struct_present_flag
    const bool bitstream_restriction = sps.flag();
    if (!bitstream_restriction) return;
    sps.skip(1);  // motion_vectors_over_pic_boundaries_flag
    for (int i = 0; i < 4; ++i)
        sps.ue();
    const std::uint32_t max_num_reorder_frames = sps.ue();
    if (sps.ok() && max_num_reorder_frames <= max_dpb_frames) video.reorder_frames = max_num_reorder_frames;
}

std::optional<VideoParameters> parse_sps(Bytes nal) {
    const std::vector<std::uint8_t> payload = without_emulation_prevention(nal.subspan(1));
    BitReader sps(payload);
    VideoParameters video;
    const ProfileLevel of{sps.bits(8), sps.bits(8), sps.bits(8)};
    video.profile = profile_name(of.profile);
    video.level = level_name(of);
    video.codec_string = fmt::format("avc1.{:02x}{:02x}{:02x}", of.profile, of.constraints, of.level);

    sps.ue();  // seq_parameter_set_id
    const std::uint32_t chroma_array_type = has_chroma_format(of.profile) ? read_chroma_format(sps) : 1;
    sps.ue();  // log2_max_frame_num_minus4
    if (!may_reorder(of, read_picture_order(sps))) video.reorder_frames = 0;
    sps.ue();     // max_num_ref_frames
    sps.skip(1);  // gaps_in_frame_num_value_allowed_flag

    constexpr unsigned macroblock = 16;
    const std::uint64_t width = (std::uint64_t{sps.ue()} + 1) * macroblock;
    const std::uint64_t map_height = (std::uint64_t{sps.ue()} + 1) * macroblock;
    const bool frames_only = sps.flag();
    const unsigned fields = frames_only ? 1 : 2;
    if (!frames_only) sps.skip(1);  // mb_adaptive_frame_field_flag
    sps.skip(1);                    // direct_8x8_inference_flag
    const CropWindow crop = sps.flag() ? read_crop_window(sps) : CropWindow{};
    const unsigned chroma_width = chroma_array_type == 1 || chroma_array_type == 2 ? 2 : 1;
    const unsigned chroma_height = chroma_array_type == 1 ? 2 : 1;
    const bool vui = sps.flag();
    if (!sps.ok()) return std::nullopt;
    if (!set_size(video, width, map_height * fields, crop, chroma_width, chroma_height * fields)) {
        return std::nullopt;
    }
    if (vui) read_vui(sps, video);
    return video;
}

}  // namespace
}  // namespace h264

std::optional<VideoParameters> parse_h264_config(Bytes avcc) {
    const auto record = h264::parse_record(avcc);
    return record ? h264::parse_sps(record->sps.front()) : std::nullopt;
}

}  // namespace rill
