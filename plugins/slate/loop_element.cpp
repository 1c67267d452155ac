#include "loop_element.hpp"

#include <gst/base/gstpushsrc.h>

namespace rill::slate {

namespace {

struct State {
    const Spec spec;
    Library& library;
    std::atomic<bool> stopped = false;
    // The streaming thread's, and between start and stop nobody else's.
    ContentPtr content = nullptr;
    guint64 count = 0;  ///< units that were made since the start
};

struct SlateLoop {
    GstPushSrc parent;
    State* state;
};
struct SlateLoopClass {
    GstPushSrcClass parent_class;
};
G_DEFINE_TYPE(SlateLoop, slate_loop, GST_TYPE_PUSH_SRC)  // NOLINT(performance-no-int-to-ptr)

State& state_of(gpointer element) {
    return *static_cast<SlateLoop*>(element)->state;
}

void finalize(GObject* object) {
    delete reinterpret_cast<SlateLoop*>(object)->state;
    G_OBJECT_CLASS(slate_loop_parent_class)->finalize(object);
}

/// What is known of the track before it is encoded.
const char* media_of(Codec codec) {
    switch (codec) {
        case Codec::h264:
            return "video/x-h264";
        case Codec::h265:
            return "video/x-h265";
        case Codec::aac:
            return "audio/mpeg,mpegversion=4";
        case Codec::opus:
            return "audio/x-opus";
        case Codec::pcmu:
            return "audio/x-mulaw";
        default:
            return "audio/x-alaw";
    }
}

GstCaps* get_caps(GstBaseSrc* source, GstCaps* filter) {
    auto caps = Ref<GstCaps>::adopt(gst_caps_from_string(media_of(state_of(source).spec.codec)));
    if (filter == nullptr) return caps.leak();
    return gst_caps_intersect_full(filter, caps.get(), GST_CAPS_INTERSECT_FIRST);
}

/// The content has its caps; there is nothing to choose.
gboolean negotiate(GstBaseSrc*) {
    return TRUE;
}

gboolean start(GstBaseSrc* source) {
    State& state = state_of(source);
    state.content = nullptr;
    state.count = 0;
    return TRUE;
}

gboolean unlock(GstBaseSrc* source) {
    State& state = state_of(source);
    state.stopped = true;
    state.library.wake();
    return TRUE;
}

gboolean unlock_stop(GstBaseSrc* source) {
    state_of(source).stopped = false;
    return TRUE;
}

/// From when to when the base class waits.
void get_times(GstBaseSrc*, GstBuffer* buffer, GstClockTime* from, GstClockTime* to) {
    *from = GST_BUFFER_PTS(buffer);
    *to = *from + GST_BUFFER_DURATION(buffer);
}

GstFlowReturn create(GstPushSrc* source, GstBuffer** out) {
    State& state = state_of(source);
    if (!state.content) {
        const auto content = state.library.get(state.spec, state.stopped);
        if (!content) {
            GST_ELEMENT_ERROR(source, STREAM, ENCODE, ("%s", content.error().message.c_str()), (nullptr));
            return GST_FLOW_ERROR;
        }
        if (!*content) return GST_FLOW_FLUSHING;
        state.content = *content;
        gst_base_src_set_caps(GST_BASE_SRC(source), state.content->caps.get());
    }
    const auto& units = state.content->units;
    const Pace pace = pace_of(state.spec);
    // From the count of all units: rounding never adds up.
    const auto time_of = [pace](guint64 count) {
        return gst_util_uint64_scale(count * static_cast<guint64>(pace.ticks), GST_SECOND,
                                     static_cast<guint64>(pace.rate));
    };
    auto buffer = Ref<GstBuffer>::adopt(gst_buffer_copy(units[state.count % units.size()].get()));
    GST_BUFFER_PTS(buffer.get()) = time_of(state.count);
    GST_BUFFER_DURATION(buffer.get()) = time_of(state.count + 1) - time_of(state.count);
    ++state.count;
    *out = buffer.leak();
    return GST_FLOW_OK;
}

void slate_loop_class_init(SlateLoopClass* klass) {
    G_OBJECT_CLASS(klass)->finalize = finalize;
    auto* source_class = GST_BASE_SRC_CLASS(klass);
    source_class->get_caps = get_caps;
    source_class->negotiate = negotiate;
    source_class->start = start;
    source_class->unlock = unlock;
    source_class->unlock_stop = unlock_stop;
    source_class->get_times = get_times;
    GST_PUSH_SRC_CLASS(klass)->create = create;
    static GstStaticPadTemplate pad =
        GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
    gst_element_class_add_static_pad_template(GST_ELEMENT_CLASS(klass), &pad);
    gst_element_class_set_static_metadata(GST_ELEMENT_CLASS(klass), "Slate", "Source",
                                          "Repeats encoded units that are shared", "Rill");
}

void slate_loop_init(SlateLoop* self) {
    gst_base_src_set_live(GST_BASE_SRC(self), TRUE);
    gst_base_src_set_format(GST_BASE_SRC(self), GST_FORMAT_TIME);
}

}  // namespace

Ref<GstElement> make_loop_element(const Spec& spec, Library& library) {
    auto* element = static_cast<SlateLoop*>(g_object_new(slate_loop_get_type(), nullptr));
    element->state = new State{.spec = spec, .library = library};
    return Ref<GstElement>::sink(GST_ELEMENT(element));
}

}  // namespace rill::slate
