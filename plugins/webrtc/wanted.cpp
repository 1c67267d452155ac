#include "wanted.hpp"

#include <rill/http_query.hpp>

#include <fmt/format.h>

namespace rill::webrtc {

namespace {

constexpr int least = 64;
constexpr int most = 4320;

}  // namespace

Result<int> read_max_height(const http::Request& request) {
    const auto height = http::number(request, "max-height", 0, least, most);
    if (!height) return height.error();
    return static_cast<int>(*height);
}

Result<int> read_max_height(const Json& message) {
    const Json& value = message["maxHeight"];
    if (value.is_null()) return 0;
    const auto height = value.integer();
    if (height && *height >= least && *height <= most) return static_cast<int>(*height);
    return Error{Code::invalid_config,
                 fmt::format("maxHeight: expected a number of pixels from {} to {}", least, most)};
}

}  // namespace rill::webrtc
