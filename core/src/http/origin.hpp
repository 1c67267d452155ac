// Which web pages may open a WebSocket.
#pragma once

#include <rill/http.hpp>

#include <string>
#include <vector>

namespace rill::http {

/// Browsers ask for no permission before, as they do for other requests, and send the cookies along: the
/// server must look itself (RFC 6455 §10.2). True for who is no page, for pages of this host, and for those
/// of the `origins`, as Cors takes them.
bool may_upgrade(const Request& request, const std::vector<std::string>& origins);

}  // namespace rill::http
