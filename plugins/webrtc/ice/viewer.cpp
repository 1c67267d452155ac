#include "viewer.hpp"

#include "../sdp_line.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace rill::webrtc::ice {

namespace {

/// As many as an offer may have.
constexpr std::size_t most_remotes = 64;

// RFC 8445 §5.1.2.1: the kind weighs most, then which address. TCP is for those whom UDP does not reach.
constexpr unsigned udp_host = 126;
constexpr unsigned tcp_host = 90;

unsigned priority(unsigned type, std::size_t place) {
    const unsigned local = 65535 - static_cast<unsigned>(std::min<std::size_t>(place, 65535));
    return type << 24 | local << 8 | 255;
}

/// The addresses at which a port is reached: the one it is bound to, or those of the machine in its family.
std::vector<std::string> reached_at(const Address& bound, const std::vector<std::string>& addresses) {
    if (!bound.is_any()) return {bound.ip_text()};
    if (!bound.is_v4()) return addresses;
    std::vector<std::string> result;
    for (const std::string& address : addresses) {
        if (address.find(':') == std::string::npos) result.push_back(address);
    }
    return result;
}

}  // namespace

Viewer::Viewer(LocalPorts ports, std::vector<std::string> addresses, Peer::Events events)
    : ports_(std::move(ports)),
      addresses_(std::move(addresses)),
      peer_(std::make_shared<Peer>(std::move(events))) {}

void Viewer::add(const Credentials& credentials) {
    const auto obsolete = peer_->add(credentials);
    const std::lock_guard lock(mutex_);
    ufrags_.push_back(credentials.ufrag);
    if (ports_.udp) ports_.udp->peers().add(credentials.ufrag, peer_);
    if (ports_.tcp) ports_.tcp->peers().add(credentials.ufrag, peer_);
    if (obsolete) forget(*obsolete);
}

void Viewer::forget(const std::string& ufrag) {
    if (ports_.udp) ports_.udp->peers().remove(ufrag);
    if (ports_.tcp) ports_.tcp->peers().remove(ufrag);
    std::erase(ufrags_, ufrag);
}

std::vector<std::string> Viewer::local_candidates() const {
    std::vector<std::string> result;
    unsigned foundation = 1;
    const auto add = [&](const Address& bound, unsigned type, std::string_view protocol,
                         std::string_view end) {
        std::size_t place = 0;
        for (const std::string& ip : reached_at(bound, addresses_)) {
            result.push_back(fmt::format("candidate:{} 1 {} {} {} {} typ host{}", foundation++, protocol,
                                         priority(type, place++), ip, bound.port, end));
        }
    };
    if (ports_.udp) add(ports_.udp->address(), udp_host, "UDP", "");
    if (ports_.tcp) add(ports_.tcp->address(), tcp_host, "TCP", " tcptype passive");
    return result;
}

void Viewer::note_remote(std::string_view candidate) {
    // foundation component transport priority address port "typ" type (RFC 8839 §5.1)
    std::array<std::string_view, 8> words;
    for (std::string_view& word : words)
        word = take_word(candidate, ' ');
    const std::lock_guard lock(mutex_);
    if (words[6] == "typ" && remote_types_.size() < most_remotes)
        remote_types_.emplace(fmt::format("{} {}", words[4], words[5]), words[7]);
}

std::string Viewer::type_of_remote(const Route& route) const {
    const std::lock_guard lock(mutex_);
    const auto known = remote_types_.find(fmt::format("{} {}", route.remote.ip_text(), route.remote.port));
    return known == remote_types_.end() ? "prflx" : known->second;
}

void Viewer::close() {
    peer_->close();
    const std::lock_guard lock(mutex_);
    while (!ufrags_.empty())
        forget(std::string(ufrags_.back()));
}

}  // namespace rill::webrtc::ice
