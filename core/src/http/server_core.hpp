// What the connections of one server share.
#pragma once

#include "deadlines.hpp"
#include "listener.hpp"
#include "mailbox.hpp"
#include "peer.hpp"
#include "poller.hpp"

#include <rill/http.hpp>

#include <array>
#include <map>
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
    std::vector<std::uint16_t> ports() const;
    void shutdown(unsigned grace_ms);

    void add(std::shared_ptr<Peer> peer);
    void remove(Peer& peer);
    /// Hands a request to the handler, or answers 404 if there is none.
    void handle(Exchange exchange);
    /// Empty: nobody takes the upgrade.
    WebSocketHandler websocket_handler(const Request& request) const;
    const std::string& date();  ///< now, as HTTP writes it (RFC 9110 §5.6.7)

    const Limits limits;
    const Ref<GMainContext> context;
    Poller poller;
    Deadlines deadlines;
    const std::shared_ptr<Mailbox> mailbox;
    std::array<char, 64u << 10> scratch;

    Handler handler;
    std::map<std::string, WebSocketHandler> websocket_handlers;
    WebSocketFinder websocket_finder;
    Server::Statistics counters;
    bool stopping = false;

  private:
    void accept(Fd fd, std::string remote);
    bool make_room();

    std::vector<std::unique_ptr<Listener>> listeners_;
    std::unordered_map<Peer*, std::shared_ptr<Peer>> peers_;
    std::int64_t date_second_ = -1;
    std::string date_;
};

}  // namespace rill::http
