#include "metered_link.hpp"

#include <rill/clock.hpp>

#include <algorithm>
#include <utility>

namespace rill {

MeteredLink::MeteredLink(std::unique_ptr<Link> link, std::shared_ptr<LinkMeter> meter,
                         std::function<void(const AccessUnit&)> begun)
    : meter_(std::move(meter)), made_(running_time()), begun_(std::move(begun)), link_(std::move(link)) {
    meter_->links.fetch_add(1, std::memory_order_relaxed);
}

MeteredLink::~MeteredLink() {
    meter_->links.fetch_sub(1, std::memory_order_relaxed);
}

UnitPtr MeteredLink::take() {
    UnitPtr unit = link_->take();
    if (!unit) return unit;
    count(*unit);
    if (begun_) std::exchange(begun_, nullptr)(*unit);
    return unit;
}

void MeteredLink::count(const AccessUnit& unit) {
    meter_->units.fetch_add(1, std::memory_order_relaxed);
    // What was cached has waited for the viewer, not for us.
    if (unit.arrival > made_) {
        const auto waited = running_time() - unit.arrival;
        meter_->waits.add(static_cast<std::uint64_t>(std::max<std::int64_t>(
            0, std::chrono::duration_cast<std::chrono::microseconds>(waited).count())));
    }
    if (!unit.discontinuity) return;
    const std::uint64_t dropped = link_->statistics().dropped;
    if (dropped > counted_losses_) meter_->losses.add(dropped - counted_losses_);
    counted_losses_ = dropped;
}

}  // namespace rill
