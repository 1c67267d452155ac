#include "processes.hpp"

#include <fmt/format.h>
#include <glib.h>

#include <csignal>

namespace rill::hooks {

Result<> ProcessRoll::may_start() const {
    const std::lock_guard lock(mutex_);
    if (refused_) return Error{Code::unavailable, "no command is started any more: the program is ending"};
    if (groups_.size() < limit_) return ok();
    return Error{Code::too_many,
                 fmt::format("{} commands of hooks run already; look which of them do not end", limit_)};
}

void ProcessRoll::add(pid_t group) {
    const std::lock_guard lock(mutex_);
    groups_.insert(group);
    if (refused_) ::kill(-group, SIGKILL);  // refuse() came while it was being started
}

void ProcessRoll::remove(pid_t group) {
    const std::lock_guard lock(mutex_);
    groups_.erase(group);
    if (groups_.empty()) empty_.notify_all();
}

std::size_t ProcessRoll::size() const {
    const std::lock_guard lock(mutex_);
    return groups_.size();
}

void ProcessRoll::refuse() {
    const std::lock_guard lock(mutex_);
    refused_ = true;
}

void ProcessRoll::signal(int number) const {
    const std::lock_guard lock(mutex_);
    for (const pid_t group : groups_)
        ::kill(-group, number);
}

bool ProcessRoll::wait_until_empty(std::chrono::milliseconds longest) {
    std::unique_lock lock(mutex_);
    return empty_.wait_for(lock, longest, [this] { return groups_.empty(); });
}

bool Processes::close(std::chrono::milliseconds timeout) {
    const auto start = std::chrono::steady_clock::now();
    const auto empty_by = [this](std::chrono::steady_clock::time_point end) {
        // The ends of commands of this thread's loop are noticed by that loop only.
        constexpr std::chrono::milliseconds step{5};
        while (std::chrono::steady_clock::now() < end) {
            if (g_main_context_iteration(g_main_context_get_thread_default(), FALSE) != FALSE) continue;
            if (roll_->wait_until_empty(step)) return true;
        }
        return roll_->size() == 0;
    };
    if (empty_by(start + timeout / 2)) return true;
    roll_->signal(SIGINT);
    if (empty_by(start + timeout)) return true;
    roll_->refuse();
    roll_->signal(SIGKILL);
    return empty_by(start + timeout + std::chrono::seconds(1));
}

}  // namespace rill::hooks
