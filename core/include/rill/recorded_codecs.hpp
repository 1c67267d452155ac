// How recordings name what they were made in: RecordedSpan::codecs (rill/archive.hpp).
#pragma once

#include <rill/media/access_unit.hpp>

#include <string>
#include <string_view>

namespace rill {

/// RFC 6381; "ulaw" or "alaw" of G.711, "g722" and "lpcm", which have no name there.
std::string recorded_codec(const Format& format);
/// Behind those that are in the list; an empty one is left out.
void append_codec(std::string& codecs, std::string_view codec);
bool has_codec(std::string_view codecs, Codec codec);
/// Those of the list that CMAF, and so HLS, can carry (cmaf::is_cmaf).
std::string cmaf_codecs(std::string_view codecs);

}  // namespace rill
