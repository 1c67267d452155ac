#include "deadlines.hpp"

namespace rill::http {

Deadlines::Deadlines(GMainContext* context, std::array<std::int64_t, wait_kinds> milliseconds)
    : milliseconds_(milliseconds), source_(context, [this] { expire(); }) {}

void Deadlines::start(Entry& entry, Wait kind) {
    cancel(entry);
    entry.kind_ = kind;
    entry.at_us_ = g_get_monotonic_time() + milliseconds_[static_cast<std::size_t>(kind)] * 1000;
    entry.waits_ = true;
    queue(kind).splice(queue(kind).end(), entry.parked_);
    if (armed_us_ != EventSource::never && armed_us_ <= entry.at_us_) return;
    armed_us_ = entry.at_us_;
    source_.due_at(armed_us_);
}

void Deadlines::cancel(Entry& entry) {
    if (!entry.waits_) return;
    // The timer stays armed: waking once for nothing is cheaper than looking for the next one each time.
    entry.waits_ = false;
    entry.parked_.splice(entry.parked_.end(), queue(entry.kind_), entry.node_);
}

Deadlines::Entry* Deadlines::longest(Wait kind) const {
    const Queue& waiting = queues_[static_cast<std::size_t>(kind)];
    return waiting.empty() ? nullptr : waiting.front();
}

void Deadlines::expire() {
    const std::int64_t now = g_get_monotonic_time();
    for (Queue& waiting : queues_) {
        while (!waiting.empty() && waiting.front()->at_us_ <= now) {
            Entry& entry = *waiting.front();
            cancel(entry);
            entry.on_deadline(entry.kind_);
        }
    }
    armed_us_ = EventSource::never;
    for (const Queue& waiting : queues_) {
        if (waiting.empty()) continue;
        const std::int64_t at = waiting.front()->at_us_;
        if (armed_us_ == EventSource::never || at < armed_us_) armed_us_ = at;
    }
    source_.due_at(armed_us_);
}

}  // namespace rill::http
