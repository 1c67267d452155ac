// A request that is answered later, from another thread.
#pragma once

#include <rill/http.hpp>
#include <rill/json.hpp>

#include <memory>
#include <string_view>
#include <utility>

namespace rill::api {

/// An exchange that callbacks can hold, which must be copyable. Answered once; when the last copy goes
/// without an answer, that is 500.
///
/// Threading: any thread, one at a time.
class Asked {
  public:
    explicit Asked(http::Exchange exchange)
        : exchange_(std::make_shared<http::Exchange>(std::move(exchange))) {}

    const http::Request& request() const { return exchange_->request(); }
    void respond(http::Response response) const {
        response.header("cache-control", "no-store");
        exchange_->respond(std::move(response));
    }
    void respond(const Json& body) const { respond(http::Response::json(200, body.dump())); }
    void fail(const Error& error) const { respond(http::Response::error(error)); }
    void refuse_method(std::string_view allowed) const {
        respond(http::Response::method_not_allowed(request().method, allowed));
    }

  private:
    std::shared_ptr<http::Exchange> exchange_;
};

}  // namespace rill::api
