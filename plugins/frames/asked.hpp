// A request that callbacks can hold.
#pragma once

#include "picture.hpp"

#include <rill/http.hpp>
#include <rill/http_cors.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <string_view>

namespace rill::frames {

/// Answered once, by whoever comes first; unanswered at its end: 503. Threading: any thread.
class Asked {
  public:
    Asked(http::Exchange exchange, const std::shared_ptr<const http::Cors>& cors);
    Asked(const Asked&) = delete;
    Asked& operator=(const Asked&) = delete;
    ~Asked();

    const http::Request& request() const { return exchange_.request(); }
    void on_abandoned(std::function<void()> callback) { exchange_.on_abandoned(std::move(callback)); }
    /// Nothing of this may be kept by caches.
    void respond(http::Response response);
    void fail(const Error& error);

  private:
    http::Exchange exchange_;
    std::atomic<bool> answered_ = false;
};
using AskedPtr = std::shared_ptr<Asked>;

/// 200 with the X-Rill-… headers and the payload.
http::Response to_response(const Picture& picture);

}  // namespace rill::frames
