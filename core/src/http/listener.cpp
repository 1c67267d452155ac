#include "listener.hpp"

#include <rill/log.hpp>

#include <fmt/format.h>

#include <arpa/inet.h>
#include <charconv>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>

namespace rill::http {
namespace {

/// So many at once, then others have their turn: a flood of connections must not stop those under way.
constexpr int accepts_at_once = 32;

struct HostPort {
    std::string host;  ///< "" is all interfaces
    std::string port;
};

std::optional<HostPort> split_address(std::string_view address) {
    const std::size_t colon = address.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    std::string_view host = address.substr(0, colon);
    const std::string_view port = address.substr(colon + 1);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
    } else if (host.find_first_of(":[]") != std::string_view::npos) {
        return std::nullopt;
    }
    std::uint16_t number = 0;
    const auto [end, problem] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (problem != std::errc() || end != port.data() + port.size()) return std::nullopt;
    return HostPort{std::string(host), std::string(port)};
}

void set(int fd, int level, int option, int value) {
    ::setsockopt(fd, level, option, &value, sizeof value);
}

/// Error of the system, 0 on success.
int try_listen(const addrinfo& target, Fd& listening) {
    Fd fd(::socket(target.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) return errno;
    set(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
    if (target.ai_family == AF_INET6) set(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0);
    if (::bind(fd.get(), target.ai_addr, target.ai_addrlen) != 0) return errno;
    if (::listen(fd.get(), SOMAXCONN) != 0) return errno;
    listening = std::move(fd);
    return 0;
}

std::string advice(int error) {
    switch (error) {
        case EADDRINUSE:
            return "is already in use: another program listens there, or this one at an address that "
                   "overlaps, which only a restart exchanges";
        case EACCES:
            return "is not allowed: ports below 1024 need a privilege (CAP_NET_BIND_SERVICE)";
        case EADDRNOTAVAIL:
            return "is none of this machine's addresses";
        default:
            return fmt::format("cannot be listened at: {}", g_strerror(error));
    }
}

/// Answers leave at once, and a client that vanished without a word is noticed after two minutes even while
/// its request is parked.
void prepare(int fd) {
    set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 60);
    set(fd, IPPROTO_TCP, TCP_KEEPINTVL, 20);
    set(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
}

bool out_of_descriptors(int error) {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

std::string format_address(const sockaddr_storage& address) {
    char text[INET6_ADDRSTRLEN] = "";
    if (address.ss_family == AF_INET) {
        sockaddr_in v4;
        std::memcpy(&v4, &address, sizeof v4);
        ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
        return fmt::format("{}:{}", text, ntohs(v4.sin_port));
    }
    sockaddr_in6 v6;
    std::memcpy(&v6, &address, sizeof v6);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
        ::inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text, sizeof text);
        return fmt::format("{}:{}", text, ntohs(v6.sin6_port));
    }
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    return fmt::format("[{}]:{}", text, ntohs(v6.sin6_port));
}

std::string local_address(int fd) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
    return format_address(address);
}

Result<Fd> open_listener(const std::string& address) {
    const auto parts = split_address(address);
    if (!parts) {
        return Error{Code::invalid_config,
                     fmt::format("\"{}\" is no address; give host:port, [IPv6]:port or :port", address)};
    }
    const bool everywhere = parts->host.empty();
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    // An IPv6 socket also takes IPv4, so everywhere is one socket unless the machine has no IPv6.
    hints.ai_family = everywhere ? AF_INET6 : AF_UNSPEC;
    addrinfo* found = nullptr;
    const int lookup =
        ::getaddrinfo(everywhere ? "::" : parts->host.c_str(), parts->port.c_str(), &hints, &found);
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> targets(found, ::freeaddrinfo);
    if (lookup != 0) {
        return Error{Code::unavailable, fmt::format("address {}: {}", address, ::gai_strerror(lookup))};
    }

    Fd listening;
    int error = EADDRNOTAVAIL;
    for (const addrinfo* target = targets.get(); target != nullptr && error != 0; target = target->ai_next) {
        error = try_listen(*target, listening);
    }
    if (everywhere && (error == EAFNOSUPPORT || error == EADDRNOTAVAIL)) {
        return open_listener("0.0.0.0:" + parts->port);
    }
    if (error != 0) return Error{Code::unavailable, fmt::format("address {} {}", address, advice(error))};
    return listening;
}

Listener::Listener(Poller& poller, Deadlines& deadlines, Fd fd, Callbacks callbacks)
    : poller_(poller), deadlines_(deadlines), fd_(std::move(fd)), callbacks_(std::move(callbacks)) {
    poller_.add(fd_.get(), EPOLLIN, *this);
}

Listener::~Listener() {
    deadlines_.cancel(*this);
    poller_.remove(fd_.get(), *this);
}

std::uint16_t Listener::port() const {
    sockaddr_in6 address{};
    socklen_t size = sizeof address;
    ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin6_port);  // at the same place in both families
}

void Listener::on_ready(std::uint32_t) {
    for (int count = 0; count < accepts_at_once; ++count) {
        sockaddr_storage remote{};
        socklen_t size = sizeof remote;
        Fd fd(
            ::accept4(fd_.get(), reinterpret_cast<sockaddr*>(&remote), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (fd) {
            prepare(fd.get());
            callbacks_.accepted(std::move(fd), format_address(remote));
            continue;
        }
        const int error = errno;
        if (error == EAGAIN || error == EWOULDBLOCK) return;
        if (!out_of_descriptors(error)) continue;  // the client has gone before it was accepted
        if (callbacks_.exhausted()) continue;
        // The connection stays in the backlog, so the socket stays readable: look away for a while.
        Log("HTTP").warning("connections wait, none can be accepted: {}", g_strerror(error));
        poller_.modify(fd_.get(), 0, *this);
        deadlines_.start(*this, Wait::accepting);
        return;
    }
}

void Listener::on_deadline(Wait) {
    poller_.modify(fd_.get(), EPOLLIN, *this);
}

}  // namespace rill::http
