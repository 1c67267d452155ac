#include "viewer.hpp"

#include "../sdp_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <random>
#include <utility>

namespace rill::webrtc::ice {

namespace {

/// As many as an offer may have.
constexpr std::size_t most_remotes = 64;
/// A viewer says where we send to, and could name others: it is not worth the trouble for so few packets.
constexpr std::size_t most_asked = 16;

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

std::uint64_t random_number() {
    std::random_device source;
    return std::uint64_t{source()} << 32 | source();
}

}  // namespace

Viewer::Viewer(LocalPorts ports, std::vector<std::string> addresses, Peer::Events events)
    : ports_(std::move(ports)),
      addresses_(std::move(addresses)),
      peer_(std::make_shared<Peer>(std::move(events))),
      room_(most_asked),
      tie_breaker_(random_number()) {}

void Viewer::add(const Credentials& credentials) {
    const auto obsolete = peer_->add(credentials);
    const std::lock_guard lock(mutex_);
    ufrags_.push_back(credentials.ufrag);
    if (ports_.udp) ports_.udp->peers().add(credentials.ufrag, peer_);
    if (ports_.tcp) ports_.tcp->peers().add(credentials.ufrag, peer_);
    if (obsolete) forget(*obsolete);
    ask_new();
}

void Viewer::set_remote(const Credentials& credentials) {
    const std::lock_guard lock(mutex_);
    // webrtcbin tells them for each section.
    if (remote_ && remote_->ufrag == credentials.ufrag && remote_->password == credentials.password) return;
    if (ports_.udp) ports_.udp->asker().leave(peer_);
    candidates_.erase(candidates_.begin(), candidates_.begin() + static_cast<std::ptrdiff_t>(asked_));
    asked_ = 0;
    remote_ = credentials;
    ask_new();
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
    const auto address = askable(words);
    if (!address || room_ == 0 ||
        std::find(candidates_.begin(), candidates_.end(), *address) != candidates_.end())
        return;
    --room_;
    candidates_.push_back(*address);
    ask_new();
}

std::optional<Address> Viewer::askable(std::span<const std::string_view> candidate) const {
    const auto port = parse_number<std::uint16_t>(candidate[5]);
    if (candidate[1] != "1" || to_lower(candidate[2]) != "udp" || !port || *port == 0) return std::nullopt;
    // A name (RFC 9429 §5.2.1, ".local") would have to be asked for first.
    const auto address = Address::parse(std::string(candidate[4]), *port);
    if (!address || address->is_any() || address->is_multicast()) return std::nullopt;
    // Who is elsewhere has no business with what listens on this machine alone.
    const bool is_here = std::any_of(addresses_.begin(), addresses_.end(), [](const std::string& ours) {
        const auto parsed = Address::parse(ours, 0);
        return parsed && parsed->is_loopback();
    });
    return address->is_loopback() && !is_here ? std::nullopt : address;
}

void Viewer::ask_new() {
    if (!ports_.udp || !remote_ || ufrags_.empty() || asked_ == candidates_.size()) return;
    std::vector<Asker::Question> questions;
    for (; asked_ < candidates_.size(); ++asked_)
        questions.push_back({candidates_[asked_], make_request()});
    ports_.udp->asker().ask(peer_, std::move(questions));
}

std::vector<std::uint8_t> Viewer::make_request() const {
    const std::string username = fmt::format("{}:{}", remote_->ufrag, ufrags_.back());
    OwnCheck check{.username = username, .tie_breaker = tie_breaker_};
    const std::array<std::uint64_t, 2> random{random_number(), random_number()};
    std::memcpy(check.transaction.data(), random.data(), check.transaction.size());
    return controlled_check(check, remote_->password);
}

std::string Viewer::type_of_remote(const Route& route) const {
    const std::lock_guard lock(mutex_);
    const auto known = remote_types_.find(fmt::format("{} {}", route.remote.ip_text(), route.remote.port));
    return known == remote_types_.end() ? "prflx" : known->second;
}

void Viewer::close() {
    peer_->close();
    const std::lock_guard lock(mutex_);
    if (ports_.udp) ports_.udp->asker().leave(peer_);
    while (!ufrags_.empty())
        forget(std::string(ufrags_.back()));
}

}  // namespace rill::webrtc::ice
