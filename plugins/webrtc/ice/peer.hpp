// One viewer, as an ICE lite agent knows it (RFC 8445 §2.5): it answers the viewer's checks, and sends where
// the viewer says.
#pragma once

#include "route.hpp"
#include "stun.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace rill::webrtc::ice {

struct Credentials {
    std::string ufrag, password;
};

/// Threading: any.
class Peer {
  public:
    /// Called on the thread that received, under no lock.
    struct Events {
        /// There is a way to the viewer. Once.
        std::function<void()> connected;
        /// What is no STUN: DTLS, SRTCP.
        std::function<void(Packet)> received;
    };

    explicit Peer(Events events) : events_(std::make_shared<const Events>(std::move(events))) {}

    /// Credentials that are answered to from now on, beside those before: a viewer uses the old ones until a
    /// restart is through (RFC 8445 §9). Returns the ufrag that counts no more.
    std::optional<std::string> add(Credentials credentials);
    /// A remote address that is the viewer's. Returns the one that is forgotten for it.
    std::optional<Address> remember(const Address& remote);

    /// Answers a check that came by this route. True when it was made with our password: then the route is
    /// the viewer's, and what comes by it is too.
    bool check(const std::shared_ptr<Route>& route, const BindingRequest& request);
    void receive(Packet packet);
    /// By the route that the viewer chose; nothing before there is one.
    void send(std::span<const Packet> packets);
    std::shared_ptr<const Route> selected() const;
    /// No check has come yet that was made with the newest credentials.
    bool awaits_check() const;

    /// No event is begun after it, and nothing is sent.
    void close();

  private:
    std::string password_of(std::string_view ufrag) const;
    /// What is to be reported.
    std::function<void()> choose(const std::shared_ptr<Route>& route, const BindingRequest& request);

    mutable std::mutex mutex_;
    // Locked: mutex_.
    std::shared_ptr<const Events> events_;
    std::vector<Credentials> credentials_;  ///< the newest last
    std::vector<Address> remotes_;          ///< the newest last
    std::shared_ptr<Route> selected_;
    bool nominated_ = false;
    bool awaits_check_ = true;
};

}  // namespace rill::webrtc::ice
