// webrtcbin's ICE agent (libnice), for what webrtcbin itself has no word for: which addresses to use, all
// local candidates at once, and restarts.
#pragma once

#include "settings.hpp"
#include "transport.hpp"

#include <rill/ref.hpp>

#include <string>
#include <vector>

namespace rill::webrtc {

/// Threading: libnice's own lock guards each call; any thread.
class IceAgent {
  public:
    /// Must come before gathering begins.
    IceAgent(GstElement* webrtcbin, const Settings& settings, bool viewer_is_local);

    /// "candidate:…" lines, the most preferred first.
    std::vector<std::string> local_candidates() const;
    /// What ICE has chosen, see TransportStatistics; empty texts before.
    struct Pair {
        std::string local, remote;
    };
    Pair selected_pair() const;
    Result<RestartedIce> restart(const CandidateFragment& fragment);

  private:
    Ref<GObject> agent_;
};

/// The addresses that a viewer is offered: those of the interfaces that are up, without link-local ones. The
/// loopback addresses go to viewers on this machine, and to all when the machine has no others.
std::vector<std::string> local_addresses(const Settings& settings, bool viewer_is_local);

}  // namespace rill::webrtc
