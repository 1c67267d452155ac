// The shared state behind an Exchange.
#pragma once

#include "mailbox.hpp"

#include <rill/http.hpp>

#include <functional>
#include <memory>
#include <mutex>

namespace rill::http {

class HttpConnection;

/// Threading: any, except abandon().
class Exchange::Impl : public std::enable_shared_from_this<Exchange::Impl> {
  public:
    Impl(Request request, std::shared_ptr<Mailbox> mailbox, std::weak_ptr<HttpConnection> connection);

    const Request& request() const { return request_; }
    /// The first answer counts; further ones are dropped.
    void respond(Response response);
    void allow(std::shared_ptr<const Cors> cors);
    void on_abandoned(std::function<void()> callback);
    /// The client has gone. The server's thread.
    void abandon();

  private:
    enum class State { open, answered, abandoned };

    const Request request_;
    const std::shared_ptr<Mailbox> mailbox_;
    const std::weak_ptr<HttpConnection> connection_;  ///< locked on the server's thread only
    std::mutex mutex_;
    State state_ = State::open;             ///< under mutex_
    std::shared_ptr<const Cors> cors_;      ///< under mutex_
    std::function<void()> when_abandoned_;  ///< under mutex_
};

}  // namespace rill::http
