// The shared state behind an Exchange, and that of a client's.
#pragma once

#include "mailbox.hpp"

#include <rill/http.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace rill::http {

class HttpConnection;

/// Threading: any.
class Exchange::Impl {
  public:
    explicit Impl(Request request) : request_(std::move(request)) {}
    virtual ~Impl() = default;

    const Request& request() const { return request_; }
    void identify(std::string user) { request_.user = std::move(user); }
    /// The first answer counts; further ones are dropped.
    virtual void respond(Response response) = 0;
    virtual void upgrade(WebSocketHandler handler) = 0;
    virtual void allow(std::shared_ptr<const Cors> cors) = 0;
    virtual void on_abandoned(std::function<void()> callback) = 0;

  private:
    Request request_;
};

/// Threading: any, except abandon().
class ClientExchange final : public Exchange::Impl, public std::enable_shared_from_this<ClientExchange> {
  public:
    ClientExchange(Request request, std::shared_ptr<Mailbox> mailbox,
                   std::weak_ptr<HttpConnection> connection);

    void respond(Response response) override;
    void upgrade(WebSocketHandler handler) override;
    void allow(std::shared_ptr<const Cors> cors) override;
    void on_abandoned(std::function<void()> callback) override;
    /// The client has gone. The server's thread.
    void abandon();

  private:
    enum class State { open, answered, abandoned };
    using Answer = std::function<void(HttpConnection&)>;
    void answer_by(Answer answer);

    const std::shared_ptr<Mailbox> mailbox_;
    const std::weak_ptr<HttpConnection> connection_;  ///< locked on the server's thread only
    std::mutex mutex_;
    State state_ = State::open;             ///< under mutex_
    std::shared_ptr<const Cors> cors_;      ///< under mutex_
    std::function<void()> when_abandoned_;  ///< under mutex_
};

}  // namespace rill::http
