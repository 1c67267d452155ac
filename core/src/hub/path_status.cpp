// What a path says about itself.
#include "path.hpp"

#include <rill/clock.hpp>

namespace rill {

void Path::set_state(PathState state, std::string reason) {
    const bool changed = state != state_;
    {
        const std::lock_guard lock(status_mutex_);
        if (changed) since_us_ = utc_now_us();
        state_ = state;
        reason_ = std::move(reason);
        if (state != PathState::online) bits_per_second_ = 0;
    }
    if (changed) tell(kind_of(state_), since_us_);
}

void Path::set_available(bool available) {
    if (available == this->available()) return;
    const std::lock_guard lock(status_mutex_);
    available_since_us_ = available ? utc_now_us() : 0;
}

void Path::tell(EventKind kind, std::int64_t time_us) const {
    if (!settings_.events || !settings_.events->observed()) return;
    settings_.events->tell({.kind = kind,
                            .path = name(),
                            .time_us = time_us,
                            .type = source_type_name(settings_.source_factory->id),
                            .reason = mask_credentials(reason_),
                            .available = available()});
}

void Path::publish_sinks() {
    std::vector<SinkStatus> status;
    for (const auto& sink : sinks_) {
        if (sink->on()) status.push_back(sink->status());
    }
    const std::lock_guard lock(status_mutex_);
    sink_status_ = std::move(status);
}

PathStatus Path::status() const {
    PathStatus out;
    out.name = name();
    out.configured_as = settings_.pattern.empty() ? name() : settings_.pattern;
    out.source = mask_credentials(settings_.source.url);
    out.source_type = settings_.source_factory->id;
    out.substream = settings_.substream;
    out.on_demand = settings_.on_demand;
    out.max_readers = settings_.max_readers;
    out.readers = readers_->status();
    out.outbound_bytes = readers_->outbound_bytes();
    out.renditions = renditions_.status();
    auto counters = stream_->counters();
    out.inbound_bytes = counters.bytes;
    out.units_dropped = counters.dropped;

    const std::lock_guard lock(status_mutex_);
    out.state = state_;
    out.reason = reason_;
    out.since_us = since_us_;
    out.available_since_us = available_since_us_;
    out.sinks = sink_status_;
    out.inbound_bits_per_second = bits_per_second_;
    out.reconnects = reconnects_;
    if (state_ != PathState::stopped) out.tracks = std::move(counters.tracks);
    return out;
}

}  // namespace rill
