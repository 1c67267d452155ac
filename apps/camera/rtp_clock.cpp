#include "rtp_clock.hpp"

#include "handles.hpp"

#include <gst/rtp/gstrtpbuffer.h>

namespace rill::camera {
namespace {

struct Clock {
    std::shared_ptr<const Switches> switches;
    int rate = 0;  ///< ticks per second; only the streaming thread uses it
};

void shift(GstBuffer* packet, std::uint32_t ticks) {
    GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
    if (gst_rtp_buffer_map(packet, GST_MAP_READWRITE, &rtp) == FALSE) return;
    gst_rtp_buffer_set_timestamp(&rtp, gst_rtp_buffer_get_timestamp(&rtp) + ticks);
    gst_rtp_buffer_unmap(&rtp);
}

gboolean shift_in_list(GstBuffer** packet, guint, gpointer ticks) {
    *packet = gst_buffer_make_writable(*packet);
    shift(*packet, *static_cast<std::uint32_t*>(ticks));
    return TRUE;
}

void read_rate(Clock& clock, GstEvent* event) {
    if (GST_EVENT_TYPE(event) != GST_EVENT_CAPS) return;
    GstCaps* caps = nullptr;
    gst_event_parse_caps(event, &caps);
    gst_structure_get_int(gst_caps_get_structure(caps, 0), "clock-rate", &clock.rate);
}

GstPadProbeReturn rewrite(GstPad*, GstPadProbeInfo* info, gpointer data) {
    auto& clock = *static_cast<Clock*>(data);
    if (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM) {
        read_rate(clock, GST_PAD_PROBE_INFO_EVENT(info));
        return GST_PAD_PROBE_OK;
    }
    const std::int64_t jump_ms = clock.switches->jump_ns / 1'000'000;
    if (jump_ms == 0) return GST_PAD_PROBE_OK;
    auto ticks = static_cast<std::uint32_t>(jump_ms * clock.rate / 1000);
    if (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER_LIST) {
        auto* list = gst_buffer_list_make_writable(GST_PAD_PROBE_INFO_BUFFER_LIST(info));
        gst_buffer_list_foreach(list, shift_in_list, &ticks);
        GST_PAD_PROBE_INFO_DATA(info) = list;
    } else {
        auto* packet = gst_buffer_make_writable(GST_PAD_PROBE_INFO_BUFFER(info));
        shift(packet, ticks);
        GST_PAD_PROBE_INFO_DATA(info) = packet;
    }
    return GST_PAD_PROBE_OK;
}

}  // namespace

void let_rtp_clock_jump(GstElement* payloader, std::shared_ptr<const Switches> switches) {
    const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(payloader, "src"));
    constexpr auto types = static_cast<GstPadProbeType>(
        GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM);
    gst_pad_add_probe(pad.get(), types, rewrite, new Clock{std::move(switches), 0}, destroy<Clock>);
}

}  // namespace rill::camera
