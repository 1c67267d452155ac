#include "ts_segmenter.hpp"

#include <rill/bytes.hpp>

#include <gst/app/gstappsink.h>

#include <mutex>
#include <utility>
#include <vector>

namespace rill::hls {

namespace {

const char* parser_for(Codec codec) {
    if (codec == Codec::h264) return "h264parse";
    if (codec == Codec::h265) return "h265parse";
    return "aacparse";
}

/// A callback's reference to what it needs, freed by GStreamer.
template <class T>
std::shared_ptr<T>* hold(const std::shared_ptr<T>& shared) {
    return std::make_unique<std::shared_ptr<T>>(shared).release();
}
template <class T>
void release(gpointer data) {
    std::unique_ptr<std::shared_ptr<T>>(static_cast<std::shared_ptr<T>*>(data));
}

}  // namespace

std::string_view missing_ts_element() {
    for (const char* name : {"splitmuxsink", "mpegtsmux", "appsink", "h264parse", "h265parse", "aacparse"}) {
        const auto factory = Ref<GstElementFactory>::adopt(gst_element_factory_find(name));
        if (!factory) return name;
    }
    return {};
}

/// Puts the muxer's output together. Threading: its callers are streaming threads of one pipeline.
class TsSegmenter::Collector {
  public:
    explicit Collector(Settings settings) : settings_(std::move(settings)) {}

    /// A segment begins; the one before, if any, is complete.
    void begin(Nanoseconds start) {
        TsSegment done;
        {
            const std::lock_guard lock(mutex_);
            if (!bytes_.empty() && start > start_) {
                done.start = start_;
                done.duration = start - start_;
                done.bytes = to_bytes(std::exchange(bytes_, {}));
            }
            bytes_.clear();
            start_ = start;
            full_ = false;
        }
        if (done.bytes) settings_.deliver(std::move(done));
    }

    void append(GstBuffer* buffer) {
        const MappedBuffer mapped(buffer);
        const std::lock_guard lock(mutex_);
        if (full_) return;
        if (bytes_.size() + mapped.bytes().size() > settings_.segment_max_size) {
            full_ = true;
            settings_.log.warning("a segment is larger than {} bytes: the rest of it is left out",
                                  settings_.segment_max_size);
            return;
        }
        bytes_.insert(bytes_.end(), mapped.bytes().begin(), mapped.bytes().end());
    }

  private:
    const Settings settings_;
    std::mutex mutex_;
    // Locked: mutex_.
    std::vector<std::uint8_t> bytes_;
    Nanoseconds start_{0};
    bool full_ = false;
};

TsSegmenter::TsSegmenter(Settings settings)
    : settings_(std::move(settings)), collector_(std::make_shared<Collector>(settings_)) {}

TsSegmenter::~TsSegmenter() = default;

namespace {

/// The running time of the first picture of a segment.
Nanoseconds running_time_of(GstSample* sample) {
    const GstBuffer* buffer = gst_sample_get_buffer(sample);
    const GstSegment* segment = gst_sample_get_segment(sample);
    const auto time = gst_segment_to_running_time(segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
    return Nanoseconds(GST_CLOCK_TIME_IS_VALID(time) ? static_cast<std::int64_t>(time) : 0);
}

}  // namespace

Result<Ref<GstElement>> TsSegmenter::build(std::span<const Track> tracks) {
    auto bin = Ref<GstElement>::sink(gst_bin_new("mpegts"));
    const auto make = [&bin](const char* name) {
        GstElement* element = gst_element_factory_make(name, nullptr);
        gst_bin_add(GST_BIN(bin.get()), element);
        return element;
    };
    auto appsink = Ref<GstElement>::sink(gst_element_factory_make("appsink", nullptr));
    g_object_set(appsink.get(), "sync", FALSE, "async", FALSE, "enable-last-sample", FALSE, nullptr);
    GstAppSinkCallbacks callbacks{};
    callbacks.new_sample = [](GstAppSink* from, gpointer data) {
        const auto sample = Ref<GstSample>::adopt(gst_app_sink_pull_sample(from));
        if (sample)
            (*static_cast<std::shared_ptr<Collector>*>(data))->append(gst_sample_get_buffer(sample.get()));
        return GST_FLOW_OK;
    };
    gst_app_sink_set_callbacks(GST_APP_SINK(appsink.get()), &callbacks, hold(collector_), release<Collector>);

    GstElement* splitter = make("splitmuxsink");
    auto muxer = Ref<GstElement>::sink(gst_element_factory_make("mpegtsmux", nullptr));
    g_object_set(splitter, "muxer", muxer.get(), "sink", appsink.get(), "max-size-time",
                 static_cast<guint64>(settings_.segment_duration.count()), "send-keyframe-requests", FALSE,
                 nullptr);
    using Location = gchar* (*)(GstElement*, guint, GstSample*, gpointer);
    const Location begin = [](GstElement*, guint, GstSample* first, gpointer data) -> gchar* {
        (*static_cast<std::shared_ptr<Collector>*>(data))->begin(running_time_of(first));
        return nullptr;  // no file
    };
    g_signal_connect_data(
        splitter, "format-location-full", G_CALLBACK(begin), hold(collector_),
        [](gpointer data, GClosure*) { release<Collector>(data); }, GConnectFlags(0));

    for (const Track& track : tracks) {
        GstElement* parser = make(parser_for(track.format->codec));
        const bool picture = track.format->kind == Kind::video;
        // Parameter sets before every keyframe, so that a player can begin with any segment.
        if (picture) g_object_set(parser, "config-interval", -1, nullptr);
        if (!gst_element_link_pads(parser, "src", splitter, picture ? "video" : "audio_%u"))
            return Error{Code::unavailable, "splitmuxsink does not take the track"};
        const auto target = Ref<GstPad>::adopt(gst_element_get_static_pad(parser, "sink"));
        gst_element_add_pad(bin.get(),
                            gst_ghost_pad_new(fmt::format("track_{}", track.index).c_str(), target.get()));
    }
    return bin;
}

}  // namespace rill::hls
