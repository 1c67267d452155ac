#include "faulty_decoder.hpp"

#include <rill/ref.hpp>

#include <gst/video/gstvideodecoder.h>

#include <condition_variable>
#include <mutex>
#include <optional>

namespace rill::test {
namespace {

using Fault = FaultyDecoder::Fault;
using Place = FaultyDecoder::Place;

std::mutex mutex;
std::condition_variable changed;
std::optional<Fault> present;  // locked: mutex

void set_fault(std::optional<Fault> fault) {
    const std::lock_guard lock(mutex);
    present = fault;
    changed.notify_all();
}

/// Not while it hangs.
std::optional<Fault> await_fault() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [] { return present != Fault::hangs; });
    return present;
}

GstFlowReturn handle_frame(GstVideoDecoder* decoder, GstVideoCodecFrame* frame) {
    const auto fault = await_fault();
    if (fault == Fault::swallows) {
        gst_video_decoder_release_frame(decoder, frame);
        return GST_FLOW_OK;
    }
    const GstFlowReturn dropped = gst_video_decoder_drop_frame(decoder, frame);
    if (fault != Fault::fails) return dropped;
    GST_ELEMENT_ERROR(decoder, STREAM, DECODE, ("the device is gone"), (nullptr));
    return GST_FLOW_ERROR;
}

/// `classification`: GStreamer's, by which elements that use a device are known.
void init_class(gpointer type_class, gpointer classification) {
    auto* const element = GST_ELEMENT_CLASS(type_class);
    gst_element_class_set_static_metadata(element, "Decoder with a fault",
                                          static_cast<const char*>(classification), "For tests", "Rill");
    const auto sink = Ref<GstCaps>::adopt(gst_caps_from_string("video/x-h265"));
    const auto source = Ref<GstCaps>::adopt(gst_caps_from_string("video/x-raw"));
    gst_element_class_add_pad_template(
        element, gst_pad_template_new("sink", GST_PAD_SINK, GST_PAD_ALWAYS, sink.get()));
    gst_element_class_add_pad_template(
        element, gst_pad_template_new("src", GST_PAD_SRC, GST_PAD_ALWAYS, source.get()));
    GST_VIDEO_DECODER_CLASS(type_class)->handle_frame = handle_frame;
}

const char* registered(const char* name, const char* type_name, const char* classification) {
    GTypeInfo info{};
    info.class_size = sizeof(GstVideoDecoderClass);
    info.class_init = init_class;
    info.class_data = classification;
    info.instance_size = sizeof(GstVideoDecoder);
    const GType type = g_type_register_static(GST_TYPE_VIDEO_DECODER, type_name, &info, GTypeFlags{});
    gst_element_register(nullptr, name, GST_RANK_NONE, type);
    return name;
}

const char* name_of(Place place) {
    static const char* const software =
        registered("rillfaultydec", "RillFaultyDecoder", "Codec/Decoder/Video");
    static const char* const hardware =
        registered("rillfaultyhwdec", "RillFaultyDeviceDecoder", "Codec/Decoder/Video/Hardware");
    return place == Place::device ? hardware : software;
}

void set_rank(const char* name, guint rank) {
    const auto factory = Ref<GstElementFactory>::adopt(gst_element_factory_find(name));
    gst_plugin_feature_set_rank(GST_PLUGIN_FEATURE(factory.get()), rank);
}

}  // namespace

FaultyDecoder::FaultyDecoder(Place place, Fault fault) : name_(name_of(place)) {
    set_fault(fault);
    set_rank(name_, GST_RANK_PRIMARY + 1000);
}

FaultyDecoder::~FaultyDecoder() {
    set_rank(name_, GST_RANK_NONE);
    set_fault(std::nullopt);
}

}  // namespace rill::test
