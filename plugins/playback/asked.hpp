// A request that waits for the archive.
#pragma once

#include <rill/http.hpp>
#include <rill/http_cors.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace rill::playback {

/// An exchange that callbacks can hold, which must be copyable.
class Asked {
  public:
    Asked(http::Exchange exchange, std::shared_ptr<const http::Cors> cors)
        : exchange_(std::make_shared<http::Exchange>(std::move(exchange))), cors_(std::move(cors)) {}

    const http::Request& request() const { return exchange_->request(); }
    void respond(http::Response response) const {
        cors_->apply(request().header("origin"), response);
        exchange_->respond(std::move(response));
    }
    void fail(const Error& error) const { respond(http::Response::error(error)); }

  private:
    std::shared_ptr<http::Exchange> exchange_;
    std::shared_ptr<const http::Cors> cors_;
};

/// Of the query. Null when there is none or it is empty.
const std::string* find(const http::Request& request, const std::string& key);
/// An error that says which key of the query it is about.
Error about(std::string_view key, const Error& error);

}  // namespace rill::playback
