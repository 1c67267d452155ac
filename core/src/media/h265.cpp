#include "h265.hpp"

#include "parameter_set.hpp"

#include <rill/media/formats.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string>

namespace rill {
namespace h265 {
namespace {

/// MaxDpbSize (§A.4.2).
constexpr std::uint32_t max_dpb_size = 16;

constexpr std::size_t record_header_size = 21;  // up to the byte with the temporal layers and the length size

template <class Each>
bool for_each_set(Bytes hvcc, const Each& each) {
    ByteReader reader(hvcc);
    reader.take(record_header_size + 1);
    for (unsigned arrays = reader.u8(); arrays > 0 && reader.ok(); --arrays) {
        const Bytes header = reader.take(1);
        for (unsigned count = reader.u16(); count > 0 && reader.ok(); --count) {
            each(header, reader.take(reader.u16()));
        }
    }
    return reader.ok();
}

bool is_parameter_set(NalType type) {
    return type >= NalType::vps && type <= NalType::pps;
}

}  // namespace

std::optional<ConfigRecord> parse_record(Bytes hvcc) {
    if (hvcc.size() <= record_header_size || hvcc[0] != 1) return std::nullopt;
    const unsigned length_size = (hvcc[record_header_size] & 0x03U) + 1;
    if (length_size != 4) return std::nullopt;

    ConfigRecord record;
    const bool whole = for_each_set(hvcc, [&record](Bytes, Bytes nal) {
        if (nal.size() < 2) return;
        if (nal_type(nal) == NalType::vps) record.vps.push_back(nal);
        if (nal_type(nal) == NalType::sps) record.sps.push_back(nal);
        if (nal_type(nal) == NalType::pps) record.pps.push_back(nal);
    });
    if (!whole || record.vps.empty() || record.sps.empty() || record.pps.empty()) return std::nullopt;
    return record;
}

unsigned temporal_layers(Bytes hvcc) {
    return hvcc.size() > record_header_size ? hvcc[record_header_size] >> 3 & 0x07U : 0;
}

namespace {

std::vector<std::uint8_t> with_completeness(Bytes hvcc, std::uint8_t array_completeness) {
    std::vector<std::uint8_t> record(hvcc.begin(), hvcc.end());
    for_each_set(hvcc, [&](Bytes header, Bytes) {
        if (!is_parameter_set(NalType{header[0] & 0x3FU})) return;
        std::uint8_t& byte = record[static_cast<std::size_t>(header.data() - hvcc.data())];
        byte = static_cast<std::uint8_t>((byte & 0x7FU) | array_completeness);
    });
    return record;
}

}  // namespace

std::vector<std::uint8_t> with_complete_arrays(Bytes hvcc) {
    return with_completeness(hvcc, 0x80);
}

std::vector<std::uint8_t> without_complete_arrays(Bytes hvcc) {
    return with_completeness(hvcc, 0);
}

namespace {

/// The general part of profile_tier_level (§7.3.3).
struct ProfileTierLevel {
    unsigned space = 0;
    bool high_tier = false;
    unsigned profile = 0;
    std::uint32_t compatibility = 0;            ///< flag 0 is the highest bit
    std::array<std::uint8_t, 6> constraints{};  ///< from general_progressive_source_flag
    unsigned level = 0;                         ///< 30 times the level
};

ProfileTierLevel read_profile_tier_level(BitReader& sps, unsigned sub_layers_minus1) {
    ProfileTierLevel of;
    of.space = sps.bits(2);
    of.high_tier = sps.flag();
    of.profile = sps.bits(5);
    of.compatibility = sps.bits(32);
    for (std::uint8_t& byte : of.constraints)
        byte = static_cast<std::uint8_t>(sps.bits(8));
    of.level = sps.bits(8);

    std::array<bool, 8> profile_present{};
    std::array<bool, 8> level_present{};
    for (unsigned i = 0; i < sub_layers_minus1; ++i) {
        profile_present[i] = sps.flag();
        level_present[i] = sps.flag();
    }
    if (sub_layers_minus1 > 0) sps.skip(std::size_t{2} * (8 - sub_layers_minus1));
    for (unsigned i = 0; i < sub_layers_minus1; ++i) {
        if (profile_present[i]) sps.skip(88);
        if (level_present[i]) sps.skip(8);
    }
    return of;
}

std::string profile_name(const ProfileTierLevel& of) {
    constexpr std::array names{
        "", "Main", "Main 10", "Main Still Picture", "Range Extensions", "High Throughput"};
    return of.profile < names.size() ? names[of.profile] : "";
}

std::string level_name(unsigned level) {
    if (level % 30 == 0) return fmt::format("{}", level / 30);
    return fmt::format("{}.{}", level / 30, level % 30 / 3);
}

std::uint32_t reversed(std::uint32_t bits) {
    std::uint32_t result = 0;
    for (int i = 0; i < 32; ++i, bits >>= 1)
        result = result << 1 | (bits & 1U);
    return result;
}

/// ISO/IEC 14496-15 §E.3.
std::string codec_string(const ProfileTierLevel& of) {
    constexpr std::array spaces{"", "A", "B", "C"};
    std::string text = fmt::format("hvc1.{}{}.{:X}.{}{}", spaces[of.space], of.profile,
                                   reversed(of.compatibility), of.high_tier ? 'H' : 'L', of.level);
    const auto last_set =
        std::find_if(of.constraints.rbegin(), of.constraints.rend(), [](auto byte) { return byte != 0; });
    for (auto byte = of.constraints.begin(); byte != last_set.base(); ++byte) {
        fmt::format_to(std::back_inserter(text), ".{:X}", *byte);
    }
    return text;
}

/// Returns sps_max_num_reorder_pics of the highest sub-layer.
std::uint32_t read_sub_layer_ordering(BitReader& sps, unsigned sub_layers_minus1) {
    const bool for_each_sub_layer = sps.flag();
    std::uint32_t reorder_pics = 0;
    for (unsigned i = for_each_sub_layer ? 0 : sub_layers_minus1; i <= sub_layers_minus1; ++i) {
        sps.ue();  // sps_max_dec_pic_buffering_minus1
        reorder_pics = sps.ue();
        sps.ue();  // sps_max_latency_increase_plus1
    }
    return reorder_pics;
}

/// §7.3.4.
void skip_scaling_lists(BitReader& sps) {
    for (unsigned size = 0; size < 4; ++size) {
        for (unsigned matrix = 0; matrix < 6; matrix += size == 3 ? 3 : 1) {
            const bool coded = sps.flag();
            if (!coded) {
                sps.ue();  // scaling_list_pred_matrix_id_delta
                continue;
            }
            if (size > 1) sps.se();  // scaling_list_dc_coef_minus8
            const unsigned coefficients = std::min(64U, 1U << (4 + (size << 1)));
            for (unsigned i = 0; i < coefficients && sps.ok(); ++i)
                sps.se();
        }
    }
}

/// One st_ref_pic_set of an SPS (§7.3.7). Returns its NumDeltaPocs.
std::uint32_t skip_reference_set(BitReader& sps, bool first, std::uint32_t previous_count) {
    constexpr std::uint32_t max_pictures = 16;
    const bool from_previous = !first && sps.flag();
    std::uint32_t count = 0;
    if (from_previous) {
        sps.skip(1);  // delta_rps_sign
        sps.ue();     // abs_delta_rps_minus1
        for (std::uint32_t i = 0; i <= previous_count; ++i) {
            const bool used_by_current = sps.flag();
            if (used_by_current || sps.flag()) ++count;
        }
        return count;
    }
    count = sps.ue(max_pictures);
    count += sps.ue(max_pictures);
    for (std::uint32_t i = 0; i < count && sps.ok(); ++i) {
        sps.ue();
        sps.skip(1);
    }
    return count;
}

void skip_reference_sets(BitReader& sps, std::uint32_t poc_lsb_bits) {
    std::uint32_t pictures = 0;
    const std::uint32_t sets = sps.ue(64);
    for (std::uint32_t i = 0; i < sets && sps.ok(); ++i)
        pictures = skip_reference_set(sps, i == 0, pictures);
    const bool long_term = sps.flag();
    if (!long_term) return;
    const std::uint32_t long_term_pictures = sps.ue(32);
    sps.skip(std::size_t{long_term_pictures} * (poc_lsb_bits + 1));
}

/// §E.2.1, as far as the timing.
void read_vui(BitReader& sps, VideoParameters& video) {
    read_vui_start(sps, video);
    sps.skip(3);  // neutral_chroma_indication_flag, field_seq_flag, frame_field_info_present_flag
    const bool default_display_window = sps.flag();
    if (default_display_window) read_crop_window(sps);
    const bool timing = sps.flag();
    if (!timing) return;
    const double units_in_tick = sps.bits(32);
    const double time_scale = sps.bits(32);
    if (sps.ok()) video.frame_rate = believable_frame_rate(time_scale, units_in_tick);
}

/// From log2_min_luma_coding_block_size_minus3 to the VUI. What breaks here leaves the rate and aspect
/// unknown.
void read_coding_tools_and_vui(BitReader& sps, VideoParameters& video, std::uint32_t poc_lsb_bits) {
    for (int i = 0; i < 6; ++i)
        sps.ue();  // block sizes and transform depths
    const bool scaling_lists = sps.flag();
    if (scaling_lists && sps.flag()) skip_scaling_lists(sps);
    sps.skip(2);  // amp_enabled_flag, sample_adaptive_offset_enabled_flag
    const bool pcm = sps.flag();
    if (pcm) {
        sps.skip(4 + 4);
        sps.ue();
        sps.ue();
        sps.skip(1);
    }
    skip_reference_sets(sps, poc_lsb_bits);
    sps.skip(2);  // sps_temporal_mvp_enabled_flag, strong_intra_smoothing_enabled_flag
    const bool vui = sps.flag();
    if (vui) read_vui(sps, video);
}

std::optional<VideoParameters> parse_sps(Bytes nal) {
    const std::vector<std::uint8_t> payload = without_emulation_prevention(nal.subspan(2));
    BitReader sps(payload);
    VideoParameters video;
    sps.skip(4);  // sps_video_parameter_set_id
    const unsigned sub_layers_minus1 = sps.bits(3);
    sps.skip(1);  // sps_temporal_id_nesting_flag
    if (sub_layers_minus1 > 6) return std::nullopt;
    const ProfileTierLevel of = read_profile_tier_level(sps, sub_layers_minus1);
    video.profile = profile_name(of);
    video.level = level_name(of.level);
    video.codec_string = codec_string(of);

    sps.ue();  // sps_seq_parameter_set_id
    const std::uint32_t chroma_format = sps.ue(3);
    const bool separate_planes = chroma_format == 3 && sps.flag();
    const std::uint64_t width = sps.ue();
    const std::uint64_t height = sps.ue();
    const CropWindow crop = sps.flag() ? read_crop_window(sps) : CropWindow{};
    const unsigned chroma_width = !separate_planes && (chroma_format == 1 || chroma_format == 2) ? 2 : 1;
    const unsigned chroma_height = chroma_format == 1 ? 2 : 1;
    sps.ue();  // bit_depth_luma_minus8
    sps.ue();  // bit_depth_chroma_minus8
    const std::uint32_t poc_lsb_bits = sps.ue(12) + 4;
    const std::uint32_t reorder_pics = read_sub_layer_ordering(sps, sub_layers_minus1);
    if (reorder_pics < max_dpb_size) video.reorder_frames = reorder_pics;
    if (!sps.ok() || !set_size(video, width, height, crop, chroma_width, chroma_height)) return std::nullopt;
    read_coding_tools_and_vui(sps, video, poc_lsb_bits);
    return video;
}

}  // namespace
}  // namespace h265

std::optional<VideoParameters> parse_h265_config(Bytes hvcc) {
    const auto record = h265::parse_record(hvcc);
    return record ? h265::parse_sps(record->sps.front()) : std::nullopt;
}

}  // namespace rill
