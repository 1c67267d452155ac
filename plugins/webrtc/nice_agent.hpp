// webrtcbin's own ICE agent (libnice): sockets for each viewer, STUN and TURN servers.
#pragma once

#include "ice_agent.hpp"
#include "settings.hpp"

#include <rill/ref.hpp>

#include <string>
#include <vector>

namespace rill::webrtc {

/// Threading: libnice's own lock guards each call.
class NiceIceAgent final : public IceAgent {
  public:
    /// Sets up the agent of a webrtcbin, before it gathers.
    NiceIceAgent(GstElement* webrtcbin, const Settings& settings, bool viewer_is_local);

    bool is_lite() const override { return false; }
    std::vector<std::string> local_candidates() const override;
    Pair selected_pair() const override;
    Result<RestartedIce> restart(const CandidateFragment& fragment) override;

  private:
    Ref<GObject> agent_;
};

}  // namespace rill::webrtc
