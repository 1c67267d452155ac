#include "udp_port.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <map>
#include <poll.h>
#include <sys/eventfd.h>
#include <utility>

namespace rill::webrtc::ice {

namespace {

class UdpRoute final : public Route {
  public:
    UdpRoute(std::shared_ptr<const UdpSocket> socket, const Address& local, const Address& remote)
        : Route("udp", local, remote), socket_(std::move(socket)) {}

    void send(std::span<const Packet> packets) override { socket_->send(local, remote, packets, true); }
    void answer(Packet packet) override { socket_->send(local, remote, {&packet, 1}, false); }

  private:
    const std::shared_ptr<const UdpSocket> socket_;
};

/// Whose each packet is: a check says it itself, and all else comes from where a check came from before.
class Receiver {
  public:
    Receiver(std::shared_ptr<UdpSocket> socket, const Peers& peers)
        : socket_(std::move(socket)), peers_(peers) {}

    void receive() {
        for (const UdpSocket::Arrived& arrived : socket_->receive()) {
            if (looks_like_stun(arrived.packet)) {
                check(arrived);
            } else if (const auto known = by_remote_.find(arrived.remote); known != by_remote_.end()) {
                if (const auto peer = known->second.lock()) peer->receive(arrived.packet);
            }
        }
    }

  private:
    void check(const UdpSocket::Arrived& arrived) {
        const auto request = parse_binding_request(arrived.packet);
        const auto peer = request ? peers_.find(*request) : nullptr;
        if (!peer) return;
        const auto route = std::make_shared<UdpRoute>(socket_, arrived.local, arrived.remote);
        if (!peer->check(route, *request)) return;
        by_remote_.insert_or_assign(arrived.remote, peer);
        if (const auto forgotten = peer->remember(arrived.remote)) by_remote_.erase(*forgotten);
        if (by_remote_.size() > sweep_at_) sweep();
    }

    /// Forgets those of viewers that are gone. Each time as many as there are pays for the next time.
    void sweep() {
        std::erase_if(by_remote_, [](const auto& entry) { return entry.second.expired(); });
        sweep_at_ = 2 * by_remote_.size() + 64;
    }

    const std::shared_ptr<UdpSocket> socket_;
    const Peers& peers_;
    std::unordered_map<Address, std::weak_ptr<Peer>, AddressHash> by_remote_;
    std::size_t sweep_at_ = 64;
};

}  // namespace

Result<std::shared_ptr<UdpPort>> UdpPort::at(const std::string& address) {
    static std::mutex mutex;
    static std::map<std::string, std::weak_ptr<UdpPort>> open;
    const std::lock_guard lock(mutex);
    auto& known = open[address];
    if (auto port = known.lock()) return port;
    const auto where = parse_listening(address);
    if (!where)
        return Error{Code::invalid_config, fmt::format("webrtcLocalUDPAddress '{}' is no address", address)};
    auto socket = UdpSocket::bind(*where);
    if (!socket)
        return Error{Code::unavailable,
                     fmt::format("webrtcLocalUDPAddress {}: {}", address, socket.error().message)};
    auto inside = std::make_shared<Inside>(std::move(*socket));
    if (!inside->wake || inside->asker.fd() < 0)
        return Error{Code::unavailable, "webrtcLocalUDPAddress: out of file descriptors"};
    const std::shared_ptr<UdpPort> port(new UdpPort(std::move(inside)));
    known = port;
    return port;
}

UdpPort::Inside::Inside(UdpSocket bound)
    : socket(std::make_shared<UdpSocket>(std::move(bound))), wake(::eventfd(0, EFD_CLOEXEC)), asker(socket) {}

UdpPort::UdpPort(std::shared_ptr<Inside> inside)
    : inside_(std::move(inside)), thread_("ice-udp", inside_->wake.get(), [inside = inside_] {
          Receiver receiver(inside->socket, inside->peers);
          std::array<pollfd, 3> waiting{{{inside->socket->fd(), POLLIN, 0},
                                         {inside->wake.get(), POLLIN, 0},
                                         {inside->asker.fd(), POLLIN, 0}}};
          while (waiting[1].revents == 0) {
              if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) return;
              // An error of an earlier packet, such as a port that is closed, is taken by this, too.
              if (waiting[0].revents != 0) receiver.receive();
              if (waiting[2].revents != 0) inside->asker.send_due();
          }
      }) {}

}  // namespace rill::webrtc::ice
