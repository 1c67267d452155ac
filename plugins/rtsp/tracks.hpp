// Which of a camera's streams Rill can carry, and what unpacks them from RTP.
#pragma once

#include <gst/gst.h>

#include <optional>
#include <string>

namespace rill::rtsp {

/// The depayloader's factory for caps of one stream (application/x-rtp, from the SDP), or nothing: metadata,
/// back channels, codecs that the hub does not carry, AAC without its configuration.
std::optional<std::string> depayloader(const GstCaps* caps);

/// "video MJPEG", "application VND.ONVIF.METADATA", "audio back channel": for messages.
std::string describe(const GstCaps* caps);

}  // namespace rill::rtsp
