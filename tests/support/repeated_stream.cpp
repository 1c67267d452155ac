#include "repeated_stream.hpp"

#include <rill/clock.hpp>

namespace rill::test {

RepeatedStream::RepeatedStream(const EncodedStream& stream) : stream_(&stream), base_(running_time()) {}

RawUnit RepeatedStream::next() {
    const Nanoseconds start = stream_->units.front()->dts;
    const AccessUnit& unit = *stream_->units[next_];
    RawUnit raw;
    raw.format = unit.format;
    raw.buffer = Ref<GstBuffer>::adopt(gst_buffer_copy(unit.buffer.get()));
    raw.pts = base_ + unit.pts - start;
    raw.dts = base_ + unit.dts - start;
    raw.duration = unit.duration;
    raw.keyframe = unit.keyframe;
    if (++next_ == stream_->units.size()) {
        next_ = 0;
        base_ += stream_->end - start;
    }
    return raw;
}

}  // namespace rill::test
