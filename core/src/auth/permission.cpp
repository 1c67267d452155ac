#include "auth/permission.hpp"

#include "util/escape.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rill::auth {

Result<Permission> Permission::parse(std::string_view action, std::string_view path) {
    const auto known = parse_action(action);
    if (!known) {
        return Error{Code::invalid_config,
                     fmt::format("{} is no action: expected publish, read, playback, api, metrics or pprof",
                                 in_quotes(action))};
    }
    Permission result;
    result.action_ = *known;
    if (path.starts_with('~')) {
        auto expression = PathExpression::parse(path.substr(1));
        if (!expression) return expression.error();
        result.paths_ = std::move(*expression);
    } else if (!path.empty()) {
        result.paths_ = std::string(path);
    }
    return result;
}

bool Permission::allows(Action action, std::string_view path) const {
    if (action != action_) return false;
    if (!concerns_path(action)) return true;
    if (const auto* name = std::get_if<std::string>(&paths_)) return *name == path;
    if (const auto* expression = std::get_if<PathExpression>(&paths_)) return expression->matches(path);
    return true;
}

bool allow(std::span<const Permission> permissions, Action action, std::string_view path) {
    return std::ranges::any_of(permissions,
                               [&](const Permission& permission) { return permission.allows(action, path); });
}

}  // namespace rill::auth
