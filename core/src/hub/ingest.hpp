// One connection attempt of one source: its pipeline, its pads, and the units it pushes into the stream.
#pragma once

#include "ingest_branch.hpp"
#include "stream.hpp"

#include <rill/log.hpp>
#include <rill/loop.hpp>
#include <rill/pipeline.hpp>
#include <rill/source.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace rill {

/// Disposable: made for an attempt, thrown away after it. Nothing here retries.
///
/// Threading: on the path's loop; pads and units arrive on GStreamer's streaming threads, and reach the loop
/// by post().
class Ingest : public std::enable_shared_from_this<Ingest> {
  public:
    struct Events {
        std::function<void()> tracks_changed;  ///< a track brought its first unit, or no more will come
        std::function<void(Error)> failed;     ///< at most once
    };
    Ingest(std::shared_ptr<Stream> stream, Loop& loop, Log log, Source& source, Events events,
           Filler filler = Filler::source);
    ~Ingest();

    /// Builds the source's bin and plays it. Error: what the source or GStreamer said at once.
    Result<> start();
    /// No more events and units; calls `gone` on the loop when the pipeline has ended.
    void close(std::function<void()> gone);

    /// Whether every track that the source announced has brought a unit.
    bool complete() const;
    bool has_units() const;
    /// As Stream's.
    Nanoseconds last_arrival() const { return stream_->last_arrival(generation_); }
    void request_keyframe(std::size_t track);

  private:
    void add_pad(GstPad* pad);
    void on_message(GstMessage* message);
    void post_tracks_changed();

    // Given.
    const std::shared_ptr<Stream> stream_;
    Loop& loop_;
    const Log log_;
    Source& source_;
    Events events_;
    const Filler filler_;
    // Owned.
    std::unique_ptr<Pipeline> pipeline_;
    Ref<GstElement> bin_;
    // State.
    std::uint64_t generation_ = 0;
    bool failed_ = false;
    mutable std::mutex mutex_;
    std::vector<std::shared_ptr<IngestBranch>> branches_;  // locked: mutex_
    bool no_more_pads_ = false;                            // locked: mutex_
};

}  // namespace rill
