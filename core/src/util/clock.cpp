#include <rill/clock.hpp>

namespace rill {

namespace {

struct TimeLine {
    Ref<GstClock> clock = Ref<GstClock>::adopt(gst_system_clock_obtain());
    // A little in the past, so that nothing captured now has a negative running time.
    GstClockTime base = gst_clock_get_time(clock.get()) - GST_SECOND;
};

const TimeLine& time_line() {
    static const TimeLine line;
    return line;
}

class RunningTime final : public Clock {
  public:
    std::chrono::nanoseconds now() const override { return running_time(); }
};

}  // namespace

GstClock* pipeline_clock() {
    return time_line().clock.get();
}

GstClockTime pipeline_base_time() {
    return time_line().base;
}

std::chrono::nanoseconds running_time() {
    const TimeLine& line = time_line();
    return std::chrono::nanoseconds(gst_clock_get_time(line.clock.get()) - line.base);
}

std::int64_t utc_now_us() {
    return g_get_real_time();
}

const Clock& system_clock() {
    static const RunningTime clock;
    return clock;
}

}  // namespace rill
