#include "worker.hpp"

#include <pthread.h>
#include <thread>
#include <utility>

namespace rill::record {

Worker::Worker(std::string name, std::function<std::chrono::milliseconds()> idle)
    : state_(std::make_shared<State>()) {
    state_->name = std::move(name);
    state_->idle = std::move(idle);
}

Worker::~Worker() {
    close(std::chrono::milliseconds(0));
}

void Worker::post(std::function<void()> job, std::uint64_t bytes) {
    {
        const std::lock_guard lock(state_->mutex);
        if (state_->closing) return;
        state_->jobs.push_back({std::move(job), bytes});
        state_->bytes += bytes;
        if (!std::exchange(state_->started, true)) std::thread(run, state_).detach();
    }
    state_->changed.notify_all();
}

std::uint64_t Worker::queued_bytes() const {
    const std::lock_guard lock(state_->mutex);
    return state_->bytes;
}

bool Worker::close(std::chrono::milliseconds timeout) {
    std::unique_lock lock(state_->mutex);
    state_->closing = true;
    state_->changed.notify_all();
    return state_->changed.wait_for(lock, timeout, [this] { return !state_->started || state_->ended; });
}

void Worker::run(const std::shared_ptr<State>& state) {
    pthread_setname_np(pthread_self(), state->name.substr(0, 15).c_str());
    std::unique_lock lock(state->mutex);
    while (true) {
        if (!state->jobs.empty()) {
            Job job = std::move(state->jobs.front());
            state->jobs.pop_front();
            lock.unlock();
            job.run();
            job.run = nullptr;  // what it owns goes here, not under the lock
            lock.lock();
            state->bytes -= job.bytes;
            continue;
        }
        if (state->closing) break;
        const auto wakes = [&state] { return state->closing || !state->jobs.empty(); };
        if (!state->idle) {
            state->changed.wait(lock, wakes);
            continue;
        }
        lock.unlock();
        const auto pause = state->idle();
        lock.lock();
        state->changed.wait_for(lock, pause, wakes);
    }
    state->idle = nullptr;
    state->ended = true;
    state->changed.notify_all();
}

}  // namespace rill::record
