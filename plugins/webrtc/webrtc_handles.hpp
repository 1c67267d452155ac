// Ownership of what webrtcbin hands out.
#pragma once

#include <rill/ref.hpp>

#include <gst/sdp/sdp.h>
#define GST_USE_UNSTABLE_API
#include <gst/webrtc/webrtc.h>

namespace rill {

template <>
struct Free<GstSDPMessage> {
    void operator()(GstSDPMessage* handle) const { gst_sdp_message_free(handle); }
};
template <>
struct Free<GstWebRTCSessionDescription> {
    void operator()(GstWebRTCSessionDescription* handle) const {
        gst_webrtc_session_description_free(handle);
    }
};

}  // namespace rill

namespace rill::webrtc {

using Description = Owned<GstWebRTCSessionDescription>;

}  // namespace rill::webrtc
