// What somebody may do, and where.
#pragma once

#include "util/path_expression.hpp"

#include <rill/access.hpp>
#include <rill/result.hpp>

#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace rill::auth {

/// One action on some paths. Threading: const calls on any thread.
class Permission {
  public:
    /// `path`: empty is any, "~…" is a regular expression, else it is the path's name. Actions that concern
    /// no path are permitted whatever it is. Error: invalid_config.
    static Result<Permission> parse(std::string_view action, std::string_view path);
    bool allows(Action action, std::string_view path) const;

  private:
    struct Any {};

    Action action_ = Action::read;
    std::variant<Any, std::string, PathExpression> paths_;
};

/// Whether one of them allows it.
bool allow(std::span<const Permission> permissions, Action action, std::string_view path);

}  // namespace rill::auth
