// An ICE lite agent of ours: all viewers come to one UDP port, and one TCP port.
#pragma once

#include "ice/gst_agent.hpp"
#include "ice_agent.hpp"

#include <memory>
#include <string>
#include <vector>

namespace rill::webrtc {

/// Of one viewer, which it leaves alone when it ends.
class LiteIceAgent final : public IceAgent {
  public:
    /// `hold` is of the pipeline that webrtcbin is in.
    LiteIceAgent(ice::LocalPorts ports, std::vector<std::string> addresses, std::weak_ptr<void> hold)
        : agent_(ice::make_gst_agent(std::move(ports), std::move(addresses), std::move(hold))) {}
    ~LiteIceAgent() override { agent_.viewer->close(); }

    /// For webrtcbin's property "ice-agent".
    GObject* object() const { return G_OBJECT(agent_.object.get()); }

    bool is_lite() const override { return true; }
    std::vector<std::string> local_candidates() const override { return agent_.viewer->local_candidates(); }
    Pair selected_pair() const override;
    Result<RestartedIce> restart(const CandidateFragment& fragment) override;

  private:
    const ice::GstAgent agent_;
};

}  // namespace rill::webrtc
