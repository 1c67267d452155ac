// A GstBin that shows the messages of its elements to an attempt, on the thread that posts them.
#pragma once

#include <rill/ref.hpp>

#include <gst/gst.h>

#include <memory>

namespace rill::rtsp {

class Attempt;

/// The bin keeps the attempt alive.
Ref<GstElement> make_rtsp_bin(std::shared_ptr<Attempt> attempt);

}  // namespace rill::rtsp
