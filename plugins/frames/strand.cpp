#include "strand.hpp"

#include <rill/callback.hpp>

#include <algorithm>
#include <utility>

namespace rill::frames {

Strand::Strand() : state_(std::make_shared<State>()) {}

void Strand::post(std::function<void()> work) {
    {
        const std::lock_guard lock(state_->mutex);
        state_->work.push_back(std::move(work));
        if (std::exchange(state_->running, true)) return;
    }
    start(state_);
}

void Strand::start(const std::shared_ptr<State>& state) {
    // As many as there are processors: conversions do nothing else than compute. Never destroyed: at exit a
    // thread may still be on its way out.
    static GThreadPool* const pool = g_thread_pool_new(
        [](gpointer data, gpointer) {
            const std::unique_ptr<std::shared_ptr<State>> state(static_cast<std::shared_ptr<State>*>(data));
            run(*state);
        },
        nullptr, std::max(2, static_cast<int>(g_get_num_processors())), FALSE, nullptr);
    g_thread_pool_push(pool, keep(state), nullptr);
}

/// A little, and then behind the others who wait for a thread.
void Strand::run(const std::shared_ptr<State>& state) {
    std::function<void()> work;
    {
        const std::lock_guard lock(state->mutex);
        work = std::move(state->work.front());
        state->work.pop_front();
    }
    work();
    work = nullptr;
    {
        const std::lock_guard lock(state->mutex);
        if (state->work.empty()) {
            state->running = false;
            return;
        }
    }
    start(state);
}

}  // namespace rill::frames
