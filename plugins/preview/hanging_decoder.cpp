#include "hanging_decoder.hpp"

#include <rill/ref.hpp>

#include <gst/video/gstvideodecoder.h>

#include <condition_variable>
#include <mutex>

namespace rill::preview::testing {
namespace {

std::mutex mutex;
std::condition_variable changed;
bool hangs = false;  // locked: mutex

constexpr const char* name = "rillhangingdec";

GstFlowReturn handle_frame(GstVideoDecoder* decoder, GstVideoCodecFrame* frame) {
    {
        std::unique_lock lock(mutex);
        changed.wait(lock, [] { return !hangs; });
    }
    return gst_video_decoder_drop_frame(decoder, frame);
}

void init_class(gpointer type_class, gpointer) {
    auto* const element = GST_ELEMENT_CLASS(type_class);
    gst_element_class_set_static_metadata(element, "Decoder that hangs", "Codec/Decoder/Video", "For tests",
                                          "Rill");
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
        GST_TYPE_VIDEO_DECODER, "RillHangingDecoder", sizeof(GstVideoDecoderClass), init_class,
        sizeof(GstVideoDecoder), nullptr, GTypeFlags{});
    return registered;
}

void set_rank(guint rank) {
    const auto factory = Ref<GstElementFactory>::adopt(gst_element_factory_find(name));
    gst_plugin_feature_set_rank(GST_PLUGIN_FEATURE(factory.get()), rank);
}

void set_hangs(bool now) {
    const std::lock_guard lock(mutex);
    hangs = now;
    changed.notify_all();
}

}  // namespace

HangingDecoder::HangingDecoder() {
    static const bool registered = gst_element_register(nullptr, name, GST_RANK_NONE, type()) != FALSE;
    if (!registered) return;
    set_hangs(true);
    set_rank(GST_RANK_PRIMARY + 1000);
}

HangingDecoder::~HangingDecoder() {
    set_rank(GST_RANK_NONE);
    set_hangs(false);
}

}  // namespace rill::preview::testing
