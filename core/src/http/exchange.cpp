#include "exchange.hpp"

#include "guarded.hpp"
#include "http_connection.hpp"

#include <rill/http_cors.hpp>

namespace rill::http {

Exchange::Impl::Impl(Request request, std::shared_ptr<Mailbox> mailbox,
                     std::weak_ptr<HttpConnection> connection)
    : request_(std::move(request)), mailbox_(std::move(mailbox)), connection_(std::move(connection)) {}

void Exchange::Impl::respond(Response response) {
    std::function<void()> needless;
    {
        const std::lock_guard lock(mutex_);
        if (state_ != State::open) return;
        state_ = State::answered;
        needless.swap(when_abandoned_);
        if (cors_) cors_->apply(request_.header("origin"), response);
    }
    // The callback travels along because what it holds may belong to the server's thread.
    mailbox_->run(
        [self = shared_from_this(), response = std::move(response), needless = std::move(needless)] {
            if (const auto connection = self->connection_.lock()) connection->answer(*self, response);
        });
}

void Exchange::Impl::allow(std::shared_ptr<const Cors> cors) {
    const std::lock_guard lock(mutex_);
    cors_ = std::move(cors);
}

void Exchange::Impl::on_abandoned(std::function<void()> callback) {
    const std::lock_guard lock(mutex_);
    if (state_ == State::open) when_abandoned_.swap(callback);
    if (state_ == State::abandoned) mailbox_->post(std::move(callback));
}

void Exchange::Impl::abandon() {
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

void Exchange::allow(std::shared_ptr<const Cors> cors) {
    impl_->allow(std::move(cors));
}

void Exchange::on_abandoned(std::function<void()> callback) {
    impl_->on_abandoned(std::move(callback));
}

}  // namespace rill::http
