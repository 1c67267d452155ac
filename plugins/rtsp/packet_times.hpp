// The times that packets have when they enter the jitter buffer.
#pragma once

#include <gst/gst.h>

namespace rill::rtsp {

/// Stamps what passes `pad`, an RTP input of rtpbin, with its steady arrival (steady_arrival.hpp). Threading:
/// any; the stamping is done on the pad's streaming thread.
void stamp_packets(GstPad* pad);

}  // namespace rill::rtsp
