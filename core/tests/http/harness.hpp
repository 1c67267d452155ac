// A server on the main context, and blocking clients on a thread beside it.
#pragma once

#include <rill/http.hpp>

#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace rill::http::test {

struct Reply {
    int status = 0;
    std::map<std::string, std::string> headers;  ///< names in lower case
    std::string body;
    std::string error() const;  ///< of the JSON body
};

/// A blocking TCP client. Gives up (an empty reply, an end that did not come) after 30 s.
class Client {
  public:
    explicit Client(std::uint16_t port);
    Client(Client&& other) noexcept;
    Client(const Client&) = delete;
    virtual ~Client();

    bool connected() const { return fd_ >= 0; }
    /// False when the server has hung up.
    bool send(std::string_view bytes);
    void finish_sending();
    /// Nothing on an end before or within the reply.
    std::optional<Reply> read_reply(bool to_head = false);
    std::optional<Reply> call(std::string_view request);
    /// Exactly so many bytes, or less on an end.
    std::string read(std::size_t count);
    std::string read_to_end();
    bool wait_for_end();
    /// Whether something has come, or comes within a millisecond.
    bool has_input() const;
    void hang_up();
    int fd() const { return fd_; }

  protected:
    /// As recv() and send() do.
    virtual ssize_t receive(char* buffer, std::size_t size);
    virtual ssize_t transmit(const char* data, std::size_t size);

  private:
    bool fill();

    int fd_ = -1;
    std::string buffer_;
};

/// Checks at its end that no file descriptor is left.
class Harness {
  public:
    explicit Harness(Limits limits = {}, const std::string& address = "127.0.0.1:0");
    ~Harness();

    Server& server() { return *server_; }
    std::uint16_t port() const { return server_->ports().front(); }
    void destroy_server() { server_.reset(); }

    /// Serves while `client` runs on a thread of its own, and returns what it returns.
    template <class F>
    auto with(F client) {
        auto result = std::async(std::launch::async, std::move(client));
        until([&] { return result.wait_for(std::chrono::seconds(0)) == std::future_status::ready; });
        return result.get();
    }
    std::optional<Reply> call(std::string_view request);
    /// Serves until the condition holds. False after 60 s.
    static bool until(const std::function<bool()>& condition);

  private:
    const std::size_t descriptors_;
    std::unique_ptr<Server> server_;
};

std::string get(std::string_view target, std::string_view more_headers = "");
std::size_t open_descriptors();

/// A handler that answers 200 with the path.
void echo_path(Exchange exchange);
/// WebSockets at /ws; other requests are echoed.
void serve_websocket(Server& server, WebSocketHandler handler);

}  // namespace rill::http::test
