#include "hook.hpp"

#include <utility>

namespace rill::hooks {

/// Kept by the callbacks of its commands, which end later than the hook.
class Hook::State : public std::enable_shared_from_this<State> {
  public:
    State(const Site& site, Pair pair) : site_(site), pair_(std::move(pair)) {}

    void begin(const Environment& environment) {
        if (phase_ == Phase::begun || waiting_) end();
        if (phase_ == Phase::idle) {
            start(environment);
        } else {
            waiting_ = environment;
        }
    }

    void end() {
        if (waiting_) {
            waiting_.reset();
            warn_of_skipping(next_ ? *next_ : pair_);
            return;
        }
        if (phase_ != Phase::begun) return;
        phase_ = Phase::ending;
        if (pair_.begin) site_.log.info("{} command stopped", pair_.begin->key);
        if (begun_ && !begun_->is_over()) {
            begun_->end();
        } else {
            begin_command_is_over();
        }
    }

    void change(Pair pair) {
        const bool goes_on = phase_ == Phase::begun;
        if (goes_on && pair.begin == pair_.begin) {
            pair_ = std::move(pair);
            return;
        }
        next_ = std::move(pair);
        if (!goes_on) return;
        const Environment environment = environment_;
        end();
        begin(environment);
    }

  private:
    enum class Phase {
        idle,
        begun,    ///< the begin command runs, or has exited
        ending,   ///< it was told to end
        closing,  ///< the end command runs
    };

    void warn_of_skipping(const Pair& pair) const {
        if (pair.is_empty()) return;
        site_.log.warning("{} skipped: it ended before the commands of the time before had",
                          pair.begin ? pair.begin->key : pair.end->key);
    }

    void start(const Environment& environment) {
        if (next_) pair_ = *std::exchange(next_, std::nullopt);
        phase_ = Phase::begun;
        environment_ = environment;
        if (!pair_.begin) return;
        site_.log.info("{} command started", pair_.begin->key);
        begun_ = Command::start(site_, *pair_.begin, environment_, [self = shared_from_this()] {
            if (self->phase_ == Phase::ending) self->begin_command_is_over();
        });
    }

    void begin_command_is_over() {
        begun_.reset();
        phase_ = Phase::closing;
        if (!pair_.end) {
            closed();
            return;
        }
        // One that hangs is not waited for, and must not become many.
        if (last_ && !last_->is_over()) {
            site_.log.warning("{} command still runs from the time before; it is ended", pair_.end->key);
            last_->end();
        }
        site_.log.info("{} command launched", pair_.end->key);
        const auto number = ++pairs_;
        last_ = Command::start(site_, *pair_.end, environment_, [self = shared_from_this(), number] {
            if (self->pairs_ == number) self->closed();
        });
        limit_ =
            site_.loop.after(site_.timing.end_command_limit, [self = shared_from_this()] { self->closed(); });
    }

    void closed() {
        if (phase_ != Phase::closing) return;
        phase_ = Phase::idle;
        limit_.cancel();
        if (waiting_) start(*std::exchange(waiting_, std::nullopt));
    }

    const Site site_;
    Pair pair_;
    std::optional<Pair> next_;  ///< takes its place at the next start

    Phase phase_ = Phase::idle;
    Environment environment_;
    std::optional<Environment> waiting_;  ///< of a begin() that came too early
    std::shared_ptr<Command> begun_;
    std::shared_ptr<Command> last_;  ///< the newest end command
    std::uint64_t pairs_ = 0;        ///< end commands so far
    Timer limit_;
};

Hook::Hook(const Site& site, Pair pair) : state_(std::make_shared<State>(site, std::move(pair))) {}

Hook::~Hook() {
    end();
}

void Hook::begin(const Environment& environment) {
    state_->begin(environment);
}

void Hook::end() {
    state_->end();
}

void Hook::change(Pair pair) {
    state_->change(std::move(pair));
}

}  // namespace rill::hooks
