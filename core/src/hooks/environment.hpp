// The variables that a hook's command gets beside those of the program.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rill::hooks {

/// Threading: a value.
class Environment {
  public:
    /// A longer value is cut: the system refuses to start a program with a variable of 128 KiB, and a client
    /// must not be able to keep a hook from running.
    static constexpr std::size_t value_bytes = 64u << 10;

    /// Sets a variable under MediaMTX's name and under ours: MTX_PATH and RILL_PATH, G1 and RILL_G1. NUL,
    /// which no variable can hold, becomes U+FFFD. `name`: letters, digits and '_'.
    Environment& set(std::string_view name, std::string_view value);
    /// MTX_QUERY: the query of a request as it was sent, encoded once more as a form does it (WHATWG URL
    /// §5.2), so that nothing in it means anything to a shell.
    Environment& set_query(std::string_view raw_query);

    /// Of these variables, not of the program's.
    std::optional<std::string_view> find(const std::string& name) const;
    /// "NAME=value" for a child: the program's variables, with these over them.
    std::vector<std::string> for_child() const;

  private:
    std::map<std::string, std::string> values_;
};

}  // namespace rill::hooks
