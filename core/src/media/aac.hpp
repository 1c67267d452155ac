// AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1).
#pragma once

#include "bits.hpp"

#include <optional>
#include <string>

namespace rill::aac {

struct AudioParameters {
    int sample_rate = 0;  ///< of the decoded sound: with SBR the extension's
    int channels = 0;     ///< of the decoded sound: 2 with parametric stereo; 0 when a program config says it
    std::string profile;  ///< "LC", "HE-AAC", "HE-AACv2" …; empty for other object types
    std::string codec_string;
};
/// Empty when the record is broken.
std::optional<AudioParameters> parse_config(Bytes config);

}  // namespace rill::aac
