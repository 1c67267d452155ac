// A thread with a main context, and the one way to hand work to it.
#pragma once

#include <rill/ref.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace rill {

/// Cancels its callback when destroyed. Threading: made, moved and destroyed on the loop's thread.
class Timer {
  public:
    Timer() = default;
    explicit Timer(Ref<GSource> source) : source_(std::move(source)) {}
    Timer(Timer&& other) noexcept = default;
    Timer& operator=(Timer&& other) noexcept;
    ~Timer() { cancel(); }
    void cancel();
    bool active() const;

  private:
    Ref<GSource> source_;
};

/// Owner of everything that is touched only from its thread: paths, sinks, sessions.
///
/// Threading: post() from anywhere; the rest as said. Work that was posted before the loop ends is run, in
/// order.
class Loop {
  public:
    /// A loop with a thread of its own, named `name` (at most 15 characters are shown by the system).
    explicit Loop(const std::string& name);
    /// The loop of an existing context that somebody else runs (the main thread's).
    explicit Loop(Ref<GMainContext> context);
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;
    /// Ends the own thread after what was posted; not from that thread.
    ~Loop();

    /// Runs `work` on the loop's thread, after everything posted before it. Never runs it before returning.
    void post(std::function<void()> work);
    /// Runs `work` once, on the loop's thread. Owner only.
    Timer after(std::chrono::milliseconds delay, std::function<void()> work);
    /// Runs `work` again and again until the timer is destroyed. Owner only.
    Timer every(std::chrono::milliseconds interval, std::function<void()> work);

    bool is_owner() const;
    /// Aborts with a message when called on another thread: a wrong crossing is a bug, not a condition.
    void assert_owner() const;
    GMainContext* context() const { return context_.get(); }

  private:
    Ref<GMainContext> context_;
    Ref<GMainLoop> main_loop_;
    std::thread thread_;
};

}  // namespace rill
