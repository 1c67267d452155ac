// A camera that sends the same few seconds over and over.
#pragma once

#include "encoded_stream.hpp"
#include "hub/stream.hpp"

#include <cstddef>

namespace rill::test {

class RepeatedStream {
  public:
    /// Begins with the stream's first unit, now. The stream outlives it.
    explicit RepeatedStream(const EncodedStream& stream);
    /// As a source brings it: in running time, without a gap where the stream begins again. The bytes are the
    /// stream's own.
    RawUnit next();

  private:
    const EncodedStream* stream_;
    std::size_t next_ = 0;
    Nanoseconds base_;  // running time of the stream's first unit in this round
};

}  // namespace rill::test
