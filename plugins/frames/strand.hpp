// Work that is done in order, one at a time, on threads that all share.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>

namespace rill::frames {

/// A path at rest has no thread, and one that converts has one, however many want its pictures. Nobody waits
/// for a strand to end: what is posted holds what it needs.
///
/// Threading: any thread.
class Strand {
  public:
    Strand();
    /// After what was posted before. Never runs it before returning.
    void post(std::function<void()> work);

  private:
    struct State {
        std::mutex mutex;
        std::deque<std::function<void()>> work;  // locked: mutex
        bool running = false;                    // locked: mutex
    };
    static void run(const std::shared_ptr<State>& state);
    static void start(const std::shared_ptr<State>& state);

    const std::shared_ptr<State> state_;
};

}  // namespace rill::frames
