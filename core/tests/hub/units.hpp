// Made-up units for tests that need no decoder.
#pragma once

#include "hub/stream.hpp"

#include <rill/clock.hpp>

#include <memory>

namespace rill::test {

inline std::shared_ptr<const Format> format(Kind kind, int width = 640) {
    Format out;
    out.kind = kind;
    out.codec = kind == Kind::video ? Codec::h264 : Codec::pcmu;
    out.width = kind == Kind::video ? width : 0;
    return std::make_shared<const Format>(std::move(out));
}

inline Ref<GstBuffer> buffer(std::size_t size) {
    auto out = Ref<GstBuffer>::adopt(gst_buffer_new_allocate(nullptr, size, nullptr));
    gst_buffer_memset(out.get(), 0, 0, size);
    return out;
}

/// A unit that is past the stream, with a time in milliseconds.
inline std::shared_ptr<AccessUnit> unit(Kind kind, bool keyframe, int ms, std::size_t size = 100) {
    auto out = std::make_shared<AccessUnit>();
    out->format = format(kind);
    out->buffer = buffer(size);
    out->dts = out->pts = std::chrono::milliseconds(ms);
    out->keyframe = keyframe;
    return out;
}

/// A unit as a source stamps it, now.
inline RawUnit raw(Kind kind, bool keyframe, std::size_t size = 100) {
    RawUnit out;
    out.format = format(kind);
    out.buffer = buffer(size);
    out.pts = running_time();
    out.keyframe = keyframe;
    return out;
}

}  // namespace rill::test
