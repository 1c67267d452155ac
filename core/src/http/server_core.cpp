#include "server_core.hpp"

#include "guarded.hpp"
#include "http_connection.hpp"
#include "http_date.hpp"
#include "message.hpp"

#include <rill/log.hpp>

#include <fmt/format.h>

#include <ctime>
#include <sys/socket.h>

namespace rill::http {
namespace {

constexpr std::int64_t linger_ms = 5000;
constexpr std::int64_t accept_pause_ms = 500;

std::array<std::int64_t, wait_kinds> durations(const Limits& limits) {
    std::array<std::int64_t, wait_kinds> result{};
    const auto set = [&](Wait kind, std::int64_t ms) { result[static_cast<std::size_t>(kind)] = ms; };
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
    listeners_.clear();
    // Callbacks run meanwhile, and what they post is still dropped below.
    while (!peers_.empty()) {
        const std::shared_ptr<Peer> peer = peers_.begin()->second;
        peer->stop();
        peer->close();
    }
    mailbox->close();
}

Result<> ServerCore::listen(const std::string& address) {
    if (!poller.usable()) {
        return Error{Code::unavailable,
                     fmt::format("address {}: the process has no file descriptors left", address)};
    }
    auto fd = open_listener(address);
    if (!fd) return fd.error();
    listeners_.push_back(std::make_unique<Listener>(
        poller, deadlines, std::move(*fd),
        Listener::Callbacks{
            [this](Fd socket, std::string remote) { accept(std::move(socket), std::move(remote)); },
            [this] { return make_room(); }}));
    return ok();
}

std::vector<std::uint16_t> ServerCore::ports() const {
    std::vector<std::uint16_t> result;
    for (const auto& listener : listeners_)
        result.push_back(listener->port());
    return result;
}

void ServerCore::shutdown(unsigned grace_ms) {
    stopping = true;
    listeners_.clear();
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

WebSocketHandler ServerCore::websocket_handler(const Request& request) const {
    const auto found = websocket_handlers.find(request.path);
    if (found != websocket_handlers.end()) return found->second;
    return websocket_finder ? websocket_finder(request) : nullptr;
}

const std::string& ServerCore::date() {
    const std::time_t now = std::time(nullptr);
    if (now == date_second_) return date_;
    date_second_ = now;
    date_ = http_date(now);
    return date_;
}

void ServerCore::accept(Fd fd, std::string remote) {
    if (peers_.size() >= limits.connections) {
        ++counters.rejected;
        if (!make_room()) {
            const Response response = refusal(503, "too many connections");
            std::string head = response_head(response, framing_of(response, false), false, date());
            OutputQueue output;
            output.push(to_bytes(std::move(head)));
            output.push(response.body[0]);
            output.flush(fd.get());
            return;
        }
    }
    const auto connection = std::make_shared<HttpConnection>(*this, std::move(fd), std::move(remote));
    add(connection);
    connection->start();
}

bool ServerCore::make_room() {
    for (const Wait kind : {Wait::lingering, Wait::idle}) {
        if (Deadlines::Entry* const entry = deadlines.longest(kind)) {
            static_cast<Peer*>(entry)->close();
            return true;
        }
    }
    return false;
}

}  // namespace rill::http
