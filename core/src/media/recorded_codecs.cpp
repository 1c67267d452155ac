#include <rill/media/cmaf.hpp>
#include <rill/recorded_codecs.hpp>

#include <algorithm>
#include <vector>

namespace rill {

namespace {

/// What the name begins with.
std::string_view prefix_of(Codec codec) {
    switch (codec) {
        case Codec::h264:
            return "avc1";
        case Codec::h265:
            return "hvc1";
        case Codec::vp8:
            return "vp8";
        case Codec::vp9:
            return "vp9";
        case Codec::mjpeg:
            return "mp4v";
        case Codec::aac:
            return "mp4a";
        case Codec::opus:
            return "opus";
        case Codec::pcmu:
            return "ulaw";
        case Codec::pcma:
            return "alaw";
        case Codec::g722:
            return "g722";
        case Codec::lpcm:
            return "lpcm";
    }
    return "";
}

/// Names that are none of ours are carried.
bool is_left_out(std::string_view name) {
    return std::ranges::any_of(all_codecs, [name](Codec codec) {
        return !cmaf::is_cmaf(codec) && name.starts_with(prefix_of(codec));
    });
}

std::vector<std::string_view> split(std::string_view codecs) {
    std::vector<std::string_view> names;
    while (!codecs.empty()) {
        const auto comma = std::min(codecs.find(','), codecs.size());
        names.push_back(codecs.substr(0, comma));
        codecs.remove_prefix(std::min(comma + 1, codecs.size()));
    }
    return names;
}

}  // namespace

std::string recorded_codec(const Format& format) {
    return format.codec_string.empty() ? std::string(prefix_of(format.codec)) : format.codec_string;
}

void append_codec(std::string& codecs, std::string_view codec) {
    if (!codecs.empty() && !codec.empty()) codecs += ',';
    codecs += codec;
}

bool has_codec(std::string_view codecs, Codec codec) {
    return std::ranges::any_of(split(codecs),
                               [codec](std::string_view name) { return name.starts_with(prefix_of(codec)); });
}

std::string cmaf_codecs(std::string_view codecs) {
    std::string carried;
    for (const std::string_view name : split(codecs)) {
        if (!is_left_out(name)) append_codec(carried, name);
    }
    return carried;
}

}  // namespace rill
