// Formats from what containers and caps say alike: configuration records, rates and channels.
#pragma once

#include <rill/media/access_unit.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace rill {

/// Opus is always decoded at this rate (RFC 7587 §4.1).
constexpr int opus_rate = 48000;

/// Of an avcC or hvcC record. The frame rate is 0 where the parameter sets are silent. Empty when the record
/// is broken.
std::optional<Format> video_format_from_record(Codec codec, std::vector<std::uint8_t> record);

/// Of an AudioSpecificConfig. Channels are 0 when a program config says them. Empty when it is broken.
std::optional<Format> aac_format_from_record(std::vector<std::uint8_t> record);

/// None checks its numbers.
Format mjpeg_format_of(int width, int height);
Format opus_format_of(int channels);
/// Of G.711, G.722 and LPCM, which have no record.
Format pcm_format_of(Codec codec, int sample_rate, int channels);

}  // namespace rill
