// A pair of commands: one for as long as something is the case, one for when it no longer is.
#pragma once

#include "command.hpp"

#include <memory>
#include <optional>

namespace rill::hooks {

/// runOnReady and runOnNotReady, runOnRead and runOnUnread, runOnConnect and runOnDisconnect; either command
/// may be missing.
struct Pair {
    std::optional<CommandSettings> begin = {}, end = {};
    bool is_empty() const { return !begin && !end; }
    bool operator==(const Pair&) const = default;
};

/// The begin command is told to end by end(), and the end command starts when it has ended. A begin() that
/// comes meanwhile waits for the end command, up to Timing::end_command_limit. A begin() whose end() comes
/// while it still waits is skipped, both commands of it: what comes and goes faster than its commands run
/// does not pile up.
///
/// Threading: the site's loop.
class Hook {
  public:
    Hook(const Site& site, Pair pair);
    Hook(const Hook&) = delete;
    Hook& operator=(const Hook&) = delete;
    /// As end(); the end command runs to its end by itself.
    ~Hook();

    /// Both commands get these variables. A begin() without an end() before it is an end() too.
    void begin(const Environment& environment);
    void end();
    /// Other commands from now on. What is begun ends with those of before, and then begins with the new
    /// ones, unless the begin command is the same: that one goes on.
    void change(Pair pair);

  private:
    class State;
    const std::shared_ptr<State> state_;
};

}  // namespace rill::hooks
