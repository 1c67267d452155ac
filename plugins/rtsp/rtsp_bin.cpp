#include "rtsp_bin.hpp"

#include "attempt.hpp"

namespace rill::rtsp {

namespace {

struct RtspBin {
    GstBin parent;
    std::shared_ptr<Attempt>* attempt;
};
struct RtspBinClass {
    GstBinClass parent;
};

gpointer bin_parent_class = nullptr;

void handle_message(GstBin* bin, GstMessage* message) {
    const auto* attempt = reinterpret_cast<RtspBin*>(bin)->attempt;
    if (attempt != nullptr) (*attempt)->observe(message);
    GST_BIN_CLASS(bin_parent_class)->handle_message(bin, message);
}

void finalize(GObject* object) {
    const std::unique_ptr<std::shared_ptr<Attempt>> attempt(reinterpret_cast<RtspBin*>(object)->attempt);
    G_OBJECT_CLASS(bin_parent_class)->finalize(object);
}

void class_init(gpointer klass, gpointer) {
    bin_parent_class = g_type_class_peek_parent(klass);
    G_OBJECT_CLASS(klass)->finalize = finalize;
    GST_BIN_CLASS(klass)->handle_message = handle_message;
    gst_element_class_set_static_metadata(GST_ELEMENT_CLASS(klass), "RTSP camera", "Source/Network",
                                          "rtspsrc and depayloaders", "Rill");
}

GType register_bin() {
    GTypeInfo info{};
    info.class_size = sizeof(RtspBinClass);
    info.class_init = class_init;
    info.instance_size = sizeof(RtspBin);
    return g_type_register_static(GST_TYPE_BIN, "RillRtspBin", &info, G_TYPE_FLAG_NONE);
}

}  // namespace

Ref<GstElement> make_rtsp_bin(std::shared_ptr<Attempt> attempt) {
    static const GType type = register_bin();
    auto bin = Ref<GstElement>::sink(GST_ELEMENT(g_object_new(type, nullptr)));
    reinterpret_cast<RtspBin*>(bin.get())->attempt =
        std::make_unique<std::shared_ptr<Attempt>>(std::move(attempt)).release();
    return bin;
}

}  // namespace rill::rtsp
