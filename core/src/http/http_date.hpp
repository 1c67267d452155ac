// Times as HTTP writes them.
#pragma once

#include <ctime>
#include <string>

namespace rill::http {

/// IMF-fixdate (RFC 9110 §5.6.7) of seconds since 1970: "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date(std::time_t seconds);

}  // namespace rill::http
