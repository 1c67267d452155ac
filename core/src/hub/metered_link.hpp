// A link that counts what it carries.
#pragma once

#include <rill/link.hpp>
#include <rill/link_meter.hpp>

#include <functional>
#include <memory>

namespace rill {

/// Also tells of its first unit. Threading: as Link; `begun` is called on the thread that takes.
class MeteredLink final : public Link {
  public:
    /// `begun` may be empty.
    MeteredLink(std::unique_ptr<Link> link, std::shared_ptr<LinkMeter> meter,
                std::function<void(const AccessUnit&)> begun);
    ~MeteredLink() override;

    UnitPtr take() override;
    LinkStatistics statistics() const override { return link_->statistics(); }

  private:
    void count(const AccessUnit& unit);

    const std::shared_ptr<LinkMeter> meter_;
    const Nanoseconds made_;                        // running time
    std::function<void(const AccessUnit&)> begun_;  // take()'s
    std::uint64_t counted_losses_ = 0;              // take()'s
    /// Last: it goes first, and until it is gone its callback, on another thread, takes from it by take().
    const std::unique_ptr<Link> link_;
};

}  // namespace rill
