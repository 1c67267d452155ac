// What the slate's tests share.
#pragma once

#include "encoding.hpp"

#include <set>

namespace rill::slate::testing {

inline const std::vector<Spec> every_track{
    {Codec::h264},          {Codec::h265},          {Codec::opus, 48000, 2}, {Codec::aac, 44100, 1},
    {Codec::aac, 96000, 2}, {Codec::pcmu, 8000, 1}, {Codec::pcma, 11025, 2}};

inline bool everything(const char*) {
    return true;
}

/// The NAL units' first bytes (ITU-T H.264 Annex B).
inline std::vector<std::uint8_t> nal_heads(GstBuffer* buffer) {
    const MappedBuffer mapped(buffer);
    const auto bytes = mapped.bytes();
    std::vector<std::uint8_t> heads;
    for (std::size_t i = 3; i < bytes.size(); ++i) {
        if (bytes[i - 3] == 0 && bytes[i - 2] == 0 && bytes[i - 1] == 1) heads.push_back(bytes[i]);
    }
    return heads;
}

/// Parameter sets and an IDR picture (ITU-T H.264 table 7-1, H.265 table 7-1).
inline bool is_whole_keyframe(Codec codec, GstBuffer* buffer) {
    std::set<int> types;
    for (const int head : nal_heads(buffer))
        types.insert(codec == Codec::h264 ? head & 0x1f : (head >> 1) & 0x3f);
    if (codec == Codec::h264) return types.contains(7) && types.contains(8) && types.contains(5);
    return types.contains(32) && types.contains(33) && types.contains(34) &&
           (types.contains(19) || types.contains(20));
}

}  // namespace rill::slate::testing
