// A page that plays a stream over the DVR server's API, to see whether it works.
#pragma once

#include <rill/http.hpp>

namespace rill::dialects {

/// HTML that loads nothing from elsewhere, and may run nothing but its own script.
http::Response debug_page();

}  // namespace rill::dialects
