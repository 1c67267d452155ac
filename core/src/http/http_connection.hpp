// HTTP/1.1 on one connection (RFC 9110, RFC 9112).
#pragma once

#include "body_stream.hpp"
#include "chunked_body.hpp"
#include "endpoint.hpp"
#include "exchange.hpp"
#include "peer.hpp"
#include "request_head.hpp"

#include <optional>
#include <string>

namespace rill::http {

/// One request after the other: a pipelined request waits until the answer before it is written.
///
/// Threading: the server's.
class HttpConnection final : public Peer {
  public:
    HttpConnection(ServerCore& server, std::unique_ptr<Socket> socket, Arrival arrival);

    /// Waits for the first request.
    void start();
    /// Instead: answers 400, whatever the client says.
    void turn_away(std::string_view reason);
    /// Sends the answer, unless it is to a request whose client has gone.
    void answer(const ClientExchange& exchange, const Response& response);
    /// Becomes a WebSocket, if the handshake is right, unless the client has gone.
    void upgrade(const ClientExchange& exchange, const WebSocketHandler& handler);

    void on_ready(std::uint32_t events) override;
    void on_deadline(Wait kind) override;
    void stop() override;
    void close() override;

  private:
    using Headers = decltype(Response::headers);
    enum class State { head, body, answering, writing, lingering };

    void advance();
    bool step();
    void settle();
    void settle_writing();

    bool read_head();
    bool accept_head();
    bool read_body();
    void dispatch();
    void respond(const Response& response);
    void refuse(int status, std::string_view reason);
    bool write();
    void ask_source();
    void on_piece(const Result<BodySource::Piece>& piece);
    void fail_stream(const Error& error);
    bool finish_response();

    std::shared_ptr<HttpConnection> self();

    const Arrival arrival_;
    const std::string local_;
    State state_ = State::head;
    bool advancing_ = false;
    bool ended_ = false;  ///< the client sends no more

    std::string input_;
    std::size_t searched_ = 0;  ///< of input_, for the end of the head
    RequestHead head_;
    std::optional<ChunkedBody> chunks_;
    Request request_;
    bool keep_alive_ = true;
    std::shared_ptr<ClientExchange> exchange_;
    std::shared_ptr<BodyStream> stream_;  ///< while pieces of a streamed body are still to come
    Headers error_headers_;               ///< of what is said if that fails before its first piece
    std::uint64_t written_at_settle_ = 0;
};

}  // namespace rill::http
