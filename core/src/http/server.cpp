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

std::vector<std::uint16_t> Server::ports() const {
    return core_->ports();
}

void Server::on_request(Handler handler) {
    core_->handler = std::move(handler);
}

void Server::on_websocket(const std::string& path, WebSocketHandler handler) {
    if (handler) {
        core_->websocket_handlers[path] = std::move(handler);
    } else {
        core_->websocket_handlers.erase(path);
    }
}

void Server::on_other_websocket(WebSocketFinder finder) {
    core_->websocket_finder = std::move(finder);
}

void Server::shutdown(unsigned grace_ms) {
    core_->shutdown(grace_ms);
}

Server::Statistics Server::statistics() const {
    return core_->counters;
}

}  // namespace rill::http
