// A seat inside rtspsrc: sees every answer of the server, and can send requests on the connection.
#pragma once

#include <rill/ref.hpp>

#include <gst/rtsp/rtsp.h>

#include <memory>

namespace rill::rtsp {

class SessionObserver {
  public:
    virtual ~SessionObserver() = default;
    /// On rtspsrc's thread.
    virtual void answered(const GstRTSPMessage& request, GstRTSPMessage* response) = 0;
};

/// rtspsrc makes one instance of each element that implements GstRTSPExtension; ours is the seat. Registered
/// on first use. Null extension: rtspsrc was used in this process before, and knows only the extensions of
/// that time.
struct TappedSource {
    Ref<GstElement> rtspsrc;
    GstRTSPExtension* extension = nullptr;  ///< lives as long as rtspsrc
};
TappedSource make_rtspsrc(std::weak_ptr<SessionObserver> observer);

/// Sends a request and does not wait for its answer, which rtspsrc reads and ignores, whatever it says. Only
/// on the thread that reads the connection.
void send_request(GstRTSPExtension* extension, GstRTSPMethod method, const char* url);

}  // namespace rill::rtsp
