#include "elements.hpp"

#include <rill/clock.hpp>

#include <gst/base/gstbasesink.h>

#include <utility>
#include <vector>

namespace rill::webrtc::ice {

namespace {

GstStaticPadTemplate source_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS("application/x-rtp"));
GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

/// Who receives for all viewers must not wait for one whose elements are stuck.
constexpr guint most_waiting = 1 << 20;

struct Source {
    GstElement parent;
    GstPad* pad;        // the element's
    GstElement* queue;  // ours; behind the pad, once something has come
};
struct SourceClass {
    GstElementClass parent;
};
gpointer source_parent_class = nullptr;

/// webrtcbin's queue before the DTLS decoder: source, capsfilter, queue.
GstElement* find_queue(GstPad* pad) {
    const auto filter_sink = Ref<GstPad>::adopt(gst_pad_get_peer(pad));
    const auto filter =
        Ref<GstElement>::adopt(filter_sink ? gst_pad_get_parent_element(filter_sink.get()) : nullptr);
    const auto filter_src =
        Ref<GstPad>::adopt(filter ? gst_element_get_static_pad(filter.get(), "src") : nullptr);
    const auto queue_sink = Ref<GstPad>::adopt(filter_src ? gst_pad_get_peer(filter_src.get()) : nullptr);
    return queue_sink ? gst_pad_get_parent_element(queue_sink.get()) : nullptr;
}

/// Once, before the first packet.
void begin(Source* source) {
    const Owned<char> id(gst_pad_create_stream_id(source->pad, GST_ELEMENT(source), nullptr));
    gst_pad_push_event(source->pad, gst_event_new_stream_start(id.get()));
    const auto caps = Ref<GstCaps>::adopt(gst_caps_new_empty_simple("application/x-rtp"));
    gst_pad_push_event(source->pad, gst_event_new_caps(caps.get()));
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_pad_push_event(source->pad, gst_event_new_segment(&segment));
    source->queue = find_queue(source->pad);
}

bool has_room(const Source* source) {
    guint waiting = 0;
    g_object_get(source->queue, "current-level-bytes", &waiting, nullptr);
    return waiting < most_waiting;
}

void source_init(GTypeInstance* instance, gpointer) {
    auto* source = reinterpret_cast<Source*>(instance);
    source->pad = gst_pad_new_from_static_template(&source_template, "src");
    gst_element_add_pad(GST_ELEMENT(source), source->pad);
    GST_OBJECT_FLAG_SET(source, GST_ELEMENT_FLAG_SOURCE);
}

void source_dispose(GObject* object) {
    gst_object_replace(reinterpret_cast<GstObject**>(&reinterpret_cast<Source*>(object)->queue), nullptr);
    G_OBJECT_CLASS(source_parent_class)->dispose(object);
}

void source_class_init(gpointer klass, gpointer) {
    source_parent_class = g_type_class_peek_parent(klass);
    G_OBJECT_CLASS(klass)->dispose = source_dispose;
    gst_element_class_add_static_pad_template(GST_ELEMENT_CLASS(klass), &source_template);
    gst_element_class_set_static_metadata(GST_ELEMENT_CLASS(klass), "ICE source", "Source/Network",
                                          "A WebRTC viewer's packets", "Rill");
}

struct Sink {
    GstBaseSink parent;
    std::shared_ptr<Peer>* peer;
};
struct SinkClass {
    GstBaseSinkClass parent;
};
gpointer sink_parent_class = nullptr;

/// Buffers whose bytes can be read for as long as it lives.
class Readable {
  public:
    explicit Readable(std::size_t count) { maps_.reserve(count), packets_.reserve(count); }
    Readable(const Readable&) = delete;
    Readable& operator=(const Readable&) = delete;
    ~Readable() {
        for (auto& [buffer, map] : maps_)
            gst_buffer_unmap(buffer, &map);
    }
    void add(GstBuffer* buffer) {
        auto& [mapped, map] = maps_.emplace_back(buffer, GstMapInfo{});
        if (gst_buffer_map(mapped, &map, GST_MAP_READ) == FALSE) {
            maps_.pop_back();
            return;
        }
        packets_.emplace_back(map.data, map.size);
    }
    std::span<const Packet> packets() const { return packets_; }

  private:
    std::vector<std::pair<GstBuffer*, GstMapInfo>> maps_;
    std::vector<Packet> packets_;
};

GstFlowReturn render(GstBaseSink* base, GstBuffer* buffer) {
    Readable readable(1);
    readable.add(buffer);
    (*reinterpret_cast<Sink*>(base)->peer)->send(readable.packets());
    return GST_FLOW_OK;
}

GstFlowReturn render_list(GstBaseSink* base, GstBufferList* list) {
    const guint count = gst_buffer_list_length(list);
    Readable readable(count);
    for (guint at = 0; at < count; ++at)
        readable.add(gst_buffer_list_get(list, at));
    (*reinterpret_cast<Sink*>(base)->peer)->send(readable.packets());
    return GST_FLOW_OK;
}

void sink_finalize(GObject* object) {
    delete reinterpret_cast<Sink*>(object)->peer;
    G_OBJECT_CLASS(sink_parent_class)->finalize(object);
}

void sink_class_init(gpointer klass, gpointer) {
    sink_parent_class = g_type_class_peek_parent(klass);
    G_OBJECT_CLASS(klass)->finalize = sink_finalize;
    GST_BASE_SINK_CLASS(klass)->render = render;
    GST_BASE_SINK_CLASS(klass)->render_list = render_list;
    gst_element_class_add_static_pad_template(GST_ELEMENT_CLASS(klass), &sink_template);
    gst_element_class_set_static_metadata(GST_ELEMENT_CLASS(klass), "ICE sink", "Sink/Network",
                                          "Packets to a WebRTC viewer", "Rill");
}

GType register_source() {
    GTypeInfo info{};
    info.class_size = sizeof(SourceClass);
    info.class_init = source_class_init;
    info.instance_size = sizeof(Source);
    info.instance_init = source_init;
    return g_type_register_static(GST_TYPE_ELEMENT, "RillIceSource", &info, G_TYPE_FLAG_NONE);
}

GType register_sink() {
    GTypeInfo info{};
    info.class_size = sizeof(SinkClass);
    info.class_init = sink_class_init;
    info.instance_size = sizeof(Sink);
    return g_type_register_static(GST_TYPE_BASE_SINK, "RillIceSink", &info, G_TYPE_FLAG_NONE);
}

}  // namespace

Ref<GstElement> make_source() {
    static const GType type = register_source();
    return Ref<GstElement>::sink(GST_ELEMENT(g_object_new(type, nullptr)));
}

void push(GstElement* element, Packet packet) {
    auto* source = reinterpret_cast<Source*>(element);
    // A viewer may come by UDP and by TCP, each with a thread. It is the pad's own lock, which stopping
    // takes.
    GST_PAD_STREAM_LOCK(source->pad);
    if (source->queue == nullptr) begin(source);
    if (source->queue != nullptr && has_room(source)) {
        GstBuffer* const buffer = gst_buffer_new_memdup(packet.data(), packet.size());
        GST_BUFFER_DTS(buffer) = static_cast<GstClockTime>(running_time().count());
        gst_pad_push(source->pad, buffer);
    }
    GST_PAD_STREAM_UNLOCK(source->pad);
}

Ref<GstElement> make_sink() {
    static const GType type = register_sink();
    auto sink = Ref<GstElement>::sink(GST_ELEMENT(g_object_new(type, nullptr)));
    g_object_set(sink.get(), "sync", FALSE, "async", FALSE, "enable-last-sample", FALSE, nullptr);
    return sink;
}

void set_peer(GstElement* sink, std::shared_ptr<Peer> peer) {
    reinterpret_cast<Sink*>(sink)->peer = new std::shared_ptr<Peer>(std::move(peer));
}

}  // namespace rill::webrtc::ice
