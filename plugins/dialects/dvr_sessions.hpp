// WebRTC sessions in the words of the DVR server.
#pragma once

#include <rill/http.hpp>
#include <rill/hub.hpp>
#include <rill/json.hpp>
#include <rill/result.hpp>

#include <string>
#include <string_view>

namespace rill::dialects {

/// `rest` is what follows "/streams/{id}/": "webrtc", "webrtc/dvr", "webrtc/{session}",
/// "webrtc/{session}/seek". Main thread.
void serve_sessions(ControllerHost& host, http::Exchange exchange, const std::string& id,
                    std::string_view rest);

/// A time as these clients say it, in RFC 3339: in quotes, or as seconds or milliseconds since 1970. Error:
/// invalid_config.
Result<std::string> read_timestamp(const Json& value);

}  // namespace rill::dialects
