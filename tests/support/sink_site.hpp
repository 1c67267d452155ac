// One sink as a path runs it: core's own runner, stream and renditions, on a loop of its own.
#pragma once

#include "hub/sink_runner.hpp"
#include "memory_archive.hpp"

#include <rill/loop.hpp>

#include <functional>
#include <memory>

namespace rill::test {

/// The path is called "bench". Threading: the test's thread, which is also the camera's.
class SinkSite {
  public:
    /// Of the factory, which outlives it, only the descriptions are used.
    SinkSite(const SinkFactory& factory, std::unique_ptr<Sink> sink);
    SinkSite(const SinkSite&) = delete;
    SinkSite& operator=(const SinkSite&) = delete;
    ~SinkSite();

    /// The camera's side.
    Stream& stream() { return *stream_; }
    /// On the loop, except failed().
    SinkRunner& runner() { return *runner_; }

    /// On the loop, later; in order.
    void post(std::function<void()> work) { loop_.post(std::move(work)); }
    /// On the loop; returns when it is done. False: it did not end in time.
    bool run(const std::function<void()>& work);
    /// The sink hears of the stream's tracks, later.
    void tell();

  private:
    MemoryArchive archive_;
    Loop loop_{"path"};
    std::shared_ptr<Stream> stream_;
    Renditions renditions_;
    std::shared_ptr<SinkRunner> runner_;
};

}  // namespace rill::test
