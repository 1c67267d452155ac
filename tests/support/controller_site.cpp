#include "controller_site.hpp"

#include "await.hpp"
#include "catch.hpp"

#include <fmt/format.h>

#include <utility>

namespace rill::test {
namespace {

std::unique_ptr<Controller> make(const ControllerFactory& factory) {
    auto made = factory.create(Options::defaults(factory.options));
    INFO((made ? std::string() : made.error().message));
    REQUIRE(made);
    return std::move(*made);
}

/// A body in chunks (RFC 9112 §7.1), and shorter when the server hung up.
std::string read_chunked(http::test::Client& client) {
    std::string body;
    for (;;) {
        std::string line;
        while (!line.ends_with("\r\n")) {
            const std::string byte = client.read(1);
            if (byte.empty()) return body;
            line += byte;
        }
        const std::size_t size = std::stoul(line, nullptr, 16);
        body += client.read(size);
        client.read(2);
        if (size == 0) return body;
    }
}

}  // namespace

ControllerSite::ControllerSite(const Module& module)
    : factory_(module.controllers.front()), controller_(make(factory_)) {
    harness_.server().on_request([this](http::Exchange exchange) { serve(std::move(exchange)); });
}

ControllerSite::~ControllerSite() {
    stop();
    harness_.destroy_server();
    // The files of answers are closed on another thread.
    CHECK(await([this] { return http::test::open_descriptors() <= descriptors_; }));
}

void ControllerSite::serve(http::Exchange exchange) {
    if (path_routes_.serve(exchange)) return;
    const std::string& path = exchange.request().path;
    // The longest wins: what follows it in the order of names is longer or does not fit.
    for (auto route = routes_.rbegin(); route != routes_.rend(); ++route) {
        const bool below = route->first.ends_with('/') && path.starts_with(route->first);
        if (below || path == route->first) return route->second(std::move(exchange));
    }
    exchange.fail({Code::not_found, "no such route"});
}

void ControllerSite::start() {
    if (started_) return;
    const auto started = controller_->start(*this);
    REQUIRE(started);
    started_ = true;
}

void ControllerSite::begin_anew() {
    auto next = make(factory_);
    routes_.clear();
    path_routes_ = {};
    controller_->stop();
    retired_.push_back(std::exchange(controller_, std::move(next)));
    started_ = false;
    start();
}

void ControllerSite::stop() {
    if (!std::exchange(stopped_, true)) controller_->stop();
}

http::test::Reply ControllerSite::call(std::string_view method, std::string_view target,
                                       std::string_view headers, std::string_view body) {
    start();
    const std::string request = fmt::format("{} {} HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n{}\r\n{}",
                                            method, target, body.size(), headers, body);
    const auto reply = harness_.with([port = harness_.port(), request] {
        http::test::Client client(port);
        auto answer = client.call(request);
        const bool is_chunked = answer && answer->headers.count("transfer-encoding") == 1;
        if (is_chunked && !request.starts_with("HEAD")) answer->body = read_chunked(client);
        return answer;
    });
    REQUIRE(reply);
    return *reply;
}

Json ControllerSite::json(std::string_view method, std::string_view target) {
    const auto reply = call(method, target);
    INFO(method << " " << target << ": " << reply.body.substr(0, 1000));
    REQUIRE(reply.status == 200);
    auto body = Json::parse(reply.body);
    REQUIRE(body);
    return *std::move(body);
}

Result<> ControllerSite::path_websocket(const std::string& pattern, Needs, PathWebSocketHandler handler) {
    return path_routes_.add_websocket(pattern, [handler = std::move(handler)](PathCall call) {
        call.exchange.upgrade([handler, path = std::move(call.path),
                               rest = std::move(call.rest)](std::shared_ptr<http::WebSocket> socket) {
            handler({path, rest, std::move(socket)});
        });
    });
}

Result<> ControllerSite::route(const std::string& path, RouteTerms, http::Handler handler) {
    routes_[path] = std::move(handler);
    return ok();
}

}  // namespace rill::test
