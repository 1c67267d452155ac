// What a path's pictures did so far.
#pragma once

#include <rill/sink_counters.hpp>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace rill::frames {

/// Of one path, since the process began. Threading: any thread.
struct Counters final : SinkCounters {
    std::atomic<std::uint64_t> decoders{0};       ///< running now: 0 or 1
    std::atomic<std::uint64_t> clients{0};        ///< now
    std::atomic<std::uint64_t> conversions{0};    ///< different (format, width, height), now
    std::atomic<std::uint64_t> picture_bytes{0};  ///< that pictures take now, wherever they wait
    std::atomic<std::uint64_t> starts{0};         ///< of decoders
    std::atomic<std::uint64_t> errors{0};         ///< that ended a decoder
    std::atomic<std::uint64_t> decoded{0};        ///< pictures
    std::atomic<std::uint64_t> not_decoded{0};    ///< access units that no picture came of, or a damaged one
    std::atomic<std::uint64_t> converted{0};      ///< pictures, in whichever form
    std::atomic<std::uint64_t> not_converted{0};  ///< a conversion failed, or there was no memory for it
    std::atomic<std::uint64_t> skipped{0};        ///< decoded pictures that conversions came too late for
    std::atomic<std::uint64_t> dropped{0};        ///< pictures that clients were too slow for
    std::atomic<std::uint64_t> sent{0};           ///< pictures, once for each client
    std::atomic<std::uint64_t> sent_bytes{0};
    std::atomic<std::uint64_t> sequence{0};  ///< of the last picture

    std::vector<SinkCounter> read() const override;

    void set_decoder(std::string name) {
        const std::lock_guard lock(mutex_);
        decoder_ = std::move(name);
    }
    /// The element's name; empty while there is none.
    std::string decoder() const {
        const std::lock_guard lock(mutex_);
        return decoder_;
    }

  private:
    mutable std::mutex mutex_;
    std::string decoder_;  // locked: mutex_
};

}  // namespace rill::frames
