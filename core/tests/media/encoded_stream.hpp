// Short streams made by GStreamer's encoders, as the hub would hand them on.
#pragma once

#include <rill/media/access_unit.hpp>
#include <rill/ref.hpp>

#include <memory>
#include <string>
#include <vector>

namespace rill::test {

struct EncodedStream {
    std::shared_ptr<const Format> format;
    std::vector<UnitPtr> units;
    Nanoseconds end{0};  ///< dts of the unit that would follow
    Ref<GstCaps> caps;   ///< of the parser; knows things that are checked against the format
};

/// Runs `pipeline` (gst-launch syntax), which ends in the caps of one elementary stream, to its end. Every
/// time is moved by `offset`. Throws std::runtime_error when an element is missing or fails.
EncodedStream encode(const std::string& pipeline, Nanoseconds offset = Nanoseconds(0));

}  // namespace rill::test
