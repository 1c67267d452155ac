#include "whep_client.hpp"

#include <rill/callback.hpp>

#include <fmt/format.h>

#include <utility>

namespace rill::test {

namespace {

std::string text_of(GBytes* bytes) {
    gsize length = 0;
    const auto* text = static_cast<const char*>(g_bytes_get_data(bytes, &length));
    return length == 0 ? std::string() : std::string(text, length);
}

/// Location, absolute; empty when there is none.
std::string location_of(SoupMessage* message) {
    const char* location =
        soup_message_headers_get_one(soup_message_get_response_headers(message), "Location");
    if (location == nullptr) return {};
    const Owned<GUri> resolved(g_uri_parse_relative(soup_message_get_uri(message), location,
                                                    static_cast<GUriFlags>(SOUP_HTTP_URI_FLAGS), nullptr));
    return resolved ? Owned<char>(g_uri_to_string(resolved.get())).get() : std::string();
}

}  // namespace

WhepClient::WhepClient(Ref<SoupSession> http, std::string url, WhepEvents events)
    : http_(std::move(http)),
      url_(std::move(url)),
      events_(std::move(events)),
      self_(std::make_shared<WhepClient*>(this)) {}

WhepClient::~WhepClient() {
    *self_ = nullptr;
    if (session_url_.empty()) return;
    const auto end = Ref<SoupMessage>::adopt(soup_message_new("DELETE", session_url_.c_str()));
    Ref<GBytes>::adopt(soup_session_send_and_read(http_.get(), end.get(), nullptr, nullptr));
}

void WhepClient::post(const std::string& offer) {
    post_ = Ref<SoupMessage>::adopt(soup_message_new("POST", url_.c_str()));
    if (!post_) {
        events_.refused(0, fmt::format("'{}' is no URL", url_));
        return;
    }
    const auto body = Ref<GBytes>::adopt(g_bytes_new(offer.data(), offer.size()));
    soup_message_set_request_body_from_bytes(post_.get(), "application/sdp", body.get());
    soup_session_send_and_read_async(
        http_.get(), post_.get(), G_PRIORITY_DEFAULT, nullptr,
        [](GObject*, GAsyncResult* result, gpointer data) {
            const std::unique_ptr<Self> self(static_cast<Self*>(data));
            if (**self != nullptr) (**self)->take_answer(result);
        },
        keep(self_));
}

void WhepClient::take_answer(GAsyncResult* result) {
    Owned<GError> error;
    const auto body = Ref<GBytes>::adopt(soup_session_send_and_read_finish(http_.get(), result, out(error)));
    if (!body) {
        events_.refused(0, fmt::format("POST {}: {}", url_, error->message));
        return;
    }
    const int status = static_cast<int>(soup_message_get_status(post_.get()));
    if (status != SOUP_STATUS_CREATED) {
        events_.refused(status, fmt::format("POST {}: {} {}", url_, status, text_of(body.get())));
        return;
    }
    session_url_ = location_of(post_.get());
    events_.answered(text_of(body.get()));
}

}  // namespace rill::test
