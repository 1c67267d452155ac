#include "packet_times.hpp"

#include "steady_arrival.hpp"

#include <rill/callback.hpp>
#include <rill/ref.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace rill::rtsp {

namespace {

using Stream = std::optional<SteadyArrival>;

/// Of RTP packets, from the SDP (RFC 4566 §6) or the table of static payload types.
int clock_rate(GstPad* pad) {
    const auto caps = Ref<GstCaps>::adopt(gst_pad_get_current_caps(pad));
    int rate = 0;
    if (caps) gst_structure_get_int(gst_caps_get_structure(caps.get(), 0), "clock-rate", &rate);
    return rate;
}

/// As udpsrc stamped it. rtspsrc 1.22 stamps only the first of those that come over TCP.
GstClockTime arrival(GstPad* pad, GstBuffer* packet) {
    if (GST_BUFFER_DTS_IS_VALID(packet)) return GST_BUFFER_DTS(packet);
    if (GST_BUFFER_PTS_IS_VALID(packet)) return GST_BUFFER_PTS(packet);
    const auto element = Ref<GstElement>::adopt(gst_pad_get_parent_element(pad));
    return gst_element_get_current_running_time(element.get());
}

GstPadProbeReturn stamp(GstPad* pad, GstPadProbeInfo* info, gpointer data) {
    auto& stream = kept<Stream>(data);
    if ((GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER) == 0) {
        if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_CAPS) stream.reset();
        return GST_PAD_PROBE_OK;
    }
    GstBuffer* packet = GST_PAD_PROBE_INFO_BUFFER(info);
    std::array<std::uint8_t, 12> header;  // RFC 3550 §5.1
    if (gst_buffer_extract(packet, 0, header.data(), header.size()) < header.size()) return GST_PAD_PROBE_OK;
    if (!stream) {
        const int rate = clock_rate(pad);
        if (rate <= 0) return GST_PAD_PROBE_OK;
        stream.emplace(rate);
    }
    const auto came = SteadyArrival::Time(arrival(pad, packet));
    const auto time =
        stream->of(GST_READ_UINT32_BE(header.data() + 8), GST_READ_UINT32_BE(header.data() + 4), came);
    packet = gst_buffer_make_writable(packet);
    GST_BUFFER_PTS(packet) = static_cast<GstClockTime>(std::max(time, SteadyArrival::Time(0)).count());
    GST_BUFFER_DTS(packet) = GST_CLOCK_TIME_NONE;
    GST_PAD_PROBE_INFO_DATA(info) = packet;
    return GST_PAD_PROBE_OK;
}

}  // namespace

void stamp_packets(GstPad* pad) {
    constexpr auto what =
        static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM);
    gst_pad_add_probe(pad, what, stamp, keep(Stream()), drop<Stream>);
}

}  // namespace rill::rtsp
