// One track on its way to one viewer: shared payload in, this viewer's RTP packets out.
#pragma once

#include "catch_up.hpp"
#include "transport.hpp"

#include <rill/media/rtp.hpp>
#include <rill/sink.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace rill::webrtc {

class Fanout;

/// Sequence numbers and timestamps go on whatever happens to the track: restarts, gaps, new parameters.
///
/// Threading: push() on the track's streaming thread, the rest on the path's loop.
class Feed {
  public:
    /// What may wait for a viewer that is too slow. Beyond it, units are dropped up to the next keyframe.
    static constexpr std::size_t max_queued_bytes = 4u << 20;
    /// With an RTP header, its extension and the SRTP tag this stays below the 1200 bytes that every path to
    /// a browser carries.
    static constexpr std::size_t max_payload = 1150;

    Feed(std::shared_ptr<Transport> transport, std::size_t stream, const OutgoingStream& outgoing,
         unsigned playout_delay_id, ReaderPtr reader);

    /// Sends from the last keyframe on, then goes live; or goes live at once when `cached` is empty. Called
    /// again, it does so again: the answer to a viewer that cannot decode. `transit` as CatchUp has it.
    void start(std::span<const rtp::PayloadPtr> cached, Nanoseconds transit);
    /// Units before the first start() are kept and sent after it: what is cached and what is pushed join
    /// without a gap.
    /// What is not `from` whom hold() named is dropped: a streaming thread that walks an older list of feeds
    /// still comes by.
    void push(const rtp::PayloadPtr& payload, const Fanout* from = nullptr);
    /// Keeps what is pushed until the next start().
    void hold(const Fanout* from = nullptr);
    /// From now on, until hold(), what is pushed is dropped: play() sends instead, from a keyframe on.
    void leave();
    /// Sends one unit of a recording: its RTP timestamp says `media_time`, or the next that is free, and its
    /// first packet leaves at `send_at`. After leave() only.
    void play(const rtp::Payload& payload, Nanoseconds media_time, Nanoseconds send_at);
    /// Nothing is sent after it returns.
    void close();

    /// Whether it is still behind the live edge.
    bool catching_up() const;
    /// The capture time of the newest unit that was sent live, UTC; 0 before the first.
    std::int64_t live_us() const;

  private:
    enum class State {
        joining = 1,  ///< keeps what is pushed
        live,
        playing,
    };
    void send(const rtp::Payload& payload);
    void send_at(const rtp::Payload& payload, Nanoseconds media_time, Nanoseconds at, bool paced);
    bool is_behind(const rtp::Payload& payload);

    const std::size_t stream_;
    const std::uint32_t clock_rate_;
    const std::uint32_t timestamp_offset_;
    std::vector<std::uint8_t> extension_;
    const ReaderPtr reader_;

    // Never held while anything but the transport's queue is called: it keeps packets in order.
    mutable std::mutex mutex_;
    // Locked: mutex_.
    std::shared_ptr<Transport> transport_;  // null once closed
    rtp::StreamHeader header_;
    State state_ = State::joining;
    const Fanout* from_ = nullptr;
    std::deque<rtp::PayloadPtr> before_start_;
    std::optional<CatchUp> catch_up_;
    Nanoseconds last_media_time_{-1};
    Nanoseconds live_from_ = Nanoseconds::min() / 2;  // what was sent before the last start()
    std::size_t burst_bytes_ = 0;
    bool needs_keyframe_ = true;
    std::int64_t live_us_ = 0;
};

}  // namespace rill::webrtc
