#include "websocket_session.hpp"

#include "guarded.hpp"
#include "server_core.hpp"

#include <rill/log.hpp>

namespace rill::http {
namespace {

/// What is handed to the socket at once. The rest stays in the outbox, where it can be dropped.
constexpr std::size_t output_watermark = 65'536;

bool is_valid_close_code(int code) {
    if (code >= 3000 && code <= 4999) return true;
    return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}

}  // namespace

WebSocketSession::WebSocketSession(ServerCore& server, std::unique_ptr<Socket> socket, Request request)
    : Peer(server, std::move(socket)),
      request_(std::move(request)),
      mailbox_(server.mailbox),
      outbox_(server.limits.websocket_queue_bytes),
      reader_(server.limits.websocket_message_bytes) {}

std::shared_ptr<WebSocketSession> WebSocketSession::self() {
    return std::static_pointer_cast<WebSocketSession>(shared_from_this());
}

void WebSocketSession::start(std::string handshake, const std::string& early_input,
                             const WebSocketHandler& handler) {
    const auto alive = self();
    ++server_.counters.websockets;
    output_.push(to_bytes(std::move(handshake)));
    server_.deadlines.start(*this, Wait::keepalive);
    bool introduced = false;
    guarded("WebSocket", [&] {
        handler(alive);
        introduced = true;
    });
    if (!introduced) begin_close(CloseCode::server_error, "internal error");
    reader_.feed(early_input);
    process_input();
}

void WebSocketSession::on_message(std::function<void(std::string_view, bool)> message,
                                  std::function<void()> closed) {
    message_ = std::move(message);
    closed_ = std::move(closed);
}

void WebSocketSession::send_text(std::string message) {
    send({to_bytes(std::move(message)), false});
}

void WebSocketSession::send_binary(Ref<GBytes> message) {
    send({std::move(message), true});
}

void WebSocketSession::send(Outbox::Message message) {
    switch (outbox_.push(std::move(message))) {
        case Outbox::Push::first:
            return post(&WebSocketSession::flush);
        case Outbox::Push::overflow:
            return post(&WebSocketSession::overflow);
        case Outbox::Push::queued:
        case Outbox::Push::closed:
            return;
    }
}

void WebSocketSession::close(int code, std::string reason) {
    mailbox_->post([weak = weak_from_this(), code, reason = std::move(reason)] {
        const auto peer = std::static_pointer_cast<WebSocketSession>(weak.lock());
        if (peer) peer->begin_close(is_valid_close_code(code) ? CloseCode(code) : CloseCode::normal, reason);
    });
}

void WebSocketSession::post(void (WebSocketSession::*work)()) {
    mailbox_->post([weak = weak_from_this(), work] {
        if (const auto peer = std::static_pointer_cast<WebSocketSession>(weak.lock())) (peer.get()->*work)();
    });
}

void WebSocketSession::on_ready(std::uint32_t events) {
    const auto alive = self();
    if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) {
        std::string input;
        switch (receive(input)) {
            case Socket::State::moved:
                pinged_ = false;
                if (!close_sent_) server_.deadlines.start(*this, Wait::keepalive);
                if (!discarding_) reader_.feed(input);
                return process_input();
            case Socket::State::blocked:
                break;
            case Socket::State::ended:
            case Socket::State::failed:
                return close();
        }
    }
    flush();
}

void WebSocketSession::process_input() {
    while (is_open() && !close_received_ && !discarding_) {
        FrameReader::Event event = reader_.next();
        if (std::holds_alternative<FrameReader::NeedsMore>(event)) break;
        if (const auto* failure = std::get_if<FrameReader::Failure>(&event)) {
            discarding_ = true;
            begin_close(failure->code, failure->reason);
            break;
        }
        process(std::get<FrameReader::Message>(std::move(event)));
    }
    flush();
}

void WebSocketSession::process(FrameReader::Message message) {
    switch (message.opcode) {
        case Opcode::close:
            return answer_close(message.payload);
        case Opcode::ping:
            // One at a time: a client that pings and does not read must not fill the queue (RFC 6455 §5.5.3).
            if (close_sent_ || output_.written() < pong_end_) return;
            push_frame(Opcode::pong, to_bytes(std::move(message.payload)));
            pong_end_ = output_.written() + output_.queued();
            return;
        case Opcode::pong:
        case Opcode::continuation:
            return;
        case Opcode::text:
        case Opcode::binary:
            if (close_sent_ || !message_) return;
            guarded("WebSocket", [&] { message_(message.payload, message.opcode == Opcode::binary); });
    }
}

void WebSocketSession::answer_close(std::string_view payload) {
    close_received_ = true;
    int code = static_cast<int>(CloseCode::normal);
    if (payload.size() >= 2) {
        code = static_cast<unsigned char>(payload[0]) * 256 + static_cast<unsigned char>(payload[1]);
    }
    const bool valid = payload.size() != 1 && is_valid_close_code(code);
    begin_close(valid ? static_cast<CloseCode>(code) : CloseCode::protocol_error, "");
}

void WebSocketSession::push_frame(Opcode opcode, Ref<GBytes> payload) {
    output_.push(to_bytes(frame_header(opcode, g_bytes_get_size(payload.get()))));
    output_.push(std::move(payload));
}

void WebSocketSession::begin_close(CloseCode code, std::string_view reason) {
    if (!is_open() || close_sent_) return;
    // What was sent before the close still goes out, unless it is what the close is about.
    while (auto message = outbox_.pop()) {
        push_frame(message->binary ? Opcode::binary : Opcode::text, std::move(message->bytes));
    }
    outbox_.close();
    close_sent_ = true;
    push_frame(Opcode::close, to_bytes(close_payload(static_cast<int>(code), reason)));
    server_.deadlines.start(*this, Wait::lingering);
    flush();
}

void WebSocketSession::overflow() {
    if (!is_open()) return;
    ++server_.counters.rejected;
    begin_close(CloseCode::policy_violation, "the client does not read what it is sent");
}

/// Hands to the socket what it takes. Ends only when the outbox has said that it has nothing more, or when
/// the socket will tell: else the next message would wait for somebody who looks.
void WebSocketSession::flush() {
    if (!is_open()) return;
    bool exhausted = false;
    while (!exhausted) {
        while (!exhausted && output_.queued() < output_watermark) {
            auto message = outbox_.pop();
            exhausted = !message;
            if (exhausted) break;
            push_frame(message->binary ? Opcode::binary : Opcode::text, std::move(message->bytes));
            owes_drained_ = true;
        }
        const OutputQueue::Flush result = output_.flush(*socket_);
        outbox_.in_flight(output_.queued());
        if (result == OutputQueue::Flush::failed) return close();
        if (result == OutputQueue::Flush::blocked) return want(EPOLLIN | EPOLLOUT);
        if (close_sent_ && close_received_) return close();
        // Closing with unread input would reset the connection and could take the Close frame with it.
        if (discarding_) socket_->finish_sending();
    }
    want(EPOLLIN);
    if (std::exchange(owes_drained_, false) && drained_) guarded("drained", drained_);
}

void WebSocketSession::on_deadline(Wait kind) {
    const auto alive = self();
    if (kind == Wait::lingering || pinged_) return close();
    pinged_ = true;
    push_frame(Opcode::ping, to_bytes("rill"));
    server_.deadlines.start(*this, Wait::keepalive);
    flush();
}

void WebSocketSession::stop() {
    begin_close(CloseCode::going_away, "the server stops");
}

void WebSocketSession::close() {
    if (!is_open()) return;
    const auto alive = self();
    const auto closing = detach();
    --server_.counters.websockets;
    outbox_.close();
    outbox_.in_flight(0);
    output_ = OutputQueue();
    const auto message = std::exchange(message_, nullptr);
    const auto drained = std::exchange(drained_, nullptr);
    guarded("closed", std::exchange(closed_, nullptr));
}

}  // namespace rill::http
