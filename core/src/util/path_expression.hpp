// Regular expressions for names of paths, in the syntax that Go's and PCRE2 share.
#pragma once

#include <rill/result.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct pcre2_real_code_8;

namespace rill {

/// Compiled once, and bounded in time and memory whatever it is matched with: what exceeds the bounds is no
/// match. Threading: const calls on any thread.
class PathExpression {
  public:
    /// `text` as Go's package regexp takes it, without back references, look-around and the like, which Go
    /// has not. Error: invalid_config with the reason and its place.
    static Result<PathExpression> parse(std::string_view text);
    /// Whether the expression is found anywhere in `path`. Text that is no UTF-8 never matches.
    bool matches(std::string_view path) const;
    /// What is found first, [0], and its groups, as many as groups() says; "" for those that took no part.
    std::optional<std::vector<std::string>> match(std::string_view path) const;
    std::size_t groups() const;

  private:
    std::shared_ptr<const pcre2_real_code_8> code_;
};

}  // namespace rill
