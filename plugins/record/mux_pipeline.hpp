// A pipeline that muxes units to MPEG-TS or Matroska, and hands out the bytes of one file after the other.
#pragma once

#include "mux_collector.hpp"

#include <rill/loop.hpp>
#include <rill/pipeline.hpp>

#include <gst/app/gstappsrc.h>

#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string_view>
#include <vector>

namespace rill::record {

/// splitmuxsink holds back a group of pictures until the next one begins.
///
/// Threading: the path's loop; the collector is fed from threads of the pipeline. Destroying it does not
/// wait, and what has not come out by then is lost.
class MuxPipeline {
  public:
    struct Settings {
        Container container = Container::mpegts;
        Nanoseconds part_duration{0};
    };
    /// `failed` is called on the loop. Error: unavailable when an element is missing or refuses.
    static Result<std::unique_ptr<MuxPipeline>> create(const Settings& settings, Loop& loop,
                                                       std::span<const std::shared_ptr<const Format>> formats,
                                                       const std::shared_ptr<MuxCollector>& collector,
                                                       std::function<void(Error)> failed);

    /// A new file begins with the unit of this time, a keyframe, which is not pushed yet.
    void split(Nanoseconds at);
    void push(std::size_t track, const AccessUnit& unit);
    /// Nothing more comes of a track; without that, the others would wait for it.
    void end(std::size_t track);
    /// Nothing more comes at all.
    void end();
    bool has_ended(std::size_t track) const { return ended_.contains(track); }
    std::size_t waiting_bytes() const;

    /// Error: unavailable, naming the first GStreamer element that is not installed.
    static Result<> check_elements(Container container);
    static Result<> can_write(Container container, const Format& format);

  private:
    MuxPipeline(Loop& loop, std::function<void(Error)> failed);
    Result<> build(const Settings& settings, std::span<const std::shared_ptr<const Format>> formats,
                   const std::shared_ptr<MuxCollector>& collector);
    Result<> add_track(const Settings& settings, const Format& format);

    Pipeline pipeline_;
    GstElement* splitter_ = nullptr;  // the pipeline's
    std::vector<Ref<GstElement>> sources_;
    std::set<std::size_t> ended_;
};

}  // namespace rill::record
