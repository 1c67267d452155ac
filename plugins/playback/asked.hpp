// A request that waits for the archive.
#pragma once

#include <rill/archive.hpp>
#include <rill/http.hpp>
#include <rill/http_cors.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace rill::playback {

/// An exchange that callbacks can hold, which must be copyable.
class Asked {
  public:
    explicit Asked(http::Exchange exchange)
        : exchange_(std::make_shared<http::Exchange>(std::move(exchange))) {}

    const http::Request& request() const { return exchange_->request(); }
    void respond(http::Response response) const { exchange_->respond(std::move(response)); }
    void fail(const Error& error) const { respond(http::Response::error(error)); }

  private:
    std::shared_ptr<http::Exchange> exchange_;
};

/// Lets the pages of `cors` read the answer. What needs no recording is answered at once, and then there is
/// nothing left to answer: another method, and no archive.
std::optional<Asked> take_up(http::Exchange exchange, const Archive* archive,
                             const std::shared_ptr<const http::Cors>& cors);

}  // namespace rill::playback
