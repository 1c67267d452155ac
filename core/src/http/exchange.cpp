#include "exchange.hpp"

#include "guarded.hpp"
#include "http_connection.hpp"

#include <rill/http_cors.hpp>

namespace rill::http {

ClientExchange::ClientExchange(Request request, std::shared_ptr<Mailbox> mailbox,
                               std::weak_ptr<HttpConnection> connection)
    : Impl(std::move(request)), mailbox_(std::move(mailbox)), connection_(std::move(connection)) {}

void ClientExchange::respond(Response response) {
    {
        const std::lock_guard lock(mutex_);
        if (cors_) cors_->apply(request().header("origin"), response);
    }
    answer_by([this, response = std::move(response)](HttpConnection& connection) {
        connection.answer(*this, response);
    });
}

void ClientExchange::upgrade(WebSocketHandler handler) {
    answer_by([this, handler = std::move(handler)](HttpConnection& connection) {
        connection.upgrade(*this, handler);
    });
}

/// `answer` is called on the server's thread, if nobody was faster and the client is still there.
void ClientExchange::answer_by(Answer answer) {
    std::function<void()> needless;
    {
        const std::lock_guard lock(mutex_);
        if (state_ != State::open) return;
        state_ = State::answered;
        needless.swap(when_abandoned_);
    }
    // The callback travels along because what it holds may belong to the server's thread.
    mailbox_->run([self = shared_from_this(), answer = std::move(answer), needless = std::move(needless)] {
        if (const auto connection = self->connection_.lock()) answer(*connection);
    });
}

void ClientExchange::allow(std::shared_ptr<const Cors> cors) {
    const std::lock_guard lock(mutex_);
    cors_ = std::move(cors);
}

void ClientExchange::on_abandoned(std::function<void()> callback) {
    const std::lock_guard lock(mutex_);
    if (state_ == State::open) when_abandoned_.swap(callback);
    if (state_ == State::abandoned) mailbox_->post(std::move(callback));
}

void ClientExchange::abandon() {
    std::function<void()> callback;
    {
        const std::lock_guard lock(mutex_);
        if (state_ != State::open) return;
        state_ = State::abandoned;
        callback.swap(when_abandoned_);
    }
    guarded("on_abandoned", callback);
}

Exchange::Exchange(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Exchange::Exchange(Exchange&&) noexcept = default;

Exchange& Exchange::operator=(Exchange&& other) noexcept {
    std::swap(impl_, other.impl_);
    return *this;
}

Exchange::~Exchange() {
    if (impl_) impl_->respond(Response::error({Code::internal, "the request was dropped without an answer"}));
}

const Request& Exchange::request() const {
    return impl_->request();
}

void Exchange::respond(Response response) {
    impl_->respond(std::move(response));
}

void Exchange::upgrade(WebSocketHandler handler) {
    impl_->upgrade(std::move(handler));
}

void Exchange::identify(std::string user) {
    impl_->identify(std::move(user));
}

void Exchange::allow(std::shared_ptr<const Cors> cors) {
    impl_->allow(std::move(cors));
}

void Exchange::on_abandoned(std::function<void()> callback) {
    impl_->on_abandoned(std::move(callback));
}

}  // namespace rill::http
