#include "broken_decoder.hpp"

#include <rill/ref.hpp>

#include <gst/video/gstvideodecoder.h>

#include <atomic>

namespace rill::test {
namespace {

constexpr const char* name = "rillbrokendec";
std::atomic<BrokenDecoder::Fault> fault{BrokenDecoder::Fault::fails};

GstFlowReturn handle_frame(GstVideoDecoder* decoder, GstVideoCodecFrame* frame) {
    if (fault == BrokenDecoder::Fault::swallows) {
        gst_video_decoder_release_frame(decoder, frame);
        return GST_FLOW_OK;
    }
    gst_video_decoder_drop_frame(decoder, frame);
    GST_ELEMENT_ERROR(decoder, STREAM, DECODE, ("the device is gone"), (nullptr));
    return GST_FLOW_ERROR;
}

void init_class(gpointer type_class, gpointer) {
    auto* const element = GST_ELEMENT_CLASS(type_class);
    gst_element_class_set_static_metadata(element, "Decoder that fails", "Codec/Decoder/Video/Hardware",
                                          "For tests", "Rill");
    const auto sink = Ref<GstCaps>::adopt(gst_caps_from_string("video/x-h265"));
    const auto source = Ref<GstCaps>::adopt(gst_caps_from_string("video/x-raw"));
    gst_element_class_add_pad_template(
        element, gst_pad_template_new("sink", GST_PAD_SINK, GST_PAD_ALWAYS, sink.get()));
    gst_element_class_add_pad_template(
        element, gst_pad_template_new("src", GST_PAD_SRC, GST_PAD_ALWAYS, source.get()));
    GST_VIDEO_DECODER_CLASS(type_class)->handle_frame = handle_frame;
}

GType type() {
    static const GType registered = g_type_register_static_simple(
        GST_TYPE_VIDEO_DECODER, "RillBrokenDecoder", sizeof(GstVideoDecoderClass), init_class,
        sizeof(GstVideoDecoder), nullptr, GTypeFlags{});
    return registered;
}

void set_rank(guint rank) {
    const auto factory = Ref<GstElementFactory>::adopt(gst_element_factory_find(name));
    gst_plugin_feature_set_rank(GST_PLUGIN_FEATURE(factory.get()), rank);
}

}  // namespace

BrokenDecoder::BrokenDecoder(Fault wanted) {
    static const bool registered = gst_element_register(nullptr, name, GST_RANK_NONE, type()) != FALSE;
    if (!registered) return;
    fault = wanted;
    set_rank(GST_RANK_PRIMARY + 1000);
}

BrokenDecoder::~BrokenDecoder() {
    set_rank(GST_RANK_NONE);
}

}  // namespace rill::test
