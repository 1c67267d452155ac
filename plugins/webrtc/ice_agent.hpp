// What finds the way to a viewer: the part of a webrtcbin that webrtcbin itself has no word for.
#pragma once

#include "transport.hpp"

#include <string>
#include <vector>

namespace rill::webrtc {

/// Threading: any thread.
class IceAgent {
  public:
    IceAgent() = default;
    IceAgent(const IceAgent&) = delete;
    IceAgent& operator=(const IceAgent&) = delete;
    virtual ~IceAgent() = default;

    /// The viewer has to find the way (RFC 8445 §2.5), which the answer has to say.
    virtual bool is_lite() const = 0;
    /// "candidate:…" lines, the most preferred first.
    virtual std::vector<std::string> local_candidates() const = 0;
    /// What ICE has chosen, see TransportStatistics; empty texts before.
    struct Pair {
        std::string local, remote;
    };
    virtual Pair selected_pair() const = 0;
    virtual Result<RestartedIce> restart(const CandidateFragment& fragment) = 0;
};

}  // namespace rill::webrtc
