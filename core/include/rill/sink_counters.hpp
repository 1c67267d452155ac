// What a sink counts by itself, for the API and the metrics.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace rill {

/// Of one path. In the metrics it is rill_SINK_NAME, of sink "frames" for instance
/// rill_frames_sent_bytes_total.
struct SinkCounter {
    /// Constant; lower-case words and '_', as Prometheus' conventions have it: the unit at the end ("bytes",
    /// "seconds"), and behind it "_total" where the value only grows as long as the process lives. What has
    /// no "_total" is of this moment (a gauge).
    std::string_view name;
    std::string_view help;  ///< constant; one sentence
    std::uint64_t value = 0;
};

/// Belongs to the sink and to those who hold it meanwhile. Threading: any thread.
class SinkCounters {
  public:
    virtual ~SinkCounters() = default;
    /// The same names in the same order each time. Waits for nothing.
    virtual std::vector<SinkCounter> read() const = 0;
};

}  // namespace rill
