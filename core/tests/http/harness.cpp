#include "harness.hpp"

#include "catch.hpp"

#include <rill/json.hpp>

#include <fmt/format.h>
#include <glib.h>

#include <algorithm>
#include <arpa/inet.h>
#include <chrono>
#include <dirent.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace rill::http::test {

std::string Reply::error() const {
    const auto json = Json::parse(body);
    return json && (*json)["status"].text() == "error" ? (*json)["error"].text().value_or("") : "";
}

Client::Client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval timeout{30, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) hang_up();
}

Client::Client(Client&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), buffer_(std::move(other.buffer_)) {}

Client::~Client() {
    hang_up();
}

void Client::hang_up() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

bool Client::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = transmit(bytes.data(), bytes.size());
        if (count <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

ssize_t Client::receive(char* buffer, std::size_t size) {
    return ::recv(fd_, buffer, size, 0);
}

ssize_t Client::transmit(const char* data, std::size_t size) {
    return ::send(fd_, data, size, MSG_NOSIGNAL);
}

void Client::finish_sending() {
    ::shutdown(fd_, SHUT_WR);
}

bool Client::fill() {
    std::string part(65'536, '\0');
    const ssize_t count = receive(part.data(), part.size());
    if (count <= 0) return false;
    buffer_.append(part, 0, static_cast<std::size_t>(count));
    return true;
}

std::optional<Reply> Client::read_reply(bool to_head) {
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
        if (!fill()) return std::nullopt;
    }
    Reply reply;
    std::string_view head = std::string_view(buffer_).substr(0, end + 2);
    if (head.substr(0, 9) != "HTTP/1.1 ") return std::nullopt;
    reply.status = std::stoi(std::string(head.substr(9, 3)));
    head.remove_prefix(head.find("\r\n") + 2);
    while (!head.empty()) {
        const std::string_view line = head.substr(0, head.find("\r\n"));
        head.remove_prefix(line.size() + 2);
        const std::size_t colon = line.find(": ");
        std::string name(line.substr(0, colon));
        std::transform(name.begin(), name.end(), name.begin(), g_ascii_tolower);
        reply.headers[name] = line.substr(colon + 2);
    }
    buffer_.erase(0, end + 4);
    const auto length = reply.headers.find("content-length");
    if (!to_head && length != reply.headers.end()) {
        const std::size_t expected = std::stoul(length->second);
        reply.body = read(expected);
        if (reply.body.size() != expected) return std::nullopt;
    }
    return reply;
}

std::optional<Reply> Client::call(std::string_view request) {
    send(request);
    return read_reply(request.substr(0, 4) == "HEAD");
}

std::string Client::read(std::size_t count) {
    while (buffer_.size() < count && fill()) {
    }
    std::string result = buffer_.substr(0, count);
    buffer_.erase(0, result.size());
    return result;
}

std::string Client::read_to_end() {
    while (fill()) {
    }
    return std::exchange(buffer_, {});
}

bool Client::wait_for_end() {
    char byte = 0;
    const ssize_t count = receive(&byte, 1);
    return count == 0 || (count < 0 && errno == ECONNRESET);
}

bool Client::has_input() const {
    pollfd waiting{fd_, POLLIN, 0};
    return ::poll(&waiting, 1, 1) > 0;
}

Harness::Harness(Limits limits, const std::string& address)
    : descriptors_(open_descriptors()), server_(std::make_unique<Server>(limits)) {
    const auto listening = server_->listen(address);
    REQUIRE(listening);
    server_->on_request(echo_path);
}

Harness::~Harness() {
    destroy_server();
    CHECK(open_descriptors() <= descriptors_);
}

std::optional<Reply> Harness::call(std::string_view request) {
    return with([port = port(), request] { return Client(port).call(request); });
}

bool Harness::until(const std::function<bool()>& condition) {
    const std::int64_t end = g_get_monotonic_time() + 60 * G_TIME_SPAN_SECOND;
    // A wake-up now and then, for conditions that no event of the context announces.
    const guint tick = g_timeout_add(
        2, [](gpointer) -> gboolean { return G_SOURCE_CONTINUE; }, nullptr);
    bool holds = condition();
    while (!holds && g_get_monotonic_time() < end) {
        g_main_context_iteration(nullptr, TRUE);
        holds = condition();
    }
    g_source_remove(tick);
    return holds;
}

std::string get(std::string_view target, std::string_view more_headers) {
    return fmt::format("GET {} HTTP/1.1\r\nHost: test\r\n{}\r\n", target, more_headers);
}

std::size_t open_descriptors() {
    g_main_context_default();  // opens one of its own the first time
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir("/proc/self/fd"), ::closedir);
    std::size_t count = 0;
    while (::readdir(directory.get()) != nullptr)
        ++count;
    return count;
}

void echo_path(Exchange exchange) {
    const std::string path = exchange.request().path;
    exchange.respond(Response::text(200, "text/plain", path));
}

void serve_websocket(Server& server, WebSocketHandler handler) {
    server.on_request([handler = std::move(handler)](Exchange exchange) {
        const Request& request = exchange.request();
        if (request.path == "/ws" && request.asks_for_websocket()) return exchange.upgrade(handler);
        echo_path(std::move(exchange));
    });
}

}  // namespace rill::http::test
