// What a webhook sends.
#pragma once

#include <rill/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace rill::hooks {

struct Event {
    std::string name;         ///< of letters and digits, since it is a header too: "ready", "segmentComplete"
    std::string path;         ///< "" when it belongs to none
    std::int64_t utc_us = 0;  ///< microseconds since 1970
    Json details = Json::object();
};

/// {"id":…,"event":…,"path":…,"time":RFC 3339,"details":{…}}. `id` is the same each time that an event is
/// sent again.
std::string webhook_body(const Event& event, std::string_view id);

/// "sha256=" and the HMAC-SHA-256 (RFC 2104) of the body in hex: the value of X-Rill-Signature.
std::string webhook_signature(std::string_view secret, std::string_view body);

}  // namespace rill::hooks
