// WHEP (draft-ietf-wish-whep, with RFC 9725 for what it shares with WHIP): sessions over plain HTTP.
#pragma once

#include "settings.hpp"

#include <rill/http.hpp>
#include <rill/sink.hpp>

#include <string>

namespace rill::webrtc {

class WebrtcSink;

/// Answers a request to "whep" (OPTIONS, POST) or "whep/<secret>" (OPTIONS, PATCH, DELETE). On the path's
/// loop.
void serve_whep(WebrtcSink& sink, SinkCall call);

/// The value of a Link header that tells a viewer of a STUN or TURN server.
std::string link_header(const IceServer& server);

}  // namespace rill::webrtc
