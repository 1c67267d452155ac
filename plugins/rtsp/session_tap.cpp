#include "session_tap.hpp"

#include <utility>

namespace rill::rtsp {

namespace {

struct Tap {
    GstElement parent;
    std::weak_ptr<SessionObserver>* observer;
};
struct TapClass {
    GstElementClass parent;
};

/// The newest tap of this thread: rtspsrc makes its extensions inside its own constructor.
thread_local Tap* newest = nullptr;

gpointer tap_parent_class = nullptr;

void tap_init(GTypeInstance* instance, gpointer) {
    auto* tap = reinterpret_cast<Tap*>(instance);
    tap->observer = std::make_unique<std::weak_ptr<SessionObserver>>().release();
    newest = tap;
}

void tap_finalize(GObject* object) {
    const std::unique_ptr<std::weak_ptr<SessionObserver>> observer(reinterpret_cast<Tap*>(object)->observer);
    G_OBJECT_CLASS(tap_parent_class)->finalize(object);
}

void tap_class_init(gpointer klass, gpointer) {
    tap_parent_class = g_type_class_peek_parent(klass);
    G_OBJECT_CLASS(klass)->finalize = tap_finalize;
    gst_element_class_set_static_metadata(GST_ELEMENT_CLASS(klass), "RTSP session tap",
                                          "Network/Extension/Protocol", "Observes the sessions of rtspsrc",
                                          "Rill");
}

GstRTSPResult after_send(GstRTSPExtension* extension, GstRTSPMessage* request, GstRTSPMessage* response) {
    const auto observer = reinterpret_cast<Tap*>(extension)->observer->lock();
    if (observer && response != nullptr && request->type == GST_RTSP_MESSAGE_REQUEST &&
        response->type == GST_RTSP_MESSAGE_RESPONSE)
        observer->answered(*request, response);
    return GST_RTSP_OK;
}

GType register_tap() {
    GTypeInfo info{};
    info.class_size = sizeof(TapClass);
    info.class_init = tap_class_init;
    info.instance_size = sizeof(Tap);
    info.instance_init = tap_init;
    const GType type =
        g_type_register_static(GST_TYPE_ELEMENT, "RillRtspSessionTap", &info, G_TYPE_FLAG_NONE);
    const GInterfaceInfo extension{[](gpointer interface, gpointer) {
                                       static_cast<GstRTSPExtensionInterface*>(interface)->after_send =
                                           after_send;
                                   },
                                   nullptr, nullptr};
    g_type_add_interface_static(type, GST_TYPE_RTSP_EXTENSION, &extension);
    gst_element_register(nullptr, "rillrtspsessiontap", GST_RANK_MARGINAL, type);
    return type;
}

}  // namespace

TappedSource make_rtspsrc(std::weak_ptr<SessionObserver> observer) {
    static const GType type = register_tap();
    static_cast<void>(type);
    newest = nullptr;
    TappedSource out;
    out.rtspsrc = Ref<GstElement>::sink(gst_element_factory_make("rtspsrc", nullptr));
    if (Tap* tap = std::exchange(newest, nullptr); tap != nullptr) {
        *tap->observer = std::move(observer);
        out.extension = GST_RTSP_EXTENSION(tap);
    }
    return out;
}

void send_request(GstRTSPExtension* extension, GstRTSPMethod method, const char* url) {
    GstRTSPMessage request{};
    if (gst_rtsp_message_init_request(&request, method, url) != GST_RTSP_OK) return;
    gst_rtsp_extension_send(extension, &request, nullptr);
    gst_rtsp_message_unset(&request);
}

}  // namespace rill::rtsp
