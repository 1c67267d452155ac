// Addresses of cameras that come with a request, from whoever may use these APIs.
#pragma once

#include <rill/result.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace rill::dialects {

struct Credentials {
    std::string user, password;
};

/// The source of a path, with other credentials if there are any. Only RTSP cameras: a file of this machine,
/// or another scheme that a source may have, is not for those who can merely reach the server. Error:
/// invalid_config, which begins with `key` and holds no part of the text.
Result<std::string> camera_url(std::string_view key, const std::optional<std::string>& text,
                               const std::optional<Credentials>& credentials = std::nullopt);

}  // namespace rill::dialects
