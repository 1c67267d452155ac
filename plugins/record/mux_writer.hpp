// MPEG-TS and Matroska: GStreamer muxes, and its bytes go to the archive.
#pragma once

#include "mux_collector.hpp"
#include "mux_pipeline.hpp"
#include "part_writer.hpp"

#include <rill/log.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace rill::record {

/// A file has the tracks that are heard when it begins. One that falls silent ends in it, and is in the next
/// again; for that, a new file begins with the next keyframe.
///
/// Threading: the path's loop. Destroying it waits until the muxer has handed out what it holds, a few
/// milliseconds; not after a failure. Ownership: the archive's writer and the loop outlive it.
class MuxWriter final : public PartWriter {
  public:
    MuxWriter(MuxPipeline::Settings settings, ArchiveWriter& archive, Loop& loop, Log log,
              std::function<void(Error)> failed)
        : settings_(settings),
          archive_(archive),
          loop_(loop),
          log_(std::move(log)),
          failed_(std::move(failed)) {}
    ~MuxWriter() override { finish(); }

    Result<> can_write(const Format& format) const override;
    void begin(CutSegment segment) override;
    bool append(const CutPart& part) override;

  private:
    using Tracks = std::vector<std::size_t>;  // indices into the segment's formats
    bool has(std::size_t track) const;
    bool lacks_one_of(const Tracks& heard) const;
    bool fits(const Tracks& heard) const;
    void restart(const Tracks& heard);
    void announce();
    void push(const CutPart& part, const Tracks& heard);
    void fail(const Error& error);
    void finish();

    // Given.
    const MuxPipeline::Settings settings_;
    ArchiveWriter& archive_;
    Loop& loop_;
    const Log log_;
    const std::function<void(Error)> failed_;
    // State.
    CutSegment segment_;
    bool to_begin_ = false;                               // the segment has no part yet
    Tracks tracks_;                                       // of the pipeline's sources
    std::vector<Nanoseconds> heard_until_;                // the same
    std::vector<std::shared_ptr<const Format>> formats_;  // the same
    std::shared_ptr<MuxCollector> collector_;
    std::unique_ptr<MuxPipeline> pipeline_;
    bool has_failed_ = false;  // of the pipeline
};

}  // namespace rill::record
