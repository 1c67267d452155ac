#include "http_connection.hpp"

#include "forwarded.hpp"
#include "message.hpp"
#include "origin.hpp"
#include "server_core.hpp"
#include "websocket_session.hpp"

#include <rill/json.hpp>
#include <rill/log.hpp>

#include <algorithm>
#include <iterator>

namespace rill::http {
namespace {

/// Where the head ends: behind its first empty line, or npos. Line ends that the parser refuses are found
/// too, so that it can.
std::size_t find_head_end(std::string_view input, std::size_t from) {
    while (true) {
        const std::size_t line_end = input.find('\n', from);
        if (line_end == std::string_view::npos) return line_end;
        const std::string_view next = input.substr(line_end + 1, 2);
        if (next.substr(0, 1) == "\n") return line_end + 2;
        if (next == "\r\n") return line_end + 3;
        from = line_end + 1;
    }
}

/// What lets a page of another origin read the answer, and keeps a cache from giving it to others.
decltype(Response::headers) cors_headers(const Response& response) {
    decltype(Response::headers) result;
    std::ranges::copy_if(response.headers, std::back_inserter(result), [](const auto& header) {
        return g_ascii_strncasecmp(header.first.c_str(), "access-control-", 15) == 0 ||
               g_ascii_strcasecmp(header.first.c_str(), "vary") == 0;
    });
    return result;
}

}  // namespace

HttpConnection::HttpConnection(ServerCore& server, std::unique_ptr<Socket> socket, Arrival arrival)
    : Peer(server, std::move(socket)), arrival_(std::move(arrival)), local_(local_address(socket_->fd())) {}

std::shared_ptr<HttpConnection> HttpConnection::self() {
    return std::static_pointer_cast<HttpConnection>(shared_from_this());
}

void HttpConnection::start() {
    settle();
}

void HttpConnection::turn_away(std::string_view reason) {
    refuse(400, reason);
    advance();
}

void HttpConnection::on_ready(std::uint32_t events) {
    const auto alive = self();
    // While a request is answered only the client's leaving is waited for.
    if (state_ == State::answering) return close();
    if (stream_ && (events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) return close();
    if (state_ != State::writing && (events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) {
        switch (receive(input_)) {
            case Socket::State::moved:
            case Socket::State::blocked:
                break;
            case Socket::State::ended:
                ended_ = true;
                break;
            case Socket::State::failed:
                return close();
        }
    }
    advance();
}

void HttpConnection::advance() {
    if (advancing_) return;  // an answer given inside the handler: the loop below goes on with it
    const auto alive = self();
    advancing_ = true;
    while (is_open() && step()) {
    }
    advancing_ = false;
    if (is_open()) settle();
}

/// Does what can be done without waiting. False when there is nothing more.
bool HttpConnection::step() {
    switch (state_) {
        case State::head:
            return read_head();
        case State::body:
            return read_body();
        case State::answering:
            if (ended_) close();
            return false;
        case State::writing:
            return write();
        case State::lingering:
            input_.clear();
            if (ended_) close();
            return false;
    }
    return false;
}

/// Waits for what the state needs.
void HttpConnection::settle() {
    Wait kind = Wait::reading;
    switch (state_) {
        case State::head:
            want(EPOLLIN);
            if (input_.empty()) kind = Wait::idle;
            break;
        case State::body:
            if (output_.flush(*socket_) == OutputQueue::Flush::failed) return close();
            want(output_.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT);
            break;
        case State::answering:
            want(EPOLLRDHUP);
            server_.deadlines.cancel(*this);
            return;
        case State::writing:
            return settle_writing();
        case State::lingering:
            want(EPOLLIN);
            kind = Wait::lingering;
            break;
    }
    if (!Deadlines::waits(*this, kind)) server_.deadlines.start(*this, kind);
}

void HttpConnection::settle_writing() {
    const std::uint32_t leaving = stream_ ? std::uint32_t{EPOLLRDHUP} : 0U;
    if (output_.empty()) {  // the source takes the time that it needs
        want(leaving);
        server_.deadlines.cancel(*this);
        return;
    }
    want(EPOLLOUT | leaving);
    if (output_.written() != written_at_settle_) server_.deadlines.cancel(*this);
    written_at_settle_ = output_.written();
    if (!Deadlines::waits(*this, Wait::writing)) server_.deadlines.start(*this, Wait::writing);
}

bool HttpConnection::read_head() {
    // Empty lines before a request are a habit of old clients (RFC 9112 §2.2).
    const std::size_t begin = std::min(input_.find_first_not_of("\r\n"), input_.size());
    input_.erase(0, begin);
    if (begin > 0) searched_ = 0;

    if (!input_.empty() && g_ascii_isalpha(input_.front()) == FALSE) {
        refuse(400, "this is no HTTP request");  // TLS, most often: its client would wait for more
        return true;
    }
    const std::size_t end = find_head_end(input_, searched_);
    if (std::min(end, input_.size()) > server_.limits.header_bytes) {
        ++server_.counters.rejected;
        refuse(431, "the request line and headers are too long");
        return true;
    }
    if (end == std::string::npos) {
        // The empty line may be cut anywhere in its "\n\r\n".
        searched_ = input_.size() - std::min<std::size_t>(input_.size(), 3);
        if (ended_) close();
        return false;
    }
    auto parsed = parse_request_head(std::string_view(input_).substr(0, end));
    input_.erase(0, end);
    searched_ = 0;
    if (const auto* refused = std::get_if<Refusal>(&parsed)) {
        refuse(refused->status, refused->reason);
        return true;
    }
    head_ = std::move(std::get<RequestHead>(parsed));
    return accept_head();
}

bool HttpConnection::accept_head() {
    keep_alive_ = head_.keep_alive;
    if (head_.content_length > server_.limits.body_bytes) {
        ++server_.counters.rejected;
        refuse(413, "the body is too large");
        return true;
    }
    if (!head_.has_body()) {
        dispatch();
        return true;
    }
    if (head_.chunked) chunks_.emplace(server_.limits.body_bytes);
    if (head_.expects_continue && input_.empty()) output_.push(to_bytes("HTTP/1.1 100 Continue\r\n\r\n"));
    state_ = State::body;
    return true;
}

bool HttpConnection::read_body() {
    std::string& body = request_.body;
    bool complete = false;
    if (chunks_) {
        input_.erase(0, chunks_->take(input_, body));
        if (chunks_->state() == ChunkedBody::State::malformed) {
            refuse(400, "the chunked body is malformed");
            return true;
        }
        if (chunks_->state() == ChunkedBody::State::too_large) {
            ++server_.counters.rejected;
            refuse(413, "the body is too large");
            return true;
        }
        complete = chunks_->state() == ChunkedBody::State::complete;
    } else {
        const std::size_t count =
            std::min(static_cast<std::size_t>(head_.content_length) - body.size(), input_.size());
        body.append(input_, 0, count);
        input_.erase(0, count);
        complete = body.size() == head_.content_length;
    }
    if (complete) {
        dispatch();
        return true;
    }
    if (ended_) close();
    return false;
}

void HttpConnection::dispatch() {
    ++server_.counters.requests;
    if (head_.asks_server_options) {
        Response response = Response::no_content();
        response.header("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
        return respond(response);
    }
    Target target = std::exchange(head_.target, Target());
    request_.method = head_.method == "HEAD" ? "GET" : head_.method;
    request_.path = std::move(target.path);
    request_.query = std::move(target.query);
    request_.raw_query = std::move(target.raw_query);
    request_.encoded_slash = target.encoded_slash;
    request_.headers.swap(head_.headers);
    // Ranges are defined for GET only (RFC 9110 §14.2), and the handler sees no HEAD.
    if (head_.method == "HEAD") request_.headers.erase("range");
    Asker asker = asker_of(request_, arrival_, socket_->is_encrypted());
    request_.remote = std::move(asker.remote);
    request_.secure = asker.secure;
    request_.is_unlimited = asker.is_unlimited;
    request_.service = arrival_.endpoint->service;
    request_.local = local_;
    chunks_.reset();

    state_ = State::answering;
    exchange_ = std::make_shared<ClientExchange>(std::exchange(request_, Request()), server_.mailbox, self());
    server_.handle(Exchange(exchange_));
}

void HttpConnection::answer(const ClientExchange& exchange, const Response& response) {
    if (exchange_.get() != &exchange) return;
    exchange_.reset();
    respond(response);
    advance();
}

void HttpConnection::upgrade(const ClientExchange& exchange, const WebSocketHandler& handler) {
    if (exchange_.get() != &exchange) return;
    const auto answered = std::exchange(exchange_, nullptr);
    if (!may_upgrade(answered->request(), server_.websocket_origins)) {
        respond(refusal(403, "pages of this origin may not open WebSockets here (httpAllowOrigins)"));
        return advance();
    }
    auto handshake = answer_handshake(answered->request(), head_.method, head_.http_1_0);
    if (const auto* refused = std::get_if<Response>(&handshake)) {
        respond(*refused);
        return advance();
    }
    const auto alive = self();
    const auto session = std::make_shared<WebSocketSession>(server_, detach(), answered->request());
    server_.add(session);
    session->start(std::get<std::string>(std::move(handshake)), std::move(input_), handler);
}

void HttpConnection::respond(const Response& response) {
    keep_alive_ = keep_alive_ && server_.listens_at(*arrival_.endpoint);
    const Framing framing = framing_of(response, head_.http_1_0);
    if (framing.kind == Framing::Kind::until_close) keep_alive_ = false;
    std::string head = response_head(response, framing, keep_alive_, server_.date());
    state_ = State::writing;
    const bool sends_body = head_.method != "HEAD" && has_body(response.status);
    if (sends_body && response.stream && response.stream->size() != 0U) {
        stream_ = std::make_shared<BodyStream>(*response.stream, framing.kind, std::move(head));
        error_headers_ = cors_headers(response);
        return;
    }
    output_.push(to_bytes(std::move(head)));
    if (!sends_body || response.stream) return;
    for (const auto& piece : response.body)
        output_.push(piece);
}

void HttpConnection::refuse(int status, std::string_view reason) {
    keep_alive_ = false;
    respond(refusal(status, reason));
}

bool HttpConnection::write() {
    const auto flushed = output_.flush(*socket_);
    if (flushed == OutputQueue::Flush::failed) {
        close();
        return false;
    }
    if (stream_) {
        ask_source();
        return false;
    }
    return flushed == OutputQueue::Flush::drained && finish_response();
}

void HttpConnection::ask_source() {
    stream_->ask(output_.queued(), server_.mailbox, [weak = std::weak_ptr(self())](const auto& piece) {
        if (const auto connection = weak.lock()) connection->on_piece(piece);
    });
}

void HttpConnection::on_piece(const Result<BodySource::Piece>& piece) {
    if (const auto taken = stream_->take(piece, output_); !taken) return fail_stream(taken.error());
    if (stream_->complete()) stream_.reset();
    advance();
}

void HttpConnection::fail_stream(const Error& error) {
    const auto failed = std::exchange(stream_, nullptr);
    if (!failed->started()) {
        Response response = Response::error(error);
        response.headers = std::exchange(error_headers_, {});
        respond(response);
        return advance();
    }
    Log("HTTP").warning("the answer to {} is cut short: {}", arrival_.remote, error.message);
    // Closed in order, half a body would look like a whole one (RFC 9112 §8).
    if (failed->ends_with_connection()) socket_->reset_at_end();
    close();
}

bool HttpConnection::finish_response() {
    server_.deadlines.cancel(*this);
    head_ = RequestHead();
    request_ = Request();
    chunks_.reset();
    if (keep_alive_ && server_.listens_at(*arrival_.endpoint)) {
        state_ = State::head;
        if (input_.empty()) input_.shrink_to_fit();
        return true;
    }
    // Closing with unread input would reset the connection and could take the answer with it.
    socket_->finish_sending();
    state_ = State::lingering;
    return true;
}

void HttpConnection::on_deadline(Wait kind) {
    const auto alive = self();
    if (kind != Wait::reading) return close();
    ++server_.counters.rejected;
    refuse(408, "the request did not arrive in time");
    advance();
}

void HttpConnection::stop() {
    if (state_ == State::head && input_.empty()) close();
}

void HttpConnection::close() {
    if (!is_open()) return;
    const auto alive = self();
    const auto closing = detach();
    stream_.reset();
    if (const auto exchange = std::exchange(exchange_, nullptr)) exchange->abandon();
}

}  // namespace rill::http
