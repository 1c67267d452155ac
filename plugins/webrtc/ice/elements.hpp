// What stands in a webrtcbin where nicesrc and nicesink would: a viewer's packets in, and out to it.
#pragma once

#include "peer.hpp"

#include <rill/ref.hpp>

#include <memory>

namespace rill::webrtc::ice {

Ref<GstElement> make_source();
/// Has the packet come out of the source, on the calling thread. Never waits: what the elements behind it
/// have no room for is dropped.
void push(GstElement* source, Packet packet);

/// Sends what comes to the peer that is set before any does.
Ref<GstElement> make_sink();
void set_peer(GstElement* sink, std::shared_ptr<Peer> peer);

}  // namespace rill::webrtc::ice
