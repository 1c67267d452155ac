// What every client needs that is GStreamer's webrtcbin and offers.
#pragma once

#include "webrtc_handles.hpp"

#include <functional>
#include <string>

namespace rill::test {

/// Runs `then` on webrtcbin's thread with the reply to one of its asynchronous actions; null when it has
/// none.
void ask(GstElement* webrtcbin, const char* action, gconstpointer argument,
         std::function<void(const GstStructure*)> then);

/// No port mapping, one socket, the loopback alone, and connectivity checks as fast as RFC 8445 allows: the
/// times to the first packet would be libnice's 20 ms between two of them.
void use_loopback_only(GstElement* webrtcbin);

/// A section that receives what `caps` say, with retransmission.
void add_receiver(GstElement* webrtcbin, const char* caps);

/// Runs `then` on a thread of webrtcbin's when all its candidates are known.
void when_gathered(GstElement* webrtcbin, std::function<void()> then);

/// As SDP, with the candidates known so far.
std::string local_description(GstElement* webrtcbin);

/// Null when it is no SDP.
webrtc::Description parse_description(GstWebRTCSDPType type, const std::string& sdp);

}  // namespace rill::test
