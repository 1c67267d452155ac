#include "process.hpp"

#include "output_log.hpp"
#include "pipe_reader.hpp"
#include "spawn.hpp"

#include <rill/callback.hpp>

#include <cerrno>
#include <csignal>
#include <optional>
#include <sys/wait.h>
#include <utility>

namespace rill::hooks {
namespace {

/// How often is looked whether the group of a command that was ended is empty: nothing tells.
constexpr std::chrono::milliseconds group_check{50};

}  // namespace

/// Kept alive by the child watch, so that it is awaited whatever becomes of the Process.
class Process::Run : public std::enable_shared_from_this<Run> {
  public:
    Run(Loop& loop, std::shared_ptr<ProcessRoll> roll, const ProcessSettings& settings, Spawned spawned,
        std::function<void(int)> over)
        : loop_(loop),
          roll_(std::move(roll)),
          group_(spawned.pid),
          log_(settings.log),
          exit_limit_(settings.exit_limit),
          over_(std::move(over)),
          output_log_(settings.log, system_clock()),
          output_(output_log_),
          errors_(output_log_) {
        output_reader_.emplace(loop, std::move(spawned.output), [this](auto bytes) { output_.take(bytes); });
        errors_reader_.emplace(loop, std::move(spawned.errors), [this](auto bytes) { errors_.take(bytes); });
    }

    void watch() {
        roll_->add(group_);
        const auto source = Ref<GSource>::adopt(g_child_watch_source_new(group_));
        const GChildWatchFunc callback = [](GPid, gint status, gpointer data) {
            kept<Watch>(data).run()->exited(status);
        };
        g_source_set_callback(source.get(), G_SOURCE_FUNC(callback), keep(Watch(shared_from_this())),
                              drop<Watch>);
        g_source_attach(source.get(), loop_.context());
    }

    void end() {
        if (ending_ || is_over_) return;
        ending_ = true;
        ::kill(-group_, SIGINT);
        kill_ = loop_.after(exit_limit_, [self = shared_from_this()] { self->kill(); });
    }

    /// Nobody wants to know how it ends.
    void forget() { over_ = nullptr; }

  private:
    /// Owned by the child watch. Should the loop's context go before the command does, it breaks the circles
    /// of callbacks that keep each other.
    class Watch {
      public:
        explicit Watch(std::shared_ptr<Run> run) : run_(std::move(run)) {}
        Watch(Watch&&) noexcept = default;
        Watch& operator=(Watch&&) noexcept = default;
        ~Watch() {
            if (run_ && !run_->status_) run_->abandon();
        }
        const std::shared_ptr<Run>& run() const { return run_; }

      private:
        std::shared_ptr<Run> run_;
    };

    void abandon() {
        forget();
        kill_.cancel();
        output_reader_.reset();
        errors_reader_.reset();
    }

    void exited(int status) {
        status_ = status;
        if (!ending_ || killed_ || group_is_empty()) {
            finish();
            return;
        }
        // A shell dies of SIGINT at once; what it started may need the time that is left.
        group_timer_ = loop_.every(group_check, [self = shared_from_this()] {
            if (self->group_is_empty()) self->finish();
        });
    }

    /// Its number is not given away again while a member lives.
    bool group_is_empty() const { return ::kill(-group_, 0) != 0 && errno == ESRCH; }

    void kill() {
        log_.warning("command did not end within {} s of SIGINT; it is killed",
                     std::chrono::duration<double>(exit_limit_).count());
        ::kill(-group_, SIGKILL);
        killed_ = true;
        if (status_) finish();
    }

    void finish() {
        const auto self = shared_from_this();
        is_over_ = true;
        kill_.cancel();
        group_timer_.cancel();
        output_reader_->drain();
        errors_reader_->drain();
        output_reader_.reset();
        errors_reader_.reset();
        output_.end();
        errors_.end();
        output_log_.end();
        if (const auto over = std::exchange(over_, nullptr)) over(*status_);
        // After the callback, which may start the next one: Processes::close() must not see a gap.
        roll_->remove(group_);
    }

    Loop& loop_;
    const std::shared_ptr<ProcessRoll> roll_;
    const pid_t group_;
    const Log log_;
    const std::chrono::milliseconds exit_limit_;
    std::function<void(int)> over_;

    OutputLog output_log_;
    LineCutter output_;
    LineCutter errors_;
    std::optional<PipeReader> output_reader_;
    std::optional<PipeReader> errors_reader_;

    bool ending_ = false;
    bool killed_ = false;
    bool is_over_ = false;
    std::optional<int> status_;  ///< once the command itself has exited
    Timer kill_;
    Timer group_timer_;
};

Result<std::unique_ptr<Process>> Process::start(Loop& loop, const Processes& processes,
                                                const ProcessSettings& settings,
                                                std::function<void(int)> over) {
    loop.assert_owner();
    const Result<> allowed = processes.roll()->may_start();
    if (!allowed) return allowed.error();
    auto spawned = spawn(settings.arguments, settings.environment);
    if (!spawned) return spawned.error();
    const auto run =
        std::make_shared<Run>(loop, processes.roll(), settings, std::move(*spawned), std::move(over));
    run->watch();
    return std::unique_ptr<Process>(new Process(run));  // NOLINT: the constructor is private
}

Process::~Process() {
    run_->forget();
    run_->end();
}

void Process::end() {
    run_->end();
}

std::string describe_status(int status) {
    if (WIFSIGNALED(status)) return fmt::format("command was ended by signal {}", WTERMSIG(status));
    return fmt::format("command exited with code {}", WEXITSTATUS(status));
}

}  // namespace rill::hooks
