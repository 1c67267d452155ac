// What the connections of one server share.
#pragma once

#include "address_seats.hpp"
#include "deadlines.hpp"
#include "endpoint.hpp"
#include "listener.hpp"
#include "mailbox.hpp"
#include "peer.hpp"
#include "poller.hpp"

#include <rill/http.hpp>

#include <array>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace rill::http {

/// Threading: one thread, that of the context.
class ServerCore {
  public:
    ServerCore(Limits limits, Ref<GMainContext> context);
    ServerCore(const ServerCore&) = delete;
    ServerCore& operator=(const ServerCore&) = delete;
    ~ServerCore();

    Result<> listen(const std::string& address);
    Result<std::vector<OpenEndpoint>> open(std::vector<Endpoint> endpoints) const;
    void put(std::vector<OpenEndpoint> endpoints);
    std::vector<std::uint16_t> ports() const;
    /// Whether who has come there may ask again: neither it nor all of the server has ended.
    bool listens_at(const Endpoint& endpoint) const;
    void shutdown(unsigned grace_ms);

    /// Serves a new connection, or answers 503 when there are too many.
    void accept(Fd fd, Arrival arrival);
    /// What a new connection says from now on are requests.
    void serve(std::unique_ptr<Socket> socket, Arrival arrival);
    /// Answers 400, whatever the client says.
    void turn_away(Fd fd, Arrival arrival, std::string_view reason);
    void add(std::shared_ptr<Peer> peer);
    void remove(Peer& peer);
    /// Hands a request to the handler, or answers 404 if there is none.
    void handle(Exchange exchange);
    const std::string& date();  ///< now, as HTTP writes it (RFC 9110 §5.6.7)

    Limits limits;
    const Ref<GMainContext> context;
    Poller poller;
    Deadlines deadlines;
    const std::shared_ptr<Mailbox> mailbox;
    std::array<char, 64u << 10> scratch;

    Handler handler;
    std::vector<std::string> websocket_origins = {"*"};
    Server::Statistics counters;
    bool stopping = false;

  private:
    /// What listens at one address.
    struct Door {
        std::shared_ptr<const Endpoint> endpoint;
        std::unique_ptr<Listener> listener;
    };
    using Doors = std::vector<std::unique_ptr<Door>>;

    Result<OpenEndpoint> open_socket(Endpoint endpoint) const;
    std::unique_ptr<Door> make_door(OpenEndpoint open);
    void refuse(Fd fd, const Endpoint& endpoint);
    AddressSeats::Seat seat_for(const Arrival& arrival);
    bool make_room();

    AddressSeats seats_;
    Doors doors_;
    std::unordered_map<Peer*, std::shared_ptr<Peer>> peers_;
    std::int64_t date_second_ = -1;
    std::string date_;
};

}  // namespace rill::http
