// Sessions and muxers as MediaMTX's control API has them: /v3/hlssessions/…, /v3/webrtcsessions/…,
// /v3/hlsmuxers/…, and the lists of what Rill does not serve (its api/openapi.yaml).
#pragma once

#include "asked.hpp"

#include <rill/hub.hpp>
#include <rill/json.hpp>

#include <span>
#include <string>
#include <string_view>

namespace rill::api {

/// One kind of session.
struct SessionKind {
    std::string_view prefix;   ///< "/v3/webrtcsessions/"
    std::string_view session;  ///< ReaderStatus::session; empty: there are none
    bool can_kick = true;
};
/// Each that is served.
std::span<const SessionKind> session_kinds();

/// Answers list, get/{id} and kick/{id}, now or from another thread; `rest` is what stands behind the prefix.
/// Threading: the main thread.
void answer_mediamtx_sessions(const Asked& asked, Hub& hub, const SessionKind& kind, const std::string& rest);
/// Answers list and get/{name}.
http::Response answer_mediamtx_muxers(const http::Request& request, const Hub& hub, const std::string& rest);

/// A query without what it says in confidence: "token=***&a=b".
std::string without_secrets(std::string_view query);

}  // namespace rill::api
