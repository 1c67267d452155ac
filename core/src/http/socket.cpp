#include "socket.hpp"

#include <cerrno>
#include <sys/socket.h>

namespace rill::http {
namespace {

Socket::Transfer failure_of_system() {
    return {errno == EAGAIN || errno == EWOULDBLOCK ? Socket::State::blocked : Socket::State::failed};
}

class PlainSocket final : public Socket {
  public:
    using Socket::Socket;

    Transfer receive(std::span<char> buffer) override {
        while (true) {
            const ssize_t count = ::recv(fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
            if (count > 0) return {State::moved, static_cast<std::size_t>(count)};
            if (count == 0) return {State::ended};
            if (errno != EINTR) return failure_of_system();
        }
    }

    Transfer send(std::span<const iovec> pieces) override {
        msghdr message{};
        message.msg_iov = const_cast<iovec*>(pieces.data());
        message.msg_iovlen = pieces.size();
        while (true) {
            const ssize_t count = ::sendmsg(fd(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
            if (count >= 0) return {State::moved, static_cast<std::size_t>(count)};
            if (errno != EINTR) return failure_of_system();
        }
    }

    void finish_sending() override { ::shutdown(fd(), SHUT_WR); }
    bool is_encrypted() const override { return false; }
};

}  // namespace

void Socket::reset_at_end() {
    const linger reset{1, 0};
    ::setsockopt(fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
}

std::unique_ptr<Socket> plain_socket(Fd fd) {
    return std::make_unique<PlainSocket>(std::move(fd));
}

}  // namespace rill::http
