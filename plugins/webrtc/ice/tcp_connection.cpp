#include "tcp_connection.hpp"

#include <algorithm>
#include <cerrno>
#include <poll.h>
#include <sys/socket.h>
#include <utility>

namespace rill::webrtc::ice {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t length_size = 2;
/// As of UDP: nothing of WebRTC is longer.
constexpr std::size_t longest_packet = 2048;
constexpr milliseconds send_patience{100};

}  // namespace

TcpConnection::TcpConnection(Fd fd, const Address& local, const Address& remote)
    : Route("tcp", local, remote), fd_(std::move(fd)) {}

bool TcpConnection::receive(const Peers& peers) {
    std::array<std::uint8_t, 16 * longest_packet> arrived;
    const ssize_t count = ::recv(fd_.get(), arrived.data(), arrived.size(), MSG_DONTWAIT);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    if (count == 0) return false;
    input_.insert(input_.end(), arrived.begin(), arrived.begin() + count);
    Packet rest(input_);
    while (rest.size() >= length_size) {
        const std::size_t size = static_cast<std::size_t>(rest[0] << 8 | rest[1]);
        if (size > longest_packet) return false;
        if (rest.size() < length_size + size) break;
        if (!take(rest.subspan(length_size, size), peers)) return false;
        rest = rest.subspan(length_size + size);
    }
    input_.erase(input_.begin(), input_.end() - static_cast<std::ptrdiff_t>(rest.size()));
    return true;
}

bool TcpConnection::take(Packet packet, const Peers& peers) {
    if (!looks_like_stun(packet)) {
        if (peer_) peer_->receive(packet);
        return is_known();
    }
    const auto request = parse_binding_request(packet);
    const auto peer = request ? peers.find(*request) : nullptr;
    if (!peer || !peer->check(shared_from_this(), *request)) return is_known();
    peer_ = peer;
    return true;
}

void TcpConnection::send(std::span<const Packet> packets) {
    const std::lock_guard lock(sending_);
    for (const Packet packet : packets) {
        if (!write_frame(packet, send_patience)) return;
    }
}

void TcpConnection::answer(Packet packet) {
    const std::unique_lock lock(sending_, std::try_to_lock);
    if (lock) write_frame(packet, milliseconds(0));
}

bool TcpConnection::write_frame(Packet packet, milliseconds patience) {
    // What has begun is finished first, or the viewer would take the next for the middle of it.
    const std::vector<std::uint8_t> before = std::exchange(rest_, {});
    if (!write(before, patience)) return false;
    std::vector<std::uint8_t> frame;
    frame.reserve(length_size + packet.size());
    frame.push_back(static_cast<std::uint8_t>(packet.size() >> 8));
    frame.push_back(static_cast<std::uint8_t>(packet.size()));
    frame.insert(frame.end(), packet.begin(), packet.end());
    if (write(frame, patience)) return true;
    // Of one that has not begun nothing is owed.
    if (rest_.size() == frame.size()) rest_.clear();
    return false;
}

bool TcpConnection::write(Packet bytes, milliseconds patience) {
    while (!bytes.empty()) {
        const ssize_t count = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count > 0) {
            bytes = bytes.subspan(static_cast<std::size_t>(count));
            continue;
        }
        pollfd waiting{fd_.get(), POLLOUT, 0};
        if (errno == EAGAIN && ::poll(&waiting, 1, static_cast<int>(patience.count())) > 0) continue;
        rest_.assign(bytes.begin(), bytes.end());
        return false;
    }
    return true;
}

void TcpConnection::close() {
    ::shutdown(fd_.get(), SHUT_RDWR);
}

}  // namespace rill::webrtc::ice
