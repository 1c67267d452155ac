#include "udp_socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <utility>
#include <vector>

namespace rill::webrtc::ice {

namespace {

/// Nothing of WebRTC is longer than a frame of Ethernet; what is, is cut and dropped.
constexpr std::size_t packet_size = 2048;
/// For a moment in which all viewers answer a keyframe at once. The system gives what it allows.
constexpr int buffer_size = 4 << 20;
constexpr std::size_t control_size = CMSG_SPACE(sizeof(in6_pktinfo));

struct Control {
    alignas(cmsghdr) std::array<char, control_size> bytes;
};

void set(int fd, int level, int option, int value) {
    ::setsockopt(fd, level, option, &value, sizeof value);
}

/// Where the packet was sent to, which a socket of every address has to be told.
Address local_of(msghdr& message, Address bound) {
    for (cmsghdr* at = CMSG_FIRSTHDR(&message); at != nullptr; at = CMSG_NXTHDR(&message, at)) {
        if (at->cmsg_level != IPPROTO_IPV6 || at->cmsg_type != IPV6_PKTINFO) continue;
        in6_pktinfo info;
        std::memcpy(&info, CMSG_DATA(at), sizeof info);
        std::memcpy(bound.ip.data(), &info.ipi6_addr, bound.ip.size());
        bound.scope = IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr) ? info.ipi6_ifindex : 0;
    }
    return bound;
}

/// Has the packets leave from the address that the viewer wrote to: a machine with several would else take
/// the one that its routes prefer, and the viewer would not know who writes.
void set_source(msghdr& message, Control& control, const Address& local) {
    message.msg_control = control.bytes.data();
    message.msg_controllen = control.bytes.size();
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = IPPROTO_IPV6;
    header->cmsg_type = IPV6_PKTINFO;
    header->cmsg_len = CMSG_LEN(sizeof(in6_pktinfo));
    in6_pktinfo info{};
    std::memcpy(&info.ipi6_addr, local.ip.data(), local.ip.size());
    info.ipi6_ifindex = local.scope;
    std::memcpy(CMSG_DATA(header), &info, sizeof info);
}

}  // namespace

struct UdpSocket::Buffers {
    std::array<std::array<std::uint8_t, packet_size>, most_at_once> packets;
    std::array<Control, most_at_once> controls;
    std::array<sockaddr_storage, most_at_once> names;
    std::array<iovec, most_at_once> places;
    std::array<mmsghdr, most_at_once> messages;
    std::vector<Arrived> arrived;
};

void UdpSocket::FreeBuffers::operator()(Buffers* buffers) const {
    delete buffers;
}

UdpSocket::UdpSocket(BoundSocket bound)
    : fd_(std::move(bound.fd)), family_(bound.family), address_(bound.address), buffers_(new Buffers) {}

Result<UdpSocket> UdpSocket::bind(const Address& address) {
    BoundSocket bound = bind_socket(SOCK_DGRAM, address);
    if (!bound.fd) return Error{Code::unavailable, bound.error};
    const int fd = bound.fd.get();
    set(fd, SOL_SOCKET, SO_RCVBUF, buffer_size);
    set(fd, SOL_SOCKET, SO_SNDBUF, buffer_size);
    const timeval patience{0, 100'000};
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    return UdpSocket(std::move(bound));
}

std::span<const UdpSocket::Arrived> UdpSocket::receive() {
    Buffers& to = *buffers_;
    for (std::size_t at = 0; at < most_at_once; ++at) {
        to.places[at] = {to.packets[at].data(), packet_size};
        msghdr& message = to.messages[at].msg_hdr;
        message = {};
        message.msg_name = &to.names[at];
        message.msg_namelen = sizeof to.names[at];
        message.msg_iov = &to.places[at];
        message.msg_iovlen = 1;
        message.msg_control = to.controls[at].bytes.data();
        message.msg_controllen = control_size;
    }
    to.arrived.clear();
    const int count = ::recvmmsg(fd_.get(), to.messages.data(), most_at_once, MSG_DONTWAIT, nullptr);
    for (int at = 0; at < count; ++at) {
        msghdr& message = to.messages[at].msg_hdr;
        if ((message.msg_flags & MSG_TRUNC) != 0) continue;
        const auto& name = to.names[at];
        const Address remote = name.ss_family == AF_INET6
                                   ? Address::of(reinterpret_cast<const sockaddr_in6&>(name))
                                   : Address::of(reinterpret_cast<const sockaddr_in&>(name));
        to.arrived.push_back(
            {Packet(to.packets[at]).first(to.messages[at].msg_len), local_of(message, address_), remote});
    }
    return to.arrived;
}

bool UdpSocket::reaches(const Address& remote) const {
    return family_ == AF_INET6 || remote.is_v4();
}

void UdpSocket::send(const Address& local, const Address& remote, std::span<const Packet> packets,
                     bool may_wait) const {
    const int flags = may_wait ? 0 : MSG_DONTWAIT;
    sockaddr_in6 v6 = remote.to_v6();
    sockaddr_in v4 = remote.to_v4();
    Control control;
    std::array<iovec, most_at_once> places;
    std::array<mmsghdr, most_at_once> messages;
    for (; !packets.empty(); packets = packets.subspan(std::min(packets.size(), most_at_once))) {
        const std::size_t count = std::min(packets.size(), most_at_once);
        for (std::size_t at = 0; at < count; ++at) {
            places[at] = {const_cast<std::uint8_t*>(packets[at].data()), packets[at].size()};
            msghdr& message = messages[at].msg_hdr;
            message = {};
            message.msg_iov = &places[at];
            message.msg_iovlen = 1;
            if (family_ == AF_INET6) {
                message.msg_name = &v6;
                message.msg_namelen = sizeof v6;
                if (!local.is_any()) set_source(message, control, local);
            } else {
                message.msg_name = &v4;
                message.msg_namelen = sizeof v4;
            }
        }
        // One that cannot be sent, as to a network that is gone, is lost alone.
        for (std::size_t sent = 0; sent < count;) {
            const int more =
                ::sendmmsg(fd_.get(), &messages[sent], static_cast<unsigned>(count - sent), flags);
            sent += more > 0 ? static_cast<std::size_t>(more) : 1;
        }
    }
}

}  // namespace rill::webrtc::ice
