#include "tracks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace rill::rtsp {

namespace {

struct Row {
    std::string_view media;
    std::string_view encoding;  ///< encoding-name of RFC 4855, in GStreamer's upper case
    const char* depayloader;
    const char* required;  ///< a field without which nothing can be decoded, or null
};
constexpr std::array rows{
    Row{"video", "H264", "rtph264depay", nullptr},
    Row{"video", "H265", "rtph265depay", nullptr},
    Row{"video", "JPEG", "rtpjpegdepay", nullptr},
    Row{"audio", "MPEG4-GENERIC", "rtpmp4gdepay", "config"},
    Row{"audio", "MP4A-LATM", "rtpmp4adepay", "config"},
    Row{"audio", "PCMU", "rtppcmudepay", nullptr},
    Row{"audio", "PCMA", "rtppcmadepay", nullptr},
    Row{"audio", "OPUS", "rtpopusdepay", nullptr},
    Row{"audio", "G722", "rtpg722depay", nullptr},
    Row{"audio", "L8", "rtpL8depay", nullptr},
    Row{"audio", "L16", "rtpL16depay", nullptr},
    Row{"audio", "L24", "rtpL24depay", nullptr},
};

std::string_view field(const GstStructure* structure, const char* name) {
    const char* value = gst_structure_get_string(structure, name);
    return value != nullptr ? value : "";
}

/// The encoding, also of the static payload types (RFC 3551 §6), which need no rtpmap in the SDP.
std::string_view encoding(const GstStructure* structure) {
    if (const std::string_view name = field(structure, "encoding-name"); !name.empty()) return name;
    int payload = -1;
    gst_structure_get_int(structure, "payload", &payload);
    switch (payload) {
        case 0:
            return "PCMU";
        case 8:
            return "PCMA";
        case 9:
            return "G722";
        case 10:
        case 11:
            return "L16";
        case 14:
            return "MPA";
        case 26:
            return "JPEG";
        default:
            return "";
    }
}

/// A track that the client is meant to send: the direction is the server's (RFC 4566 §6, ONVIF streaming
/// §5.3).
bool is_back_channel(const GstStructure* structure) {
    return gst_structure_has_field(structure, "a-sendonly") != FALSE;
}

}  // namespace

std::optional<std::string> depayloader(const GstCaps* caps) {
    if (caps == nullptr || gst_caps_get_size(caps) == 0) return {};
    const GstStructure* structure = gst_caps_get_structure(caps, 0);
    if (is_back_channel(structure)) return {};
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& r) {
        return r.media == field(structure, "media") && r.encoding == encoding(structure);
    });
    if (row == rows.end()) return {};
    if (row->required != nullptr && field(structure, row->required).empty()) return {};
    return row->depayloader;
}

std::string describe(const GstCaps* caps) {
    if (caps == nullptr || gst_caps_get_size(caps) == 0) return "nothing";
    const GstStructure* structure = gst_caps_get_structure(caps, 0);
    const auto or_unknown = [](std::string_view text) { return text.empty() ? "unknown" : text; };
    const std::string_view media = or_unknown(field(structure, "media"));
    if (is_back_channel(structure)) return fmt::format("{} back channel", media);
    return fmt::format("{} {}", media, or_unknown(encoding(structure)));
}

}  // namespace rill::rtsp
