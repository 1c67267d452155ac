// Requests for pictures, and how a picture answers one.
#pragma once

#include "picture.hpp"

#include <rill/http_asked.hpp>
#include <rill/http_cors.hpp>

#include <memory>

namespace rill::frames {

/// Unanswered at its end: 503.
class Asked : public http::Asked {
  public:
    Asked(http::Exchange exchange, const std::shared_ptr<const http::Cors>& cors);
    void fail(const Error& error);
};
using AskedPtr = std::shared_ptr<Asked>;

/// 200 with the X-Rill-… headers and the payload.
http::Response to_response(const Picture& picture);

}  // namespace rill::frames
