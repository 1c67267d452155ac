// One sink on its path, and a camera that is the test.
#pragma once

#include "repeated_stream.hpp"
#include "sink_site.hpp"

#include <rill/media/access_unit.hpp>

#include <memory>
#include <vector>

namespace rill::test {

/// Threading: the test's thread, which is also the camera's.
class SinkBench {
  public:
    SinkBench(const SinkFactory& factory, std::unique_ptr<Sink> sink) : site_(factory, std::move(sink)) {}

    /// A source with these tracks begins; each has brought its first unit. The sink hears of it with tell().
    void source(const std::vector<Codec>& codecs);
    /// Brings so many units of each track.
    void push(int units);

    // These post to the path's loop, in order; settle() waits until all is done.
    void tell() { site_.tell(); }
    void stop();
    void fail();
    void settle();

    /// Stops, lets go of what the cache holds, and waits.
    void rest();
    SinkStatus status();

  private:
    struct Feed {
        RepeatedStream recording;
        std::size_t track;
    };

    SinkSite site_;
    std::uint64_t source_ = 0;
    std::vector<Feed> feeds_;
};

}  // namespace rill::test
