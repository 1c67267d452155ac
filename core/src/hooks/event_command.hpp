// A command that runs for each event, a bounded number of them at once.
#pragma once

#include "command.hpp"

#include <cstdint>
#include <memory>

namespace rill::hooks {

/// runOnRecordSegmentCreate, runOnRecordSegmentComplete. An event beyond the commands that may run at once
/// waits for its turn; one beyond those that may wait is dropped, counted and logged.
///
/// Threading: the site's loop.
class EventCommand {
  public:
    struct Limits {
        unsigned running = 4;
        std::size_t waiting = 100;
    };
    EventCommand(const Site& site, CommandSettings settings, Limits limits);
    EventCommand(const Site& site, CommandSettings settings) : EventCommand(site, std::move(settings), {}) {}
    EventCommand(const EventCommand&) = delete;
    EventCommand& operator=(const EventCommand&) = delete;
    /// What runs or waits goes on to its end by itself: a segment is complete whatever becomes of its path.
    ~EventCommand();

    void run(const Environment& environment);

    struct Counters {
        unsigned running = 0;
        std::size_t waiting = 0;
        std::uint64_t started = 0;
        std::uint64_t dropped = 0;
    };
    Counters counters() const;

  private:
    class State;
    const std::shared_ptr<State> state_;
};

}  // namespace rill::hooks
