// What carries RTP to one viewer: ICE, DTLS-SRTP, RTCP, retransmission.
#pragma once

#include "codec_choice.hpp"
#include "offer.hpp"
#include "settings.hpp"

#include <rill/loop.hpp>
#include <rill/ref.hpp>
#include <rill/result.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace rill::webrtc {

/// What a transport reports. Called on any thread, never under a lock, never after the transport is gone.
struct TransportEvents {
    /// The whole answer, with every candidate that was found in time; or why there is none. Once.
    std::function<void(Result<std::string>)> negotiated;
    /// DTLS is done: from now on media reaches the viewer.
    std::function<void()> connected;
    /// The connection is lost for good, with the reason.
    std::function<void(std::string)> failed;
    /// The viewer cannot decode and asks for a keyframe (PLI, FIR).
    std::function<void(std::size_t stream)> keyframe_wanted;
};

/// One outgoing stream: a choice and the numbers we gave it.
struct OutgoingStream {
    Choice choice;
    std::uint32_t ssrc = 0;
};

struct RestartedIce {
    std::string ufrag, password;
    std::vector<std::string> candidates;
};

struct TransportStatistics {
    std::uint64_t packets_queued = 0;  ///< given to send()
    std::chrono::nanoseconds last_heard{
        0};  ///< running time of the last DTLS, RTP or RTCP packet of the viewer
    /// The pair that ICE has chosen, as MediaMTX writes it: "host/udp/192.0.2.1/50000". Empty before.
    std::string local_candidate = {};
    std::string remote_candidate = {};
};

/// Threading: made, negotiated and destroyed on the path's loop. send() on any thread, one at a time for a
/// stream. The destructor returns at once; sockets and threads go away on a worker thread.
class Transport {
  public:
    virtual ~Transport() = default;

    /// Starts ICE and makes the answer. Streams are numbered by their place in `streams`.
    virtual void negotiate(const Offer& offer, std::vector<OutgoingStream> streams) = 0;
    /// Answers with the candidates found so far, if the answer is not out yet.
    virtual void stop_gathering() = 0;
    /// A candidate that the viewer found later; one that cannot be used is ignored.
    virtual void add_candidate(const std::string& candidate) = 0;
    /// New credentials on both sides and new checks over the same sockets (RFC 8445 §9). Media goes on.
    virtual Result<RestartedIce> restart_ice(const CandidateFragment& fragment) = 0;

    /// Queues packets of one stream, in order. Each leaves when running time reaches its timestamp, or as
    /// soon after as what was queued before is out. The timestamps also say, in sender reports, what
    /// wall-clock time an RTP timestamp stands for.
    virtual void send(std::size_t stream, std::vector<Ref<GstBuffer>> packets) = 0;
    /// Bytes accepted by send() and not yet out.
    virtual std::size_t queued_bytes(std::size_t stream) const = 0;
    virtual TransportStatistics statistics() const = 0;
};

/// What a transport is made from.
struct TransportContext {
    std::string name;  ///< for GStreamer's debug messages
    Loop& loop;        ///< of the path
    const Settings& settings;
    bool viewer_is_local;  ///< the viewer is on this machine: loopback addresses reach it
    TransportEvents events;
};
using TransportFactory = std::function<std::shared_ptr<Transport>(TransportContext)>;

}  // namespace rill::webrtc
