#include "server_core.hpp"

#include <rill/http.hpp>

namespace rill::http {

Server::Server(Limits limits)
    : core_(std::make_unique<ServerCore>(limits,
                                         Ref<GMainContext>::adopt(g_main_context_ref_thread_default()))) {}

Server::~Server() = default;

Result<> Server::listen(const std::string& address) {
    return core_->listen(address);
}

Result<std::vector<OpenEndpoint>> Server::open(std::vector<Endpoint> endpoints) const {
    return core_->open(std::move(endpoints));
}

void Server::put(std::vector<OpenEndpoint> endpoints) {
    core_->put(std::move(endpoints));
}

std::vector<std::uint16_t> Server::ports() const {
    return core_->ports();
}

void Server::on_request(Handler handler) {
    core_->handler = std::move(handler);
}

void Server::allow_websockets(std::vector<std::string> origins) {
    core_->websocket_origins = std::move(origins);
}

void Server::limit_connections(unsigned all, unsigned per_address) {
    core_->limits.connections = all;
    core_->limits.connections_per_address = per_address;
}

void Server::shutdown(unsigned grace_ms) {
    core_->shutdown(grace_ms);
}

Server::Statistics Server::statistics() const {
    return core_->counters;
}

}  // namespace rill::http
