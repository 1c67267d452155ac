// One WebSocket on one connection (RFC 6455).
#pragma once

#include "mailbox.hpp"
#include "outbox.hpp"
#include "peer.hpp"
#include "websocket_frames.hpp"

#include <rill/http.hpp>

namespace rill::http {

/// Threading: as WebSocket says; the rest on the server's thread.
class WebSocketSession final : public WebSocket, public Peer {
  public:
    WebSocketSession(ServerCore& server, std::unique_ptr<Socket> socket, Request request);

    /// Sends the handshake, introduces the session to the handler, and reads what the client sent early.
    void start(std::string handshake, const std::string& early_input, const WebSocketHandler& handler);

    const Request& request() const override { return request_; }
    void send_text(std::string message) override;
    void send_binary(Ref<GBytes> message) override;
    void close(int code, std::string reason) override;
    std::size_t queued_bytes() const override { return outbox_.bytes(); }
    void on_drained(std::function<void()> drained) override { drained_ = std::move(drained); }
    void on_message(std::function<void(std::string_view, bool)> message,
                    std::function<void()> closed) override;

    void on_ready(std::uint32_t events) override;
    void on_deadline(Wait kind) override;
    void stop() override;
    void close() override;

  private:
    std::shared_ptr<WebSocketSession> self();
    void send(Outbox::Message message);
    void post(void (WebSocketSession::*work)());

    void process_input();
    void process(FrameReader::Message message);
    void answer_close(std::string_view payload);
    void push_frame(Opcode opcode, Ref<GBytes> payload);
    void begin_close(CloseCode code, std::string_view reason);
    void overflow();
    void flush();

    const Request request_;
    const std::shared_ptr<Mailbox> mailbox_;
    Outbox outbox_;

    FrameReader reader_;
    std::function<void(std::string_view, bool)> message_;
    std::function<void()> closed_;
    std::function<void()> drained_;
    bool owes_drained_ = false;   ///< messages were handed to the socket since it was told
    bool pinged_ = false;         ///< and nothing heard since
    std::uint64_t pong_end_ = 0;  ///< position in the output behind the last pong
    bool close_sent_ = false;
    bool close_received_ = false;
    bool discarding_ = false;  ///< what the client sends, after a frame that cannot be understood
};

}  // namespace rill::http
