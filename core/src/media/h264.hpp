// H.264 (ITU-T H.264): NAL unit headers and the avcC record.
#pragma once

#include "bits.hpp"

#include <optional>
#include <vector>

namespace rill::h264 {

enum class NalType : unsigned { slice = 1, idr = 5, sps = 7, pps = 8, access_unit_delimiter = 9 };

/// Of a NAL unit that is not empty (§7.3.1).
inline NalType nal_type(Bytes nal) {
    return NalType{nal[0] & 0x1FU};
}
inline bool is_slice(Bytes nal) {
    return nal_type(nal) >= NalType::slice && nal_type(nal) <= NalType::idr;
}
inline bool is_reference(Bytes nal) {
    return (nal[0] & 0x60U) != 0;
}

/// The parameter sets of an avcC record; they point into it.
struct ConfigRecord {
    std::vector<Bytes> sps;
    std::vector<Bytes> pps;
};
/// Empty when the record is broken, has no SPS or PPS, or its NAL unit lengths are not of 4 bytes.
std::optional<ConfigRecord> parse_record(Bytes avcc);

}  // namespace rill::h264
