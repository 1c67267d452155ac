// Events, written down as they are told.
#pragma once

#include "on_loop.hpp"

#include <rill/event.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rill::test {

/// Threading: the test's thread. What observes runs on a loop of its own.
class EventLog {
  public:
    EventLog() {
        run([this] { observer_ = events->observe([this](const Event& event) { told_.push_back(event); }); });
    }
    EventLog(const EventLog&) = delete;
    EventLog& operator=(const EventLog&) = delete;
    ~EventLog() {
        run([this] { observer_.reset(); });
        events->close();
    }

    /// What was told so far, in order.
    std::vector<Event> told() {
        std::vector<Event> out;
        run([&] { out = told_; });
        return out;
    }
    /// "readerAdded readerRemoved": the kinds of what was told so far.
    std::string kinds() {
        std::string text;
        for (const Event& event : told())
            text += (text.empty() ? "" : " ") + std::string(to_string(event.kind));
        return text;
    }
    void run(const std::function<void()>& work) { on_loop(loop_, work); }

  private:
    Loop loop_{"events"};

  public:
    const std::shared_ptr<Events> events = std::make_shared<Events>(loop_);

  private:
    std::shared_ptr<Events::Observer> observer_;  // on the loop
    std::vector<Event> told_;                     // on the loop
};

}  // namespace rill::test
