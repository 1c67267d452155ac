#include "peer.hpp"

#include <algorithm>
#include <utility>

namespace rill::webrtc::ice {

namespace {

/// A browser tries a few, one for each of its networks and of its servers.
constexpr std::size_t most_remotes = 16;

}  // namespace

std::optional<std::string> Peer::add(Credentials credentials) {
    const std::lock_guard lock(mutex_);
    credentials_.push_back(std::move(credentials));
    // The next checks choose again, among the new ones.
    nominated_ = false;
    awaits_check_ = true;
    if (credentials_.size() <= 2) return std::nullopt;
    std::string obsolete = std::move(credentials_.front().ufrag);
    credentials_.erase(credentials_.begin());
    return obsolete;
}

std::optional<Address> Peer::remember(const Address& remote) {
    const std::lock_guard lock(mutex_);
    if (std::find(remotes_.begin(), remotes_.end(), remote) != remotes_.end()) return std::nullopt;
    remotes_.push_back(remote);
    if (remotes_.size() <= most_remotes) return std::nullopt;
    const Address oldest = remotes_.front();
    remotes_.erase(remotes_.begin());
    return oldest;
}

std::string Peer::password_of(std::string_view ufrag) const {
    const std::lock_guard lock(mutex_);
    const auto known = std::find_if(credentials_.begin(), credentials_.end(),
                                    [&](const Credentials& each) { return each.ufrag == ufrag; });
    return known == credentials_.end() ? "" : known->password;
}

bool Peer::check(const std::shared_ptr<Route>& route, const BindingRequest& request) {
    const std::string password = password_of(request.local_ufrag());
    if (password.empty() || !request.is_authentic(password)) {
        route->answer(binding_error(request, 401, ""));
        return false;
    }
    if (!request.unknown.empty()) {
        route->answer(binding_error(request, 420, password));
        return false;
    }
    // Only one that leads chooses; a lite agent never does (RFC 8445 §6.1.1).
    if (request.controlled) {
        route->answer(binding_error(request, 487, password));
        return false;
    }
    const auto report = choose(route, request);
    route->answer(binding_success(request, route->remote, password));
    if (report) report();
    return true;
}

std::function<void()> Peer::choose(const std::shared_ptr<Route>& route, const BindingRequest& request) {
    const std::lock_guard lock(mutex_);
    if (!events_) return nullptr;
    const bool is_first = selected_ == nullptr;
    // Before anything is chosen, what works is used: the viewer asked from there, so it listens there. The
    // newest choice counts, so that a viewer who changes networks takes the media along.
    if (is_first || request.use_candidate || !nominated_) selected_ = route;
    nominated_ = nominated_ || request.use_candidate;
    if (request.local_ufrag() == credentials_.back().ufrag) awaits_check_ = false;
    return is_first ? events_->connected : nullptr;
}

void Peer::receive(Packet packet) {
    std::shared_ptr<const Events> events;
    {
        const std::lock_guard lock(mutex_);
        events = events_;
    }
    if (events) events->received(packet);
}

void Peer::send(std::span<const Packet> packets) {
    std::shared_ptr<Route> route;
    {
        const std::lock_guard lock(mutex_);
        route = selected_;
    }
    if (route) route->send(packets);
}

std::shared_ptr<const Route> Peer::selected() const {
    const std::lock_guard lock(mutex_);
    return selected_;
}

bool Peer::awaits_check() const {
    const std::lock_guard lock(mutex_);
    return events_ && awaits_check_;
}

void Peer::close() {
    std::shared_ptr<const Events> events;
    std::shared_ptr<Route> route;
    const std::lock_guard lock(mutex_);
    events.swap(events_);
    route.swap(selected_);
}

}  // namespace rill::webrtc::ice
