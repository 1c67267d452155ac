// A pipeline that muxes tracks to MPEG-TS and hands out whole segments, without a file.
#pragma once

#include <rill/sink.hpp>

#include <functional>
#include <memory>
#include <string_view>

namespace rill::hls {

struct TsSegment {
    Nanoseconds start{0};  ///< running time of its first picture
    Nanoseconds duration{0};
    Ref<GBytes> bytes;
    bool discontinuity = false;
};

/// The name of the first GStreamer element that is not installed; empty: all are there.
std::string_view missing_ts_element();

/// A segment is as many whole GOPs as fit into the segment duration, and one at least. It is handed out when
/// the next one begins.
class TsSegmenter final : public BinSink {
  public:
    struct Settings {
        Nanoseconds segment_duration{0};
        std::size_t segment_max_size = 0;
        Log log;
        std::function<void(TsSegment)> deliver;  ///< on a streaming thread
    };
    explicit TsSegmenter(Settings settings);
    ~TsSegmenter() override;

    Result<Ref<GstElement>> build(std::span<const Track> tracks) override;

  private:
    class Collector;
    const Settings settings_;
    std::shared_ptr<Collector> collector_;
};

}  // namespace rill::hls
