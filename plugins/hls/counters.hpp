// What one path's HLS counts, for the API and the metrics.
#pragma once

#include <rill/clock.hpp>
#include <rill/sink_counters.hpp>

#include <atomic>
#include <cstdint>
#include <vector>

namespace rill::hls {

/// Threading: any thread.
struct Counters final : SinkCounters {
    std::atomic<std::int64_t> created_us{0};  ///< UTC; 0: there is no muxer now
    std::atomic<std::int64_t> last_request_us{0};
    std::atomic<std::uint64_t> sent_bytes{0};

    std::vector<SinkCounter> read() const override {
        const auto seconds = [](std::int64_t time_us) {
            return static_cast<std::uint64_t>(time_us / 1'000'000);
        };
        return {
            {"muxers", "1 while the path is made into HLS.", created_us > 0 ? 1u : 0u},
            {"muxer_created_seconds", "UTC at which the muxer began, 0 without one.", seconds(created_us)},
            {"muxer_last_request_seconds", "UTC of the last request to it.", seconds(last_request_us)},
            {"sent_bytes_total", "Bytes of playlists and media sent.", sent_bytes},
        };
    }
};

}  // namespace rill::hls
