#include "tls_socket.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <sys/socket.h>
#include <utility>

namespace rill {

template <>
struct Free<BIO_METHOD> {
    void operator()(BIO_METHOD* handle) const { BIO_meth_free(handle); }
};
template <>
struct Free<BIO> {
    void operator()(BIO* handle) const { BIO_free(handle); }
};

namespace http {
namespace {

/// What one record holds at most (RFC 8446 §5.1).
constexpr std::size_t record_bytes = 16'384;

int descriptor_of(BIO* bio) {
    return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

bool would_block() {
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

int read_bytes(BIO* bio, char* data, int size) {
    BIO_clear_retry_flags(bio);
    const ssize_t count = ::recv(descriptor_of(bio), data, static_cast<std::size_t>(size), MSG_DONTWAIT);
    if (count == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    if (count < 0 && would_block()) BIO_set_retry_read(bio);
    return static_cast<int>(count);
}

int write_bytes(BIO* bio, const char* data, int size) {
    BIO_clear_retry_flags(bio);
    const ssize_t count =
        ::send(descriptor_of(bio), data, static_cast<std::size_t>(size), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && would_block()) BIO_set_retry_write(bio);
    return static_cast<int>(count);
}

long control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

/// OpenSSL's own writes with write(), and a client that has gone would end the process by SIGPIPE.
const BIO_METHOD* method() {
    static const Owned<BIO_METHOD> method = [] {
        Owned<BIO_METHOD> made(BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "socket"));
        if (!made) return made;
        BIO_meth_set_read(made.get(), read_bytes);
        BIO_meth_set_write(made.get(), write_bytes);
        BIO_meth_set_ctrl(made.get(), control);
        return made;
    }();
    return method.get();
}

std::string reason_of(int error) {
    if (const char* const reason = ERR_reason_error_string(ERR_peek_error())) return reason;
    return error == SSL_ERROR_SYSCALL && errno != 0 ? std::strerror(errno) : "the client hung up";
}

}  // namespace

std::unique_ptr<TlsSocket> TlsSocket::make(Fd fd, const TlsCertificate& certificate) {
    Owned<SSL> session(SSL_new(certificate.context()));
    Owned<BIO> bio(method() == nullptr ? nullptr : BIO_new(method()));
    if (!session || !bio) return nullptr;
    BIO_set_data(bio.get(), reinterpret_cast<void*>(static_cast<std::intptr_t>(fd.get())));
    BIO_set_init(bio.get(), 1);
    BIO* const both_ways = bio.release();  // as one and the same, it is given up once
    SSL_set_bio(session.get(), both_ways, both_ways);
    SSL_set_accept_state(session.get());
    return std::unique_ptr<TlsSocket>(new TlsSocket(std::move(fd), std::move(session)));
}

TlsSocket::Step TlsSocket::shake_hands() {
    ERR_clear_error();  // what another connection left would be taken for this one's
    errno = 0;
    const int result = SSL_do_handshake(session_.get());
    if (result == 1) return Step::done;
    const int error = SSL_get_error(session_.get(), result);
    if (error == SSL_ERROR_WANT_READ) return Step::wants_input;
    if (error == SSL_ERROR_WANT_WRITE) return Step::wants_output;
    reason_ = reason_of(error);
    const bool is_http = error == SSL_ERROR_SSL && ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST;
    ERR_clear_error();
    return is_http ? Step::spoke_plainly : Step::failed;
}

Socket::Transfer TlsSocket::receive(std::span<char> buffer) {
    ERR_clear_error();
    std::size_t count = 0;
    // One record at most, and a record is smaller than the buffer: none of it stays behind in OpenSSL, where
    // the poller would not see it.
    if (SSL_read_ex(session_.get(), buffer.data(), buffer.size(), &count) == 1) return {State::moved, count};
    switch (SSL_get_error(session_.get(), 0)) {
        case SSL_ERROR_WANT_READ:
            return {State::blocked};
        case SSL_ERROR_ZERO_RETURN:
            return {State::ended};
        default:
            // Also a client that asks for new keys (RFC 8446 §4.6.3) and does not take the answer: there
            // would be nothing to wait for while it goes on asking.
            return {State::failed};
    }
}

Socket::Transfer TlsSocket::send(std::span<const iovec> pieces) {
    ERR_clear_error();
    const auto* data = static_cast<const char*>(pieces.front().iov_base);
    std::size_t size = std::min(pieces.front().iov_len, record_bytes);
    std::array<char, record_bytes> gathered;  // the head of an answer and its body in one record
    if (size < record_bytes && pieces.size() > 1) {
        size = 0;
        for (const iovec& piece : pieces) {
            const std::size_t part = std::min(piece.iov_len, record_bytes - size);
            std::memcpy(gathered.data() + size, piece.iov_base, part);
            size += part;
        }
        data = gathered.data();
    }
    std::size_t count = 0;
    if (SSL_write_ex(session_.get(), data, size, &count) == 1) return {State::moved, count};
    return {SSL_get_error(session_.get(), 0) == SSL_ERROR_WANT_WRITE ? State::blocked : State::failed};
}

void TlsSocket::finish_sending() {
    ERR_clear_error();
    SSL_shutdown(session_.get());  // a close_notify, which is small, and all before it is sent
    ERR_clear_error();
    ::shutdown(fd(), SHUT_WR);
}

}  // namespace http

}  // namespace rill
