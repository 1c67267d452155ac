// HTTP as modules see it: a request, an answer given now or later, and WebSockets.
#pragma once

#include <rill/http_body.hpp>
#include <rill/ref.hpp>
#include <rill/result.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rill::http {

class Cors;
class ServerCore;
struct Endpoint;
struct OpenEndpoint;
class WebSocket;

using WebSocketHandler = std::function<void(std::shared_ptr<WebSocket>)>;

struct Request {
    std::string method;                        ///< "GET"; also for HEAD, whose body is left out later
    std::string path;                          ///< percent-decoded, starts with '/', no dot segments
    std::map<std::string, std::string> query;  ///< percent-decoded; the last of repeated keys counts
    std::string raw_query;                     ///< as sent, without '?'
    /// Where in `path` the first slash is that came as "%2F"; npos: all came as slashes.
    std::size_t encoded_slash = std::string::npos;
    std::map<std::string, std::string> headers;  ///< names in lower case
    std::string body;                            ///< at most Limits::body_bytes
    std::string remote;                          ///< "192.0.2.1:50000" or "[2001:db8::1]:50000"
    std::string local;                           ///< the address and port that the client reached
    std::string user;     ///< who sent it, once that is known; "": nobody in particular
    bool secure = false;  ///< the client speaks HTTPS, to us or to a trusted proxy
    std::string service;  ///< whose address was reached; "": that of all services
    /// Limits of one address do not count it: it comes from this machine, or from a trusted proxy itself.
    bool is_unlimited = false;

    /// The header's value, or "". `name` in lower case.
    std::string_view header(std::string_view name) const;
    /// The media type of Content-Type in lower case, without parameters.
    std::string content_type() const;
    /// Whether Exchange::upgrade() can be the answer (RFC 6455 §4.1).
    bool asks_for_websocket() const;
};

struct Response {
    int status = 200;
    std::string content_type;
    std::vector<std::pair<std::string, std::string>> headers;
    /// The body, sent in this order. Shared bytes are not copied. The server sets Content-Length,
    /// Transfer-Encoding, Date, Server and Connection.
    std::vector<Ref<GBytes>> body;
    /// A body that is made while it is sent, instead of `body`. It is not read for HEAD. A client that takes
    /// nothing for Limits::idle_ms, or ends its side of the connection, is closed.
    std::optional<StreamedBody> stream;

    static Response text(int status, std::string_view content_type, std::string_view body);
    static Response json(int status, std::string_view body);
    /// {"status":"error","error":message} with the status of the code.
    static Response error(const Error& error);
    /// 405 with Allow; `allowed` is its value: "GET, POST".
    static Response method_not_allowed(std::string_view method, std::string_view allowed);
    static Response no_content();
    Response& header(std::string_view name, std::string_view value);
};

/// One request that waits for its answer.
///
/// Threading: handed over on the main thread; may be moved to any thread and answered there, once. Dropping
/// it unanswered answers 500. The client may have gone meanwhile: then the answer is discarded. A client that
/// ends its side of the connection before the answer counts as gone.
class Exchange {
  public:
    class Impl;
    explicit Exchange(std::shared_ptr<Impl> impl);
    Exchange(Exchange&&) noexcept;
    Exchange& operator=(Exchange&&) noexcept;
    ~Exchange();

    const Request& request() const;
    void respond(Response response);
    /// The answer to a request for a WebSocket: `handler` is given it, on the main thread. A handshake that
    /// is wrong is answered with what is wrong with it, 400 or 426.
    void upgrade(WebSocketHandler handler);
    void fail(const Error& error) { respond(Response::error(error)); }
    /// Request::user from now on. Before anybody else knows the exchange.
    void identify(std::string user);
    /// Web pages of these origins may read the answer, whoever gives it, who must have no CORS of his own.
    void allow(std::shared_ptr<const Cors> cors);
    /// `callback` runs on the main thread, at most once, if the client goes away or the server ends before
    /// the answer. It is given up with the answer.
    void on_abandoned(std::function<void()> callback);

  private:
    std::shared_ptr<Impl> impl_;
};

/// One WebSocket, of text and binary messages. Sending never blocks: what a client does not read in time is
/// bounded by Limits::websocket_queue_bytes, and a client beyond it is closed (1008). A single message may be
/// larger, when nothing else is queued.
///
/// Threading: callbacks run on the main thread; send() and close() may be called on any thread.
class WebSocket {
  public:
    virtual ~WebSocket() = default;
    virtual const Request& request() const = 0;
    virtual void send_text(std::string message) = 0;
    virtual void send_binary(Ref<GBytes> message) = 0;
    /// After what was sent before; RFC 6455 §7.4 has the codes. What is sent after it is dropped.
    virtual void close(int code, std::string reason) = 0;
    /// Bytes accepted by send_… and not yet written to the socket.
    virtual std::size_t queued_bytes() const = 0;
    /// Set once, before anything is sent. `drained` runs on the main thread each time that all messages sent
    /// so far are written to the socket: for senders that would rather drop than queue.
    virtual void on_drained(std::function<void()> drained) = 0;
    /// Set once, before returning to the main loop. `closed` runs exactly once, also when the server stops.
    virtual void on_message(std::function<void(std::string_view data, bool binary)> message,
                            std::function<void()> closed) = 0;
};

using Handler = std::function<void(Exchange)>;

/// What protects the server from its clients. Times in milliseconds.
struct Limits {
    unsigned connections = 4096;           ///< beyond it the longest idle connection makes room
    unsigned connections_per_address = 0;  ///< beyond it new ones are closed; 0: any number. Of IPv6 it is a
                                           ///< /64; this machine and trusted proxies have no limit
    std::size_t header_bytes = 64u << 10;  ///< request line and headers; more is answered 431 and closed
    std::size_t body_bytes = 1u << 20;     ///< more is answered 413
    unsigned header_ms = 10'000;  ///< from the first byte of a request to the end of its body, and for a
                                  ///< TLS handshake
    unsigned idle_ms = 60'000;    ///< a connection with no request under way, a client that takes nothing of
                                  ///< its answer, a WebSocket that answers no ping
    std::size_t websocket_message_bytes = 128u << 10;
    std::size_t websocket_queue_bytes = 4u << 20;
};

/// A server on one or more addresses.
///
/// Threading: made, used and destroyed on the thread whose default GMainContext it serves from (the main
/// thread).
class Server {
  public:
    explicit Server(Limits limits = {});
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    /// Closes every connection and WebSocket; exchanges still held elsewhere stay valid and answer into
    /// nothing. Not from one of the server's own callbacks, which holds for shutdown() too.
    ~Server();

    /// `address` is "host:port", ":port" (all interfaces, IPv6 and IPv4) or "[v6]:port"; port 0 picks a free
    /// one. Error: invalid_config if it is no address, else unavailable with the address and the system's
    /// reason (port taken, no such address).
    Result<> listen(const std::string& address);
    /// For core (http/endpoint.hpp): what it takes to listen there, and nowhere else. Nothing changes yet;
    /// errors are those of listen().
    Result<std::vector<OpenEndpoint>> open(std::vector<Endpoint> endpoints) const;
    /// Listens there, and nowhere else. A connection to what has changed ends with its next answer, a
    /// WebSocket and an answer under way go on.
    void put(std::vector<OpenEndpoint> endpoints);
    /// The ports in use, in the order of listen().
    std::vector<std::uint16_t> ports() const;

    /// The handler of every request. Answers 500 if it throws.
    void on_request(Handler handler);

    /// The origins of pages that may open WebSockets, beside those of this host; "*": all, as at first.
    void allow_websockets(std::vector<std::string> origins);

    /// Limits::connections and connections_per_address from now on. Connections that are there stay.
    void limit_connections(unsigned all, unsigned per_address);

    /// Stops to accept, waits for answers under way up to `grace_ms`, then closes all. Returns when closed;
    /// runs the main context meanwhile.
    void shutdown(unsigned grace_ms);

    struct Statistics {
        unsigned connections = 0;
        unsigned websockets = 0;
        std::uint64_t requests = 0;
        std::uint64_t rejected = 0;  ///< connections and requests refused by a limit
    };
    Statistics statistics() const;

  private:
    std::unique_ptr<ServerCore> core_;
};

}  // namespace rill::http
