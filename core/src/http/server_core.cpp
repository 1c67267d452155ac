#include "server_core.hpp"

#include "guarded.hpp"
#include "http_connection.hpp"
#include "http_date.hpp"
#include "message.hpp"
#include "tls_handshake.hpp"

#include <rill/log.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <limits>
#include <utility>

namespace rill::http {
namespace {

constexpr std::int64_t linger_ms = 5000;
constexpr std::int64_t accept_pause_ms = 500;

std::array<std::int64_t, wait_kinds> durations(const Limits& limits) {
    std::array<std::int64_t, wait_kinds> result{};
    const auto set = [&](Wait kind, std::int64_t ms) { result[static_cast<std::size_t>(kind)] = ms; };
    set(Wait::handshake, limits.header_ms);
    set(Wait::idle, limits.idle_ms);
    set(Wait::reading, limits.header_ms);
    set(Wait::writing, limits.idle_ms);
    // A ping after half of the time, and the other half to answer it.
    set(Wait::keepalive, limits.idle_ms / 2);
    set(Wait::lingering, linger_ms);
    set(Wait::accepting, accept_pause_ms);
    return result;
}

}  // namespace

ServerCore::ServerCore(Limits given, Ref<GMainContext> given_context)
    : limits(given),
      context(std::move(given_context)),
      poller(context.get()),
      deadlines(context.get(), durations(limits)),
      mailbox(std::make_shared<Mailbox>(context.get())) {}

ServerCore::~ServerCore() {
    stopping = true;
    doors_.clear();
    // Callbacks run meanwhile, and what they post is still dropped below.
    while (!peers_.empty()) {
        const std::shared_ptr<Peer> peer = peers_.begin()->second;
        peer->stop();
        peer->close();
    }
    mailbox->close();
}

Result<OpenEndpoint> ServerCore::open_socket(Endpoint endpoint) const {
    if (!poller.usable()) {
        return Error{Code::unavailable,
                     fmt::format("address {}: the process has no file descriptors left", endpoint.address)};
    }
    auto fd = open_listener(endpoint.address);
    if (!fd) return fd.error();
    return OpenEndpoint{std::move(endpoint), std::move(*fd)};
}

Result<> ServerCore::listen(const std::string& address) {
    auto open = open_socket({.address = address});
    if (!open) return open.error();
    doors_.push_back(make_door(std::move(*open)));
    return ok();
}

Result<std::vector<OpenEndpoint>> ServerCore::open(std::vector<Endpoint> endpoints) const {
    std::vector<OpenEndpoint> result;
    // One listens at one address; only those with port 0 may be there twice.
    std::vector<std::string> there;
    for (const auto& door : doors_)
        there.push_back(door->endpoint->address);
    for (Endpoint& endpoint : endpoints) {
        if (const auto same = std::ranges::find(there, endpoint.address); same != there.end()) {
            there.erase(same);
            result.push_back({std::move(endpoint), Fd()});
            continue;
        }
        auto open = open_socket(std::move(endpoint));
        if (!open) return open.error();
        result.push_back(std::move(*open));
    }
    return result;
}

void ServerCore::put(std::vector<OpenEndpoint> endpoints) {
    Doors before = std::exchange(doors_, {});
    for (OpenEndpoint& open : endpoints) {
        if (open.socket) {
            doors_.push_back(make_door(std::move(open)));
            continue;
        }
        const auto kept = std::ranges::find_if(before, [&](const auto& door) {
            return door != nullptr && door->endpoint->address == open.endpoint.address;
        });
        if (kept == before.end()) continue;
        Door& door = *doors_.emplace_back(std::move(*kept));
        if (*door.endpoint != open.endpoint)
            door.endpoint = std::make_shared<const Endpoint>(std::move(open.endpoint));
    }
}

std::unique_ptr<ServerCore::Door> ServerCore::make_door(OpenEndpoint open) {
    auto door = std::make_unique<Door>();
    door->endpoint = std::make_shared<const Endpoint>(std::move(open.endpoint));
    const Door* const where = door.get();
    door->listener = std::make_unique<Listener>(
        poller, deadlines, std::move(open.socket),
        Listener::Callbacks{[this, where](Fd socket, std::string remote) {
                                accept(std::move(socket), {std::move(remote), where->endpoint});
                            },
                            [this] { return make_room(); }});
    return door;
}

bool ServerCore::listens_at(const Endpoint& endpoint) const {
    return !stopping && std::ranges::any_of(doors_, [&endpoint](const auto& door) {
        return door->endpoint.get() == &endpoint;
    });
}

std::vector<std::uint16_t> ServerCore::ports() const {
    std::vector<std::uint16_t> result;
    for (const auto& door : doors_)
        result.push_back(door->listener->port());
    return result;
}

void ServerCore::shutdown(unsigned grace_ms) {
    stopping = true;
    doors_.clear();
    std::vector<std::shared_ptr<Peer>> peers;
    for (const auto& [key, peer] : peers_)
        peers.push_back(peer);
    for (const auto& peer : peers)
        peer->stop();
    peers.clear();

    bool over = false;
    EventSource grace(context.get(), [&] { over = true; });
    grace.due_at(g_get_monotonic_time() + std::int64_t{grace_ms} * 1000);
    while (!peers_.empty() && !over)
        g_main_context_iteration(context.get(), TRUE);
    while (!peers_.empty())
        std::shared_ptr<Peer>(peers_.begin()->second)->close();
}

void ServerCore::add(std::shared_ptr<Peer> peer) {
    Peer* const key = peer.get();
    peers_.emplace(key, std::move(peer));
    counters.connections = static_cast<unsigned>(peers_.size());
}

void ServerCore::remove(Peer& peer) {
    peers_.erase(&peer);
    counters.connections = static_cast<unsigned>(peers_.size());
}

void ServerCore::handle(Exchange exchange) {
    if (!handler) return exchange.fail({Code::not_found, "nothing is served here"});
    // When the handler throws, the exchange is dropped unanswered, which answers 500.
    guarded("request", [&] { handler(std::move(exchange)); });
}

const std::string& ServerCore::date() {
    const std::time_t now = std::time(nullptr);
    if (now == date_second_) return date_;
    date_second_ = now;
    date_ = http_date(now);
    return date_;
}

void ServerCore::accept(Fd fd, Arrival arrival) {
    if (peers_.size() >= limits.connections) {
        ++counters.rejected;
        if (!make_room()) return refuse(std::move(fd), *arrival.endpoint);
    }
    auto seat = seat_for(arrival);
    if (!seat) {
        ++counters.rejected;
        return refuse(std::move(fd), *arrival.endpoint);
    }
    if (!arrival.endpoint->certificate) {
        auto socket = plain_socket(std::move(fd));
        socket->keep(std::move(seat));
        return serve(std::move(socket), std::move(arrival));
    }
    auto socket = TlsSocket::make(std::move(fd), *arrival.endpoint->certificate);
    if (!socket) return;
    socket->keep(std::move(seat));
    const auto handshake = std::make_shared<TlsHandshake>(*this, std::move(socket), std::move(arrival));
    add(handshake);
    handshake->start();
}

/// Null: the address has too many connections already.
AddressSeats::Seat ServerCore::seat_for(const Arrival& arrival) {
    const auto address = auth::Address::parse_with_port(arrival.remote);
    const bool counts =
        limits.connections_per_address > 0 && address && !arrival.endpoint->is_unlimited(*address);
    return seats_.take(address.value_or(auth::Address()),
                       counts ? limits.connections_per_address : std::numeric_limits<unsigned>::max());
}

/// For one too many there is no time to shake hands.
void ServerCore::refuse(Fd fd, const Endpoint& endpoint) {
    if (endpoint.certificate) return;
    const Response response = refusal(503, "too many connections");
    std::string head = response_head(response, framing_of(response, false), false, date());
    OutputQueue output;
    output.push(to_bytes(std::move(head)));
    output.push(response.body[0]);
    output.flush(*plain_socket(std::move(fd)));
}

void ServerCore::serve(std::unique_ptr<Socket> socket, Arrival arrival) {
    const auto connection = std::make_shared<HttpConnection>(*this, std::move(socket), std::move(arrival));
    add(connection);
    connection->start();
}

void ServerCore::turn_away(Fd fd, Arrival arrival, std::string_view reason) {
    const auto connection =
        std::make_shared<HttpConnection>(*this, plain_socket(std::move(fd)), std::move(arrival));
    add(connection);
    connection->turn_away(reason);
}

bool ServerCore::make_room() {
    for (const Wait kind : {Wait::lingering, Wait::handshake, Wait::idle}) {
        if (Deadlines::Entry* const entry = deadlines.longest(kind)) {
            static_cast<Peer*>(entry)->close();
            return true;
        }
    }
    return false;
}

}  // namespace rill::http
