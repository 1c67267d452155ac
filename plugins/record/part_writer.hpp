// What takes the pieces of a recording that the cutter has cut, and makes bytes of them.
#pragma once

#include <rill/media/cmaf.hpp>
#include <rill/result.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace rill::record {

/// A file that begins.
struct CutSegment {
    std::vector<std::shared_ptr<const Format>> formats;  ///< not empty; the leading track first
    Nanoseconds start{0};                                ///< running time
    std::int64_t start_us = 0;                           ///< UTC
    bool continues = false;  ///< nothing is missing between the segment before and this one
};

struct CutPart {
    std::span<const cmaf::Run> runs;  ///< tracks are indices into the segment's formats
    Nanoseconds start{0};             ///< running time
    Nanoseconds end{0};
    std::int64_t start_us = 0;  ///< UTC
    std::int64_t duration_us = 0;
    bool keyframe = false;  ///< its first picture is one; always of a recording without pictures
};

/// Destroying it ends the file. Threading: the cutter's.
class PartWriter {
  public:
    virtual ~PartWriter() = default;
    /// Error: not_acceptable, why files cannot have this format.
    virtual Result<> can_write(const Format& format) const = 0;
    virtual void begin(CutSegment segment) = 0;
    /// False when nothing came of it: its time is that of the next part, too.
    virtual bool append(const CutPart& part) = 0;
};

}  // namespace rill::record
