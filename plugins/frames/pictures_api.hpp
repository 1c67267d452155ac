// Live pictures over HTTP, as docs/api.md describes them.
#pragma once

#include <rill/hub.hpp>

#include <memory>
#include <string>
#include <vector>

namespace rill::frames {

/// `origins`: of web pages that may use it from elsewhere (CORS); "*" is all.
std::unique_ptr<Controller> make_pictures_api(std::vector<std::string> origins);

}  // namespace rill::frames
