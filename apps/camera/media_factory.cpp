#include "media_factory.hpp"

#include <fmt/format.h>

namespace rill::camera {
namespace {

struct CameraFactory {
    GstRTSPMediaFactory parent;
    CameraRef* camera;
};
struct CameraFactoryClass {
    GstRTSPMediaFactoryClass parent_class;
};
G_DEFINE_TYPE(CameraFactory, camera_factory, GST_TYPE_RTSP_MEDIA_FACTORY)

Camera& camera_of(gpointer factory) {
    return **static_cast<CameraFactory*>(factory)->camera;
}

void finalize(GObject* object) {
    delete reinterpret_cast<CameraFactory*>(object)->camera;
    G_OBJECT_CLASS(camera_factory_parent_class)->finalize(object);
}

/// All URLs of a camera, with any query, share its media.
gchar* gen_key(GstRTSPMediaFactory*, const GstRTSPUrl*) {
    return g_strdup("camera");
}

GstElement* create_element(GstRTSPMediaFactory* factory, const GstRTSPUrl*) {
    const std::string elements = Broadcast::elements(camera_of(factory).spec());
    Owned<GError> error;
    GstElement* bin = gst_parse_bin_from_description(elements.c_str(), FALSE, out(error));
    if (bin == nullptr) g_printerr("rill-camera: cannot make '%s': %s\n", elements.c_str(), error->message);
    return bin;
}

GstPadProbeReturn drop_when_frozen(GstPad*, GstPadProbeInfo*, gpointer camera) {
    return (*static_cast<CameraRef*>(camera))->switches().frozen ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

/// A frozen camera sends no RTCP either.
void rtpbin_pad_added(GstElement*, GstPad* pad, gpointer camera) {
    const Owned<gchar> name(gst_pad_get_name(pad));
    if (!g_str_has_prefix(name.get(), "send_rtcp_src")) return;
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, drop_when_frozen,
                      new CameraRef(*static_cast<CameraRef*>(camera)), destroy<CameraRef>);
}

void element_added(GstBin*, GstElement* element, gpointer camera) {
    if (!g_str_has_prefix(GST_OBJECT_NAME(element), "rtpbin")) return;
    g_signal_connect_data(
        element, "pad-added", G_CALLBACK(rtpbin_pad_added), new CameraRef(*static_cast<CameraRef*>(camera)),
        [](gpointer data, GClosure*) { destroy<CameraRef>(data); }, GConnectFlags{});
}

/// The broadcast sets the base time when somebody plays; without a start time PAUSE and PLAY leave it as it
/// is.
GstElement* create_pipeline(GstRTSPMediaFactory* factory, GstRTSPMedia* media) {
    GstElement* pipeline = gst_pipeline_new(nullptr);
    const auto clock = Ref<GstClock>::adopt(gst_system_clock_obtain());
    gst_pipeline_use_clock(GST_PIPELINE(pipeline), clock.get());
    gst_element_set_start_time(pipeline, GST_CLOCK_TIME_NONE);
    g_signal_connect_data(
        pipeline, "element-added", G_CALLBACK(element_added),
        new CameraRef(camera_of(factory).shared_from_this()),
        [](gpointer data, GClosure*) { destroy<CameraRef>(data); }, GConnectFlags{});
    gst_rtsp_media_take_pipeline(media, GST_PIPELINE(pipeline));
    return pipeline;
}

void configure(GstRTSPMediaFactory* factory, GstRTSPMedia* media) {
    GST_RTSP_MEDIA_FACTORY_CLASS(camera_factory_parent_class)->configure(factory, media);
    Camera& camera = camera_of(factory);
    if (const auto configured = camera.configure(media); !configured)
        g_printerr("rill-camera: %s: %s\n", camera.spec().name.c_str(), configured.error().message.c_str());
}

void camera_factory_class_init(CameraFactoryClass* klass) {
    G_OBJECT_CLASS(klass)->finalize = finalize;
    auto* factory_class = GST_RTSP_MEDIA_FACTORY_CLASS(klass);
    factory_class->gen_key = gen_key;
    factory_class->create_element = create_element;
    factory_class->create_pipeline = create_pipeline;
    factory_class->configure = configure;
}

void camera_factory_init(CameraFactory*) {}

struct SharedThreadPool {
    GstRTSPThreadPool parent;
    GstRTSPThread* media_thread;
};
struct SharedThreadPoolClass {
    GstRTSPThreadPoolClass parent_class;
};
G_DEFINE_TYPE(SharedThreadPool, shared_thread_pool, GST_TYPE_RTSP_THREAD_POOL)

/// Called on the main thread only, where all requests are handled.
GstRTSPThread* get_thread(GstRTSPThreadPool* pool, GstRTSPThreadType type, GstRTSPContext* context) {
    auto* klass = GST_RTSP_THREAD_POOL_CLASS(shared_thread_pool_parent_class);
    if (type != GST_RTSP_THREAD_TYPE_MEDIA) return klass->get_thread(pool, type, context);
    auto*& thread = reinterpret_cast<SharedThreadPool*>(pool)->media_thread;
    if (thread == nullptr) thread = klass->get_thread(pool, type, context);
    // The first use stays ours until stop_media_thread(), so that the thread never ends between two clients.
    if (thread != nullptr) gst_rtsp_thread_reuse(thread);
    return thread;
}

void shared_thread_pool_class_init(SharedThreadPoolClass* klass) {
    GST_RTSP_THREAD_POOL_CLASS(klass)->get_thread = get_thread;
}

void shared_thread_pool_init(SharedThreadPool*) {}

}  // namespace

Ref<GstRTSPMediaFactory> make_media_factory(CameraRef camera) {
    auto* factory = static_cast<CameraFactory*>(g_object_new(camera_factory_get_type(), nullptr));
    factory->camera = new CameraRef(std::move(camera));
    auto result = Ref<GstRTSPMediaFactory>::adopt(&factory->parent);
    gst_rtsp_media_factory_set_shared(result.get(), TRUE);
    gst_rtsp_media_factory_set_suspend_mode(result.get(), GST_RTSP_SUSPEND_MODE_NONE);
    gst_rtsp_media_factory_set_latency(result.get(), 0);
    const auto permissions = Ref<GstRTSPPermissions>::adopt(gst_rtsp_permissions_new());
    gst_rtsp_permissions_add_role(permissions.get(), viewer_role, GST_RTSP_PERM_MEDIA_FACTORY_ACCESS,
                                  G_TYPE_BOOLEAN, TRUE, GST_RTSP_PERM_MEDIA_FACTORY_CONSTRUCT, G_TYPE_BOOLEAN,
                                  TRUE, nullptr);
    gst_rtsp_media_factory_set_permissions(result.get(), permissions.get());
    return result;
}

Ref<GstRTSPThreadPool> make_thread_pool() {
    auto pool = Ref<GstRTSPThreadPool>::adopt(
        static_cast<GstRTSPThreadPool*>(g_object_new(shared_thread_pool_get_type(), nullptr)));
    gst_rtsp_thread_pool_set_max_threads(pool.get(), 0);
    return pool;
}

void stop_media_thread(GstRTSPThreadPool* pool) {
    GstRTSPThread* thread = std::exchange(reinterpret_cast<SharedThreadPool*>(pool)->media_thread, nullptr);
    if (thread != nullptr) gst_rtsp_thread_stop(thread);
}

}  // namespace rill::camera
