#include "catch.hpp"
#include "hub/link_queue.hpp"
#include "hub/metered_link.hpp"

#include <rill/clock.hpp>

using namespace rill;
using namespace std::chrono_literals;

namespace {

/// A link whose queue the test fills.
class Filled final : public Link {
  public:
    explicit Filled(std::shared_ptr<LinkQueue> queue) : queue_(std::move(queue)) {}
    UnitPtr take() override { return queue_->take(); }
    LinkStatistics statistics() const override { return queue_->statistics(); }

  private:
    std::shared_ptr<LinkQueue> queue_;
};

UnitPtr unit(bool keyframe, Nanoseconds arrival) {
    AccessUnit unit;
    unit.format = std::make_shared<const Format>();
    unit.buffer = Ref<GstBuffer>::adopt(gst_buffer_new());
    unit.keyframe = keyframe;
    unit.arrival = arrival;
    return std::make_shared<const AccessUnit>(std::move(unit));
}

std::uint64_t count(const auto& counts) {
    std::uint64_t sum = 0;
    for (const std::uint64_t each : counts.counts)
        sum += each;
    return sum;
}

}  // namespace

TEST_CASE("a link counts what it carries, how long that waited, and what it lost") {
    LinkSpec spec;
    spec.max_units = 3;
    const auto queue = std::make_shared<LinkQueue>(std::move(spec));
    const auto meter = std::make_shared<LinkMeter>();
    int begun = 0;
    {
        MeteredLink link(std::make_unique<Filled>(queue), meter, [&](const AccessUnit&) { ++begun; });
        CHECK(meter->links == 1);
        CHECK(link.take() == nullptr);
        CHECK(begun == 0);

        // From the cache: it came before the link was there.
        queue->push(unit(true, 1ns));
        CHECK(link.take() != nullptr);
        CHECK(count(meter->waits.read()) == 0);
        queue->push(unit(false, running_time() + 1s));
        CHECK(link.take() != nullptr);
        CHECK(count(meter->waits.read()) == 1);
        CHECK(meter->waits.read().sum == 0);  // never below nothing

        // Three are lost, and a delta that comes before the next keyframe.
        for (int i = 0; i < 4; ++i)
            queue->push(unit(false, running_time()));
        queue->push(unit(true, running_time()));
        CHECK(link.take() != nullptr);
        CHECK(count(meter->losses.read()) == 1);
        CHECK(meter->losses.read().sum == 4);
        CHECK(meter->units == 3);
        CHECK(begun == 1);
    }
    CHECK(meter->links == 0);
}

TEST_CASE("a histogram puts each value into the first bucket that is large enough") {
    static constexpr std::array<std::uint64_t, 2> bounds{10, 100};
    Histogram<2> histogram(bounds);
    for (const std::uint64_t value : {0u, 10u, 11u, 100u, 101u, 5000u})
        histogram.add(value);
    const auto counts = histogram.read();
    CHECK(counts.counts == std::array<std::uint64_t, 3>{2, 2, 2});
    CHECK(counts.sum == 5222);
}
