// The command of a hook as its configuration writes it.
#pragma once

#include "environment.hpp"

#include <rill/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace rill::hooks {

/// A command text, split into arguments and filled in without a shell, as MediaMTX does it.
///
/// $NAME and ${NAME} stand for a variable of the hook, else for one of the program, else for nothing, in and
/// outside quotes; \$ is a dollar sign, and so is one that no name follows. A value fills its argument and
/// never makes two of it. What a shell reads (`sh -c '…'`) stays as it is: the shell takes the variables from
/// its environment, where they are data.
///
/// Threading: a value.
class CommandLine {
  public:
    /// Error: invalid_config with the position, in characters from 1.
    static Result<CommandLine> parse(std::string_view text);

    /// The program and its arguments. Not empty.
    std::vector<std::string> arguments(const Environment& environment) const;

    bool operator==(const CommandLine&) const = default;

  private:
    struct Piece {
        std::string text;
        bool variable;  ///< `text` is its name
        bool operator==(const Piece&) const = default;
    };
    using Argument = std::vector<Piece>;

    std::vector<Argument> arguments_;
    friend class ArgumentParser;
};

}  // namespace rill::hooks
