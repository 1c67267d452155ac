#include "event_command.hpp"

#include <deque>
#include <utility>

namespace rill::hooks {

/// Kept by the callbacks of its commands.
class EventCommand::State : public std::enable_shared_from_this<State> {
  public:
    State(const Site& site, CommandSettings settings, Limits limits)
        : site_(site), settings_(std::move(settings)), limits_(limits) {}

    void run(const Environment& environment) {
        if (running_ < limits_.running) {
            start(environment);
            return;
        }
        if (waiting_.size() < limits_.waiting) {
            waiting_.push_back(environment);
            return;
        }
        ++dropped_;
        // Once for each time that the queue is full, however many events meet it so.
        if (!std::exchange(full_, true))
            site_.log.warning(
                "{} command dropped: {} run and {} wait; it takes longer than the time between "
                "two events",
                settings_.key, running_, waiting_.size());
    }

    Counters counters() const { return {running_, waiting_.size(), started_, dropped_}; }

  private:
    void start(const Environment& environment) {
        ++running_;
        ++started_;
        site_.log.info("{} command launched", settings_.key);
        Command::start(site_, settings_, environment, [self = shared_from_this()] { self->one_is_over(); });
    }

    void one_is_over() {
        --running_;
        if (waiting_.empty()) return;
        const Environment next = std::move(waiting_.front());
        waiting_.pop_front();
        if (waiting_.empty()) full_ = false;
        start(next);
    }

    const Site site_;
    const CommandSettings settings_;
    const Limits limits_;

    unsigned running_ = 0;
    std::deque<Environment> waiting_;
    bool full_ = false;  ///< since the queue was empty, and logged
    std::uint64_t started_ = 0;
    std::uint64_t dropped_ = 0;
};

EventCommand::EventCommand(const Site& site, CommandSettings settings, Limits limits)
    : state_(std::make_shared<State>(site, std::move(settings), limits)) {}

EventCommand::~EventCommand() = default;

void EventCommand::run(const Environment& environment) {
    state_->run(environment);
}

EventCommand::Counters EventCommand::counters() const {
    return state_->counters();
}

}  // namespace rill::hooks
