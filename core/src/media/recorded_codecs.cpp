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
        case Codec::aac:
            return "mp4a";
        case Codec::opus:
            return "opus";
        case Codec::pcmu:
            return "ulaw";
        case Codec::pcma:
            return "alaw";
    }
    return "";
}

bool is_g711(std::string_view codec) {
    return codec == prefix_of(Codec::pcmu) || codec == prefix_of(Codec::pcma);
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
        if (!is_g711(name)) append_codec(carried, name);
    }
    return carried;
}

}  // namespace rill
