#include "aac.hpp"
#include "format_record.hpp"

#include <rill/media/formats.hpp>

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

namespace rill {

std::string_view to_string(Kind kind) {
    switch (kind) {
        case Kind::video:
            return "video";
        case Kind::audio:
            return "audio";
    }
    return {};
}

std::string_view to_string(Codec codec) {
    switch (codec) {
        case Codec::h264:
            return "H264";
        case Codec::h265:
            return "H265";
        case Codec::vp8:
            return "VP8";
        case Codec::vp9:
            return "VP9";
        case Codec::mjpeg:
            return "M-JPEG";
        case Codec::aac:
            return "MPEG-4 Audio";
        case Codec::opus:
            return "Opus";
        case Codec::pcmu:
        case Codec::pcma:
            return "G711";
        case Codec::g722:
            return "G722";
        case Codec::lpcm:
            return "LPCM";
    }
    return {};
}

Kind kind_of(Codec codec) {
    switch (codec) {
        case Codec::h264:
        case Codec::h265:
        case Codec::vp8:
        case Codec::vp9:
        case Codec::mjpeg:
            return Kind::video;
        case Codec::aac:
        case Codec::opus:
        case Codec::pcmu:
        case Codec::pcma:
        case Codec::g722:
        case Codec::lpcm:
            break;
    }
    return Kind::audio;
}

std::optional<Format> video_format_from_record(Codec codec, std::vector<std::uint8_t> record) {
    const auto parameters = codec == Codec::h264 ? parse_h264_config(record) : parse_h265_config(record);
    if (!parameters) return std::nullopt;
    Format format;
    format.kind = Kind::video;
    format.codec = codec;
    format.config = std::move(record);
    format.width = parameters->width;
    format.height = parameters->height;
    format.frame_rate = parameters->frame_rate;
    format.profile = parameters->profile;
    format.level = parameters->level;
    format.codec_string = parameters->codec_string;
    return format;
}

Format mjpeg_format_of(int width, int height) {
    Format format;
    format.kind = Kind::video;
    format.codec = Codec::mjpeg;
    format.width = width;
    format.height = height;
    format.codec_string = "mp4v.6C";
    return format;
}

namespace {

std::optional<VideoParameters> parameters_of(const Format& format) {
    return format.codec == Codec::h265 ? parse_h265_config(format.config) : parse_h264_config(format.config);
}

}  // namespace

std::optional<unsigned> reorder_frames(const Format& format) {
    if (format.kind != Kind::video) return std::nullopt;
    if (format.codec != Codec::h264 && format.codec != Codec::h265) return 0;
    const auto parameters = parameters_of(format);
    return parameters ? parameters->reorder_frames : std::nullopt;
}

double pixel_aspect(const Format& format) {
    const auto parameters = parameters_of(format);
    if (!parameters) return 1;
    return static_cast<double>(parameters->aspect_width) / parameters->aspect_height;
}

std::optional<Format> aac_format_from_record(std::vector<std::uint8_t> record) {
    const auto parameters = aac::parse_config(record);
    if (!parameters) return std::nullopt;
    Format format;
    format.kind = Kind::audio;
    format.codec = Codec::aac;
    format.config = std::move(record);
    format.sample_rate = parameters->sample_rate;
    format.channels = parameters->channels;
    format.profile = parameters->profile;
    format.codec_string = parameters->codec_string;
    return format;
}

Format opus_format_of(int channels) {
    Format format;
    format.kind = Kind::audio;
    format.codec = Codec::opus;
    format.sample_rate = opus_rate;
    format.channels = channels;
    format.codec_string = "opus";
    return format;
}

Format pcm_format_of(Codec codec, int sample_rate, int channels) {
    Format format;
    format.kind = Kind::audio;
    format.codec = codec;
    format.sample_rate = sample_rate;
    format.channels = channels;
    return format;
}

namespace {

Error not_acceptable(const GstStructure* caps, std::string_view why) {
    const Owned<GstStructure> shown(gst_structure_copy(caps));
    gst_structure_remove_fields(shown.get(), "codec_data", "streamheader", nullptr);
    const Owned<char> text(gst_structure_to_string(shown.get()));
    constexpr std::size_t max_shown = 300;
    return {Code::not_acceptable, fmt::format("{}: {:.{}}", why, text.get(), max_shown)};
}

/// A field of caps that may be absent or of another type.
int int_field(const GstStructure* caps, const char* name) {
    int value = 0;
    gst_structure_get_int(caps, name, &value);
    return value;
}
bool field_is(const GstStructure* caps, const char* name, std::string_view value) {
    const char* text = gst_structure_get_string(caps, name);
    return text != nullptr && text == value;
}
double frame_rate_field(const GstStructure* caps) {
    int numerator = 0;
    int denominator = 0;
    gst_structure_get_fraction(caps, "framerate", &numerator, &denominator);
    return numerator > 0 && denominator > 0 ? static_cast<double>(numerator) / denominator : 0;
}

/// Empty when there is none, or more than any codec puts there.
std::vector<std::uint8_t> codec_data_field(const GstStructure* caps) {
    constexpr std::size_t max_config_size = 1 << 16;
    const GValue* value = gst_structure_get_value(caps, "codec_data");
    if (value == nullptr || !GST_VALUE_HOLDS_BUFFER(value)) return {};
    GstBuffer* buffer = gst_value_get_buffer(value);
    if (buffer == nullptr) return {};
    const MappedBuffer mapped(buffer);
    const Bytes bytes = mapped.bytes();
    if (bytes.size() > max_config_size) return {};
    return {bytes.begin(), bytes.end()};
}

Result<Format> video_format(const GstStructure* caps, Codec codec, std::string_view stream_format) {
    if (!field_is(caps, "stream-format", stream_format) || !field_is(caps, "alignment", "au")) {
        return not_acceptable(caps,
                              fmt::format("caps are not stream-format={}, alignment=au", stream_format));
    }
    auto format = video_format_from_record(codec, codec_data_field(caps));
    if (!format) {
        return not_acceptable(caps, fmt::format("the {} record in codec_data is missing or broken",
                                                codec == Codec::h264 ? "avcC" : "hvcC"));
    }
    if (format->frame_rate == 0) format->frame_rate = frame_rate_field(caps);
    return *std::move(format);
}

Result<Format> aac_format(const GstStructure* caps) {
    if (int_field(caps, "mpegversion") != 4 || !field_is(caps, "stream-format", "raw")) {
        return not_acceptable(caps, "caps are not mpegversion=4, stream-format=raw");
    }
    auto format = aac_format_from_record(codec_data_field(caps));
    if (!format) return not_acceptable(caps, "the AudioSpecificConfig in codec_data is missing or broken");
    if (format->channels < 1) format->channels = int_field(caps, "channels");
    if (format->channels < 1) return not_acceptable(caps, "the number of channels is missing");
    return *std::move(format);
}

Result<Format> opus_format(const GstStructure* caps) {
    // RFC 7587 §7: a description that names no number of channels may be mono or stereo.
    const int channels = gst_structure_has_field(caps, "channels") ? int_field(caps, "channels") : 2;
    if (channels < 1 || channels > 2 || int_field(caps, "channel-mapping-family") != 0) {
        return not_acceptable(caps, "Opus is carried in mono and stereo only (channel mapping family 0)");
    }
    return opus_format_of(channels);
}

/// Of sound that is described by nothing but its rate and channels.
Result<Format> pcm_format(const GstStructure* caps, Codec codec) {
    const Format format = pcm_format_of(codec, int_field(caps, "rate"), int_field(caps, "channels"));
    if (format.sample_rate < 1 || format.channels < 1) {
        return not_acceptable(caps, "rate or channels is missing");
    }
    return format;
}

Result<Format> lpcm_format(const GstStructure* caps) {
    if (!field_is(caps, "format", "S16BE") || !field_is(caps, "layout", "interleaved"))
        return not_acceptable(caps, "caps are not format=S16BE, layout=interleaved");
    if (int_field(caps, "channels") > 2)
        return not_acceptable(caps, "LPCM is carried in mono and stereo only");
    return pcm_format(caps, Codec::lpcm);
}

/// Which have no record: their size is in each keyframe, and in the caps.
Result<Format> vpx_format(const GstStructure* caps, Codec codec) {
    Format format;
    format.codec = codec;
    format.width = int_field(caps, "width");
    format.height = int_field(caps, "height");
    if (format.width < 1 || format.height < 1) return not_acceptable(caps, "width or height is missing");
    format.frame_rate = frame_rate_field(caps);
    if (const char* profile = gst_structure_get_string(caps, "profile")) format.profile = profile;
    format.codec_string = codec == Codec::vp8 ? "vp8" : "vp9";
    return format;
}

Format mjpeg_format(const GstStructure* caps) {
    Format format = mjpeg_format_of(int_field(caps, "width"), int_field(caps, "height"));
    format.frame_rate = frame_rate_field(caps);
    return format;
}

}  // namespace

Result<Format> format_from_caps(const GstCaps* caps) {
    if (caps == nullptr || !gst_caps_is_fixed(caps)) {
        return Error{Code::not_acceptable, "caps are not fixed"};
    }
    const GstStructure* structure = gst_caps_get_structure(caps, 0);
    const std::string_view name = gst_structure_get_name(structure);
    if (name == "video/x-h264") return video_format(structure, Codec::h264, "avc");
    if (name == "video/x-h265") return video_format(structure, Codec::h265, "hvc1");
    if (name == "video/x-vp8") return vpx_format(structure, Codec::vp8);
    if (name == "video/x-vp9") return vpx_format(structure, Codec::vp9);
    if (name == "audio/mpeg") return aac_format(structure);
    if (name == "audio/x-opus") return opus_format(structure);
    if (name == "audio/x-mulaw") return pcm_format(structure, Codec::pcmu);
    if (name == "audio/x-alaw") return pcm_format(structure, Codec::pcma);
    if (name == "audio/G722") return pcm_format(structure, Codec::g722);
    if (name == "audio/x-raw") return lpcm_format(structure);
    if (name == "image/jpeg") return mjpeg_format(structure);
    return not_acceptable(structure, "no supported codec");
}

namespace {

Ref<GstCaps> new_caps(const char* name) {
    return Ref<GstCaps>::adopt(gst_caps_new_empty_simple(name));
}

void set_codec_data(GstCaps* caps, const std::vector<std::uint8_t>& config) {
    if (config.empty()) return;
    const auto buffer = Ref<GstBuffer>::adopt(gst_buffer_new_memdup(config.data(), config.size()));
    gst_caps_set_simple(caps, "codec_data", GST_TYPE_BUFFER, buffer.get(), nullptr);
}

Ref<GstCaps> video_caps(const Format& format, const char* name) {
    Ref<GstCaps> caps = new_caps(name);
    gst_caps_set_simple(caps.get(), "width", G_TYPE_INT, format.width, "height", G_TYPE_INT, format.height,
                        nullptr);
    if (format.frame_rate > 0) {
        int numerator = 0;
        int denominator = 1;
        gst_util_double_to_fraction(format.frame_rate, &numerator, &denominator);
        gst_caps_set_simple(caps.get(), "framerate", GST_TYPE_FRACTION, numerator, denominator, nullptr);
    }
    return caps;
}

Ref<GstCaps> nal_caps(const Format& format, const char* name, const char* stream_format) {
    Ref<GstCaps> caps = video_caps(format, name);
    gst_caps_set_simple(caps.get(), "stream-format", G_TYPE_STRING, stream_format, "alignment", G_TYPE_STRING,
                        "au", nullptr);
    set_codec_data(caps.get(), format.config);
    return caps;
}

Ref<GstCaps> mjpeg_caps(const Format& format) {
    Ref<GstCaps> caps = video_caps(format, "image/jpeg");
    gst_caps_set_simple(caps.get(), "parsed", G_TYPE_BOOLEAN, TRUE, nullptr);
    return caps;
}

Ref<GstCaps> audio_caps(const Format& format, const char* name) {
    Ref<GstCaps> caps = new_caps(name);
    gst_caps_set_simple(caps.get(), "rate", G_TYPE_INT, format.sample_rate, "channels", G_TYPE_INT,
                        format.channels, nullptr);
    return caps;
}

Ref<GstCaps> aac_caps(const Format& format) {
    Ref<GstCaps> caps = audio_caps(format, "audio/mpeg");
    gst_caps_set_simple(caps.get(), "mpegversion", G_TYPE_INT, 4, "stream-format", G_TYPE_STRING, "raw",
                        "framed", G_TYPE_BOOLEAN, TRUE, nullptr);
    set_codec_data(caps.get(), format.config);
    return caps;
}

Ref<GstCaps> opus_caps(const Format& format) {
    Ref<GstCaps> caps = audio_caps(format, "audio/x-opus");
    gst_caps_set_simple(caps.get(), "channel-mapping-family", G_TYPE_INT, 0, "stream-count", G_TYPE_INT, 1,
                        "coupled-count", G_TYPE_INT, format.channels - 1, nullptr);
    return caps;
}

Ref<GstCaps> lpcm_caps(const Format& format) {
    Ref<GstCaps> caps = audio_caps(format, "audio/x-raw");
    gst_caps_set_simple(caps.get(), "format", G_TYPE_STRING, "S16BE", "layout", G_TYPE_STRING, "interleaved",
                        nullptr);
    return caps;
}

}  // namespace

Ref<GstCaps> caps_from_format(const Format& format) {
    switch (format.codec) {
        case Codec::h264:
            return nal_caps(format, "video/x-h264", "avc");
        case Codec::h265:
            return nal_caps(format, "video/x-h265", "hvc1");
        case Codec::vp8:
            return video_caps(format, "video/x-vp8");
        case Codec::vp9:
            return video_caps(format, "video/x-vp9");
        case Codec::mjpeg:
            return mjpeg_caps(format);
        case Codec::aac:
            return aac_caps(format);
        case Codec::opus:
            return opus_caps(format);
        case Codec::pcmu:
            return audio_caps(format, "audio/x-mulaw");
        case Codec::pcma:
            return audio_caps(format, "audio/x-alaw");
        case Codec::g722:
            return audio_caps(format, "audio/G722");
        case Codec::lpcm:
            return lpcm_caps(format);
    }
    return {};
}

}  // namespace rill
