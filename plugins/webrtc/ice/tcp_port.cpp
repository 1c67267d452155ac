#include "tcp_port.hpp"

#include "bound_socket.hpp"
#include "tcp_connection.hpp"

#include <fmt/format.h>
#include <glib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <map>
#include <netinet/tcp.h>
#include <optional>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unordered_map>
#include <utility>
#include <vector>

namespace rill::webrtc::ice {

namespace {

using std::chrono::steady_clock;

/// A viewer's first check comes at once. Who sends none is none.
constexpr std::chrono::seconds check_patience{10};
/// Of the listener, when there are no descriptors.
constexpr std::chrono::seconds rest{1};
constexpr std::size_t most_unknown = 256;
constexpr std::size_t most_connections = 8192;

Address address_of(const sockaddr_storage& name) {
    return name.ss_family == AF_INET6 ? Address::of(reinterpret_cast<const sockaddr_in6&>(name))
                                      : Address::of(reinterpret_cast<const sockaddr_in&>(name));
}

/// The connections, on the port's thread.
class Receiver {
  public:
    Receiver(int listener, int wake, const Peers& peers)
        : listener_(listener), wake_(wake), peers_(peers), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
        watch(listener_);
        watch(wake_);
    }
    Receiver(const Receiver&) = delete;
    Receiver& operator=(const Receiver&) = delete;
    ~Receiver() {
        for (const auto& [fd, connection] : connections_)
            connection->close();
    }

    void run() {
        std::array<epoll_event, 64> events;
        for (;;) {
            // Only strangers are waited for with a clock, and a listener that rests.
            const int timeout = count_unknown() > 0 || rests_until_ ? 1000 : -1;
            const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), timeout);
            if (count < 0 && errno != EINTR) return;
            for (int at = 0; at < count; ++at) {
                const int fd = events[static_cast<std::size_t>(at)].data.fd;
                if (fd == wake_) return;
                if (fd == listener_) {
                    accept();
                } else {
                    receive(fd);
                }
            }
            if (rests_until_ && steady_clock::now() >= *rests_until_) {
                watch(listener_);
                rests_until_.reset();
            }
            drop_strangers();
        }
    }

  private:
    void watch(int fd) const {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = fd;
        ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
    }

    void accept() {
        sockaddr_storage remote{};
        socklen_t size = sizeof remote;
        Fd fd(
            ::accept4(listener_, reinterpret_cast<sockaddr*>(&remote), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!fd) {
            // Out of descriptors: the connection stays where it is, and would be told of without end.
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
                ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, listener_, nullptr);
                rests_until_ = steady_clock::now() + rest;
            }
            return;
        }
        if (connections_.size() >= most_connections) return;
        // The next viewer is not kept out by those who only connect.
        if (count_unknown() >= most_unknown) drop(unknown_.front().lock());
        const int on = 1;
        ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        sockaddr_storage local{};
        size = sizeof local;
        ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&local), &size);
        const int number = fd.get();
        connections_[number] =
            std::make_shared<TcpConnection>(std::move(fd), address_of(local), address_of(remote));
        unknown_.push_back(connections_[number]);
        watch(number);
    }

    void receive(int fd) {
        const auto found = connections_.find(fd);
        if (found == connections_.end()) return;
        const auto connection = found->second;
        if (!connection->receive(peers_)) drop(connection);
    }

    /// Its descriptor may stay open for as long as somebody sends by it.
    void drop(const std::shared_ptr<TcpConnection>& connection) {
        const auto found = connections_.find(connection->fd());
        if (found == connections_.end() || found->second != connection) return;
        ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, connection->fd(), nullptr);
        connections_.erase(found);
        connection->close();
    }

    std::size_t count_unknown() {
        std::erase_if(unknown_, [](const std::weak_ptr<TcpConnection>& each) {
            const auto connection = each.lock();
            return !connection || connection->is_known();
        });
        return unknown_.size();
    }

    void drop_strangers() {
        const auto deadline = steady_clock::now() - check_patience;
        for (const auto& each : unknown_) {
            const auto connection = each.lock();
            if (connection && !connection->is_known() && connection->since < deadline) drop(connection);
        }
    }

    const int listener_;
    const int wake_;
    const Peers& peers_;
    const Fd epoll_;
    std::optional<steady_clock::time_point> rests_until_;  ///< the listener
    std::unordered_map<int, std::shared_ptr<TcpConnection>> connections_;
    std::vector<std::weak_ptr<TcpConnection>> unknown_;  ///< no check has come by them yet
};

}  // namespace

Result<std::shared_ptr<TcpPort>> TcpPort::at(const std::string& address) {
    static std::mutex mutex;
    static std::map<std::string, std::weak_ptr<TcpPort>> open;
    const std::lock_guard lock(mutex);
    auto& known = open[address];
    if (auto port = known.lock()) return port;
    const auto where = parse_listening(address);
    if (!where)
        return Error{Code::invalid_config, fmt::format("webrtcLocalTCPAddress '{}' is no address", address)};
    auto inside = std::make_shared<Inside>();
    inside->wake = Fd(::eventfd(0, EFD_CLOEXEC));
    if (!inside->wake) return Error{Code::unavailable, "webrtcLocalTCPAddress: out of file descriptors"};
    BoundSocket bound = bind_socket(SOCK_STREAM | SOCK_NONBLOCK, *where);
    if (bound.fd && ::listen(bound.fd.get(), SOMAXCONN) != 0) bound.error = g_strerror(errno);
    if (!bound.error.empty())
        return Error{Code::unavailable, fmt::format("webrtcLocalTCPAddress {}: {}", address, bound.error)};
    inside->listener = std::move(bound.fd);
    inside->address = bound.address;
    const std::shared_ptr<TcpPort> port(new TcpPort(std::move(inside)));
    known = port;
    return port;
}

TcpPort::TcpPort(std::shared_ptr<Inside> inside)
    : inside_(std::move(inside)), thread_("ice-tcp", inside_->wake.get(), [inside = inside_] {
          Receiver(inside->listener.get(), inside->wake.get(), inside->peers).run();
      }) {}

}  // namespace rill::webrtc::ice
