#include "fmp4_writer.hpp"

#include <utility>

namespace rill::record {

Result<> Fmp4Writer::can_write(const Format& format) const {
    const auto alone = cmaf::Writer::create({std::make_shared<const Format>(format)}, Nanoseconds(0));
    return alone ? ok() : alone.error();
}

void Fmp4Writer::begin(CutSegment segment) {
    writer_.emplace(*cmaf::Writer::create(segment.formats, segment.start));
    NewSegment file;
    file.formats = std::move(segment.formats);
    file.init = writer_->init_segment();
    file.start_us = segment.start_us;
    file.continues = segment.continues;
    archive_.begin(std::move(file));
}

bool Fmp4Writer::append(const CutPart& part) {
    NewPart written;
    written.bytes = writer_->fragment(part.runs);
    if (written.bytes.empty()) return false;
    written.duration_us = part.duration_us;
    written.keyframe = part.keyframe;
    archive_.append(std::move(written));
    return true;
}

}  // namespace rill::record
