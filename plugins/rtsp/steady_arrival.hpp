// When the packets of an RTP stream would have come had the network held none of them up.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace rill::rtsp {

/// Pure: the time of arrival is given. For the jitter buffer in front of the depayloader: rtpjitterbuffer
/// begins its clock anew with each packet that is later than its latency, so that every stall of a
/// connection, and every B-frame that is sent long after its time, would move the times of the pictures
/// behind it.
///
/// A packet's delay is its arrival less its RTP timestamp (RFC 3550 §5.1). The least delay is the stream's
/// own; all above it is the network's, or the order of B-frames. Times are what is exact within a stream; its
/// clock is followed as far as it differs from ours.
class SteadyArrival {
  public:
    using Time = std::chrono::nanoseconds;

    /// `clock_rate` in ticks per second, above 0.
    explicit SteadyArrival(int clock_rate) : clock_rate_(clock_rate) {}

    /// For a packet that came at `came`, of the running time; in the order of arrival. The same for all
    /// packets of one timestamp.
    Time of(std::uint32_t ssrc, std::uint32_t timestamp, Time came);

  private:
    Time begin(std::uint32_t ssrc, std::uint32_t timestamp, Time came);
    void follow(Time delay, Time came);
    Time media_time() const;

    const int clock_rate_;
    std::optional<std::uint32_t> ssrc_;
    std::uint32_t timestamp_ = 0;  ///< the last packet's
    std::int64_t ticks_ = 0;       ///< the same, from the first packet on
    Time came_{0};
    Time delay_{0};
    std::optional<Time> late_since_;  ///< all packets since then came far too late
    Time least_late_{0};              ///< the least delay of those
};

}  // namespace rill::rtsp
