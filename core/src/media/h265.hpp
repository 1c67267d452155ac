// H.265 (ITU-T H.265): NAL unit headers and the hvcC record.
#pragma once

#include "bits.hpp"

#include <optional>
#include <vector>

namespace rill::h265 {

enum class NalType : unsigned {
    last_non_reference = 14,  ///< up to here even types are sub-layer non-reference slices (Table 7-1)
    last_slice = 31,
    vps = 32,
    sps = 33,
    pps = 34,
    access_unit_delimiter = 35,
};

/// Of a NAL unit that is not empty (§7.3.1.2).
inline NalType nal_type(Bytes nal) {
    return NalType{static_cast<unsigned>(nal[0]) >> 1 & 0x3FU};
}
inline bool is_slice(Bytes nal) {
    return nal_type(nal) <= NalType::last_slice;
}
inline bool is_sub_layer_reference(Bytes nal) {
    const NalType type = nal_type(nal);
    return type > NalType::last_non_reference || static_cast<unsigned>(type) % 2 != 0;
}
/// TemporalId; 0 when the header is cut short.
inline unsigned temporal_id(Bytes nal) {
    const unsigned plus1 = nal.size() < 2 ? 1 : nal[1] & 0x07U;
    return plus1 > 0 ? plus1 - 1 : 0;
}

/// The parameter sets of an hvcC record; they point into it.
struct ConfigRecord {
    std::vector<Bytes> vps;
    std::vector<Bytes> sps;
    std::vector<Bytes> pps;
};
/// Empty when the record is broken, has no VPS, SPS or PPS, or its NAL unit lengths are not of 4 bytes.
std::optional<ConfigRecord> parse_record(Bytes hvcc);

/// numTemporalLayers of an hvcC record; 0 when unknown.
unsigned temporal_layers(Bytes hvcc);

/// A valid record with array_completeness set for its parameter sets: hvc1 has them nowhere else (ISO/IEC
/// 14496-15 §8.3.3.1.3), and GStreamer's parser leaves the bit 0.
std::vector<std::uint8_t> with_complete_arrays(Bytes hvcc);
/// The inverse: the record as GStreamer's parser, and so the hub, has it.
std::vector<std::uint8_t> without_complete_arrays(Bytes hvcc);

}  // namespace rill::h265
