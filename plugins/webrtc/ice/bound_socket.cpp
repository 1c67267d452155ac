#include "bound_socket.hpp"

#include <fmt/format.h>
#include <glib.h>

#include <cerrno>
#include <sys/socket.h>

namespace rill::webrtc::ice {

namespace {

std::string describe(int error) {
    const char* const advice = error == EADDRINUSE
                                   ? "another program has the port, or another Rill; choose another"
                               : error == EADDRNOTAVAIL ? "choose an address of this machine"
                               : error == EACCES ? "ports below 1024 need a privilege (CAP_NET_BIND_SERVICE)"
                                                 : "the system refused";
    return fmt::format("{}; {}", g_strerror(error), advice);
}

}  // namespace

BoundSocket bind_socket(int type, const Address& address) {
    BoundSocket bound;
    bound.address = address;
    bound.family = AF_INET6;
    bound.fd = Fd(::socket(AF_INET6, type | SOCK_CLOEXEC, 0));
    if (!bound.fd) {
        bound.family = AF_INET;
        bound.fd = Fd(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
    }
    const int off = 0;
    const int on = 1;
    ::setsockopt(bound.fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    // A listener may be back while connections of the one before are still closing.
    if ((type & SOCK_STREAM) != 0) ::setsockopt(bound.fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const sockaddr_in6 v6 = address.to_v6();
    sockaddr_in v4 = address.to_v4();
    if (address.is_any()) v4.sin_addr.s_addr = INADDR_ANY;
    const bool is_v6 = bound.family == AF_INET6;
    const auto* const name =
        is_v6 ? reinterpret_cast<const sockaddr*>(&v6) : reinterpret_cast<const sockaddr*>(&v4);
    if (!bound.fd || ::bind(bound.fd.get(), name, is_v6 ? sizeof v6 : sizeof v4) != 0) {
        bound.error = describe(errno);
        bound.fd = Fd();
        return bound;
    }
    sockaddr_in6 told{};
    socklen_t size = sizeof told;
    // The port lies at the same place in both families.
    if (::getsockname(bound.fd.get(), reinterpret_cast<sockaddr*>(&told), &size) == 0)
        bound.address.port = ntohs(told.sin6_port);
    return bound;
}

}  // namespace rill::webrtc::ice
