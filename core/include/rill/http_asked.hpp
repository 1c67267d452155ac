// A request that callbacks can hold.
#pragma once

#include <rill/http.hpp>

#include <atomic>
#include <functional>
#include <utility>

namespace rill::http {

/// Answered once, by whoever comes first. Whoever lets go of it last answers what it was given up for.
/// Threading: any thread.
class Asked {
  public:
    /// `unanswered`: what is said when nobody has answered.
    Asked(Exchange exchange, Response unanswered)
        : exchange_(std::move(exchange)), unanswered_(std::move(unanswered)) {}
    Asked(const Asked&) = delete;
    Asked& operator=(const Asked&) = delete;
    ~Asked() {
        if (!answered_) respond(std::move(unanswered_));
    }

    const Request& request() const { return exchange_.request(); }
    void on_abandoned(std::function<void()> callback) { exchange_.on_abandoned(std::move(callback)); }
    /// Nothing of this may be kept by caches.
    void respond(Response response) {
        if (answered_.exchange(true)) return;
        response.header("cache-control", "no-store");
        exchange_.respond(std::move(response));
    }

  private:
    Exchange exchange_;
    Response unanswered_;
    std::atomic<bool> answered_ = false;
};

}  // namespace rill::http
