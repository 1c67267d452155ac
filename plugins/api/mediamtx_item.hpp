// What requests of MediaMTX's control API have in common.
#pragma once

#include <rill/http.hpp>

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>

namespace rill::api {

/// The name or id behind "get/" or "kick/", with its slashes. Empty: `rest` is something else.
inline std::optional<std::string> item_name(std::string_view rest, std::string_view verb) {
    if (!rest.starts_with(verb) || rest.size() < verb.size() + 2 || rest[verb.size()] != '/')
        return std::nullopt;
    return std::string(rest.substr(verb.size() + 1));
}

inline http::Response nothing_there(std::string_view rest, std::string_view known) {
    return http::Response::error(
        {Code::not_found, fmt::format("there is no '{}' here; ask for {}", rest, known)});
}

}  // namespace rill::api
