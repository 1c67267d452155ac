// Lets the RTP clock of a track jump, as it does when a camera's clock is set.
#pragma once

#include "feed.hpp"

namespace rill::camera {

/// Adds switches->jump_ns to the RTP timestamps that leave `payloader`, which has a source pad "src".
void let_rtp_clock_jump(GstElement* payloader, std::shared_ptr<const Switches> switches);

}  // namespace rill::camera
