// A viewer that receives and does not decode: GStreamer's own webrtcbin behind a WHEP exchange.
#pragma once

#include "whep_client.hpp"

#include <rill/loop.hpp>
#include <rill/pipeline.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace rill::bench {

using Clock = std::chrono::steady_clock;

struct ViewerEvents {
    std::function<void()> first_packet;
    std::function<void(std::string)> failed;
};

/// It offers H.264 with NACK and retransmission, as browsers do, and reports by RTCP. Packets are counted as
/// they come from the socket, and go no further.
///
/// Threading: the loop's thread; events arrive there.
class Viewer {
  public:
    Viewer(Loop& loop, Ref<SoupSession> http, std::string url, ViewerEvents events);
    Viewer(const Viewer&) = delete;
    Viewer& operator=(const Viewer&) = delete;
    /// Ends the session with DELETE, and waits for its answer.
    ~Viewer();

    void start();

    /// Both count from the moment the offer, which has every candidate in it, is sent.
    Clock::duration time_to_answer() const { return answered_at_ - offered_at_; }
    Clock::duration time_to_first_packet() const;
    std::uint64_t packets_received() const;
    /// By the gaps in the sequence numbers.
    std::uint64_t packets_lost() const;

  private:
    struct Packets;
    struct Link;

    void count_packets();
    void create_offer();
    void send_offer();
    void take_answer(const std::string& sdp);

    Loop& loop_;
    const ViewerEvents events_;
    const std::shared_ptr<Link> link_;
    const std::shared_ptr<Packets> packets_;

    Pipeline pipeline_;
    GstElement* webrtcbin_;  // held by the pipeline
    Clock::time_point offered_at_;
    Clock::time_point answered_at_;
    test::WhepClient whep_;
};

}  // namespace rill::bench
