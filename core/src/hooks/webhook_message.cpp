#include "webhook_message.hpp"

#include <rill/clock.hpp>
#include <rill/ref.hpp>

#include <glib.h>

namespace rill::hooks {
namespace {

const guchar* bytes(std::string_view text) {
    return reinterpret_cast<const guchar*>(text.data());
}

}  // namespace

std::string webhook_body(const Event& event, std::string_view id) {
    return Json::object()
        .set("id", id)
        .set("event", event.name)
        .set("path", event.path)
        .set("time", rfc3339(event.utc_us))
        .set("details", event.details)
        .dump();
}

std::string webhook_signature(std::string_view secret, std::string_view body) {
    const Owned<char> digest(
        g_compute_hmac_for_data(G_CHECKSUM_SHA256, bytes(secret), secret.size(), bytes(body), body.size()));
    return std::string("sha256=") + digest.get();
}

}  // namespace rill::hooks
