#include "arrivals.hpp"

#include <algorithm>
#include <utility>

namespace rill::frames {

namespace {

class NotingLink final : public Link {
  public:
    NotingLink(std::unique_ptr<Link> link, std::shared_ptr<Arrivals> arrivals)
        : arrivals_(std::move(arrivals)), link_(std::move(link)) {}

    UnitPtr take() override {
        UnitPtr unit = link_->take();
        if (unit) {
            arrivals_->entered(*unit);
        } else {
            arrivals_->caught_up();
        }
        return unit;
    }
    LinkStatistics statistics() const override { return link_->statistics(); }

  private:
    const std::shared_ptr<Arrivals> arrivals_;
    const std::unique_ptr<Link> link_;  // last: it goes first, and its callback takes until then
};

}  // namespace

void Arrivals::entered(const AccessUnit& unit) {
    const std::lock_guard lock(mutex_);
    units_[unit.pts] = unit.utc_us;
    newest_ = std::max(newest_, unit.pts);
    if (units_.size() <= most_held) return;
    units_.erase(units_.begin());
    ++lost_;
}

void Arrivals::caught_up() {
    const std::lock_guard lock(mutex_);
    if (!live_from_) live_from_ = newest_;
}

Arrivals::Departure Arrivals::left(Nanoseconds pts, Nanoseconds now) {
    const std::lock_guard lock(mutex_);
    if (!live_from_ && now >= give_up_) live_from_ = Nanoseconds(0);
    Departure departure;
    departure.lost = std::exchange(lost_, 0);
    departure.is_live = live_from_ && pts >= *live_from_;
    const auto end = units_.upper_bound(pts);
    for (auto each = units_.begin(); each != end; ++each) {
        if (each->first == pts) {
            departure.utc_us = each->second;
        } else {
            ++departure.lost;
        }
    }
    units_.erase(units_.begin(), end);
    return departure;
}

std::unique_ptr<Link> noting(std::unique_ptr<Link> link, std::shared_ptr<Arrivals> arrivals) {
    return std::make_unique<NotingLink>(std::move(link), std::move(arrivals));
}

}  // namespace rill::frames
