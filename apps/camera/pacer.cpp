#include "pacer.hpp"

#include <pthread.h>

namespace rill::camera {
namespace {

// Hundreds of cameras have hundreds of phases. Rounding the wake-ups up to this grid bounds their number; a
// camera's network jitter is larger.
constexpr nanoseconds grid = std::chrono::milliseconds(2);

nanoseconds round_up(nanoseconds time) {
    return (time + grid - nanoseconds(1)) / grid * grid;
}

}  // namespace

Pacer::Pacer() : thread_([this] { run(); }) {
    pthread_setname_np(thread_.native_handle(), "pacer");
}

Pacer::~Pacer() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void Pacer::add(std::weak_ptr<Paced> paced, nanoseconds due) {
    {
        const std::lock_guard lock(mutex_);
        entries_.push(Entry{due, std::move(paced)});
    }
    changed_.notify_one();
}

void Pacer::run() {
    for (auto due = wait_for_due(); !due.empty(); due = wait_for_due()) {
        const nanoseconds now = monotonic_now();
        for (Entry& entry : due) {
            const auto paced = entry.paced.lock();
            const auto next = paced ? paced->send_due(now) : std::nullopt;
            if (next) add(std::move(entry.paced), *next);
        }
    }
}

/// Empty when the pacer stops.
std::vector<Pacer::Entry> Pacer::wait_for_due() {
    std::unique_lock lock(mutex_);
    while (!stopping_ && (entries_.empty() || round_up(entries_.top().due) > monotonic_now())) {
        if (entries_.empty()) {
            changed_.wait(lock);
        } else {
            changed_.wait_until(lock, std::chrono::steady_clock::time_point(round_up(entries_.top().due)));
        }
    }
    std::vector<Entry> due;
    if (stopping_) return due;
    for (const nanoseconds now = monotonic_now(); !entries_.empty() && entries_.top().due <= now;
         entries_.pop())
        due.push_back(entries_.top());
    return due;
}

}  // namespace rill::camera
