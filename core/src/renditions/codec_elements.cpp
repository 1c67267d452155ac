#include <rill/codec_elements.hpp>
#include <rill/media/formats.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace rill {

template <>
struct Free<GList> {
    void operator()(GList* features) const { gst_plugin_feature_list_free(features); }
};

namespace {

bool is_hardware(GstElementFactory* factory) {
    return gst_element_factory_list_is_type(factory, GST_ELEMENT_FACTORY_TYPE_HARDWARE) != FALSE;
}

/// The first that can be made: one may be registered whose device is gone.
Ref<GstElement> make_first(GstElementFactoryListType type, GstPadDirection direction, const GstCaps* caps,
                           Hardware hardware) {
    const Owned<GList> all(gst_element_factory_list_get_elements(type, GST_RANK_MARGINAL));
    const Owned<GList> fitting(gst_element_factory_list_filter(all.get(), caps, direction, FALSE));
    std::vector<GstElementFactory*> factories;
    for (const GList* place = fitting.get(); place != nullptr; place = place->next) {
        auto* const factory = GST_ELEMENT_FACTORY(place->data);
        if (hardware == Hardware::preferred || !is_hardware(factory)) factories.push_back(factory);
    }
    std::stable_partition(factories.begin(), factories.end(),
                          [](GstElementFactory* factory) { return is_hardware(factory); });
    for (GstElementFactory* const factory : factories) {
        auto element = Ref<GstElement>::sink(gst_element_factory_create(factory, nullptr));
        if (element) return element;
    }
    return nullptr;
}

GstElementFactoryListType media_of(Kind kind) {
    // Decoders of JPEG are of images, those of Motion JPEG of video.
    constexpr auto pictures = GST_ELEMENT_FACTORY_TYPE_MEDIA_VIDEO | GST_ELEMENT_FACTORY_TYPE_MEDIA_IMAGE;
    return kind == Kind::video ? pictures : GST_ELEMENT_FACTORY_TYPE_MEDIA_AUDIO;
}

/// jpegdec's default, the fast inverse DCT, overflows in sharp edges of good pictures: white dots in black.
/// The accurate one has vector instructions, too.
void decode_accurately(GstElement* decoder) {
    if (g_object_class_find_property(G_OBJECT_GET_CLASS(decoder), "idct-method") != nullptr)
        gst_util_set_object_arg(G_OBJECT(decoder), "idct-method", "islow");
}

struct Encoding {
    const char* caps;
    std::string_view package;
};

Encoding encoding_of(Codec codec) {
    switch (codec) {
        case Codec::h264:
            return {"video/x-h264, profile=constrained-baseline", "gstreamer1.0-plugins-ugly"};
        case Codec::h265:
            return {"video/x-h265, profile=main", "gstreamer1.0-plugins-bad"};
        case Codec::vp8:
            return {"video/x-vp8", "gstreamer1.0-plugins-good"};
        case Codec::vp9:
            return {"video/x-vp9, profile=(string)0", "gstreamer1.0-plugins-good"};
        case Codec::mjpeg:
            return {"image/jpeg", "gstreamer1.0-plugins-good"};
        case Codec::aac:
            return {"audio/mpeg, mpegversion=4, stream-format=raw", "gstreamer1.0-libav"};
        case Codec::opus:
            return {"audio/x-opus", "gstreamer1.0-plugins-base"};
        case Codec::pcmu:
            return {"audio/x-mulaw", "gstreamer1.0-plugins-good"};
        case Codec::pcma:
            return {"audio/x-alaw", "gstreamer1.0-plugins-good"};
        case Codec::g722:
            return {"audio/G722", "gstreamer1.0-libav"};
        case Codec::lpcm:
            return {"audio/x-raw, format=S16BE", "gstreamer1.0-plugins-base"};
    }
    return {"", ""};
}

}  // namespace

Result<Ref<GstElement>> make_decoder(const Format& format, Hardware hardware) {
    // It is decoded already.
    if (format.codec == Codec::lpcm)
        return Ref<GstElement>::sink(gst_element_factory_make("identity", nullptr));
    const auto caps = caps_from_format(format);
    auto decoder = make_first(GST_ELEMENT_FACTORY_TYPE_DECODER | media_of(format.kind), GST_PAD_SINK,
                              caps.get(), hardware);
    if (!decoder) {
        return Error{Code::unavailable,
                     fmt::format("no decoder for {} is installed; install gstreamer1.0-libav",
                                 to_string(format.codec))};
    }
    decode_accurately(decoder.get());
    return decoder;
}

Result<Ref<GstElement>> make_encoder(Codec codec, Hardware hardware) {
    const Encoding encoding = encoding_of(codec);
    const auto caps = Ref<GstCaps>::adopt(gst_caps_from_string(encoding.caps));
    auto encoder = make_first(GST_ELEMENT_FACTORY_TYPE_ENCODER | media_of(kind_of(codec)), GST_PAD_SRC,
                              caps.get(), hardware);
    if (encoder) return encoder;
    return Error{Code::unavailable, fmt::format("no encoder for {} is installed; install {}",
                                                to_string(codec), encoding.package)};
}

bool is_hardware(GstElement* element) {
    return is_hardware(gst_element_get_factory(element));
}

void use_one_thread(GstElement* decoder) {
    if (g_object_class_find_property(G_OBJECT_GET_CLASS(decoder), "max-threads") != nullptr)
        g_object_set(decoder, "max-threads", 1, nullptr);
}

}  // namespace rill
