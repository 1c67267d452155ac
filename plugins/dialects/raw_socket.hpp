// A WebSocket whose client gets bare pixels.
#pragma once

#include <rill/http.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace rill::dialects {

/// Stands between the client's WebSocket and whoever sends it frames with headers in front
/// (docs/api.md, "Live pictures"). Threading: as http::WebSocket.
class RawSocket final : public http::WebSocket {
  public:
    /// `request`: what is asked for frames in the client's place.
    RawSocket(std::shared_ptr<http::WebSocket> client, http::Request request)
        : client_(std::move(client)), request_(std::move(request)) {}

    const http::Request& request() const override { return request_; }
    void send_text(std::string message) override { client_->send_text(std::move(message)); }
    void send_binary(Ref<GBytes> message) override { client_->send_binary(without_header(message)); }
    void close(int code, std::string reason) override { client_->close(code, std::move(reason)); }
    std::size_t queued_bytes() const override { return client_->queued_bytes(); }
    void on_drained(std::function<void()> drained) override { client_->on_drained(std::move(drained)); }
    void on_message(std::function<void(std::string_view data, bool binary)> message,
                    std::function<void()> closed) override {
        client_->on_message(std::move(message), std::move(closed));
    }

  private:
    /// The pixels are not copied. What has no such header stays as it is.
    static Ref<GBytes> without_header(const Ref<GBytes>& message);

    const std::shared_ptr<http::WebSocket> client_;
    const http::Request request_;
};

}  // namespace rill::dialects
