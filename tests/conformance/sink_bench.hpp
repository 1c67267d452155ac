// One sink as a path runs it, with the path's own runner and stream, and a camera that is the test.
#pragma once

#include "hub/sink_runner.hpp"
#include "memory_archive.hpp"

#include <rill/loop.hpp>
#include <rill/media/access_unit.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rill::test {

/// Threading: the test's thread, which is also the camera's.
class SinkBench {
  public:
    SinkBench(const SinkFactory& factory, std::unique_ptr<Sink> sink);
    SinkBench(const SinkBench&) = delete;
    SinkBench& operator=(const SinkBench&) = delete;
    ~SinkBench();

    /// A source with these tracks begins; each has brought its first unit. The sink hears of it with tell().
    void source(const std::vector<Codec>& codecs);
    /// Brings so many units of each track.
    void push(int units);

    // These post to the path's loop, in order; settle() waits until all is done.
    void tell();
    void stop();
    void fail();
    void settle();

    /// Stops, lets go of what the cache holds, and waits.
    void rest();
    SinkStatus status();

  private:
    struct Feed {
        const struct EncodedStream* recording;
        std::size_t track;
        std::size_t next;
        Nanoseconds base;
    };
    bool run(const std::function<void()>& work);

    MemoryArchive archive_;
    Loop loop_{"path"};
    std::shared_ptr<Stream> stream_;
    Renditions renditions_;
    std::shared_ptr<SinkRunner> runner_;
    std::uint64_t source_ = 0;
    std::vector<Feed> feeds_;
};

}  // namespace rill::test
