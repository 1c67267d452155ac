#include "exchange.hpp"

#include <rill/http_inner.hpp>

#include <atomic>
#include <utility>

namespace rill::http {

namespace {

/// The answer to `outer` has its own.
bool is_about_origins(const std::pair<std::string, std::string>& header) {
    return g_ascii_strncasecmp(header.first.c_str(), "access-control-", 15) == 0;
}

class InnerExchange final : public Exchange::Impl {
  public:
    InnerExchange(std::shared_ptr<Exchange> outer, Request request, InnerAnswers answers)
        : Impl(std::move(request)), outer_(std::move(outer)), answers_(std::move(answers)) {}

    void respond(Response response) override {
        if (!begin_answer()) return;
        std::erase_if(response.headers, is_about_origins);
        answers_.response(std::move(response));
    }
    void upgrade(WebSocketHandler handler) override {
        if (!answers_.upgrade)
            return respond(Response::error({Code::internal, "a WebSocket is no answer here"}));
        if (begin_answer()) answers_.upgrade(std::move(handler));
    }
    void allow(std::shared_ptr<const Cors>) override {}
    void on_abandoned(std::function<void()> callback) override {
        if (!is_answered_) outer_->on_abandoned(std::move(callback));
    }

  private:
    /// False: it was answered before.
    bool begin_answer() {
        if (is_answered_.exchange(true)) return false;
        // Whoever waited for the client to go has answered; there may be a next one.
        outer_->on_abandoned([] {});
        return true;
    }

    const std::shared_ptr<Exchange> outer_;
    const InnerAnswers answers_;
    std::atomic<bool> is_answered_ = false;
};

}  // namespace

Exchange inner_exchange(std::shared_ptr<Exchange> outer, Request request, InnerAnswers answers) {
    return Exchange(
        std::make_shared<InnerExchange>(std::move(outer), std::move(request), std::move(answers)));
}

}  // namespace rill::http
