#include "looper.hpp"

#include <rill/callback.hpp>
#include <rill/clock.hpp>
#include <rill/pipeline.hpp>

#include <algorithm>
#include <array>
#include <string_view>

namespace rill::file {

namespace {

// How far a track may run ahead of the clock: more than the interleaving of usual files, and than a seek
// takes.
constexpr guint64 queue_time_ns = 3 * GST_SECOND;
constexpr guint queue_bytes = 32u << 20;

bool is_usable(const GstStructure* caps) {
    constexpr std::array<std::string_view, 6> names{"video/x-h264", "video/x-h265",  "audio/mpeg",
                                                    "audio/x-opus", "audio/x-mulaw", "audio/x-alaw"};
    const std::string_view name = gst_structure_get_name(caps);
    if (std::find(names.begin(), names.end(), name) == names.end()) return false;
    int version = 4;
    if (name == "audio/mpeg") gst_structure_get_int(caps, "mpegversion", &version);
    return version == 2 || version == 4;  // 1 is MP3
}

std::optional<LoopTimeline::Time> position_of(const GstSegment& segment, GstClockTime time) {
    if (!GST_CLOCK_TIME_IS_VALID(time)) return {};
    guint64 running = 0;
    const int sign = gst_segment_to_running_time_full(&segment, GST_FORMAT_TIME, time, &running);
    if (sign == 0) return {};
    return LoopTimeline::Time(sign * static_cast<std::int64_t>(running));
}

/// Keeps an element in its state.
class StateLock {
  public:
    explicit StateLock(GstElement* element) : element_(element) { GST_STATE_LOCK(element_); }
    StateLock(const StateLock&) = delete;
    StateLock& operator=(const StateLock&) = delete;
    ~StateLock() { GST_STATE_UNLOCK(element_); }

  private:
    GstElement* element_;
};

GstClockTime clock_time(LoopTimeline::Time time) {
    return time.count() < 0 ? GST_CLOCK_TIME_NONE : static_cast<GstClockTime>(time.count());
}

}  // namespace

Result<Ref<GstElement>> Looper::make_bin(const std::string& path, const char* demuxer, Log log) {
    const std::shared_ptr<Looper> looper(new Looper(std::move(log)));
    auto bin = Ref<GstElement>::sink(gst_bin_new(nullptr));
    looper->bin_ = bin.get();
    g_object_set_data_full(G_OBJECT(bin.get()), "rill-looper", keep(looper), drop<std::shared_ptr<Looper>>);
    GstElement* reader = gst_element_factory_make("filesrc", nullptr);
    looper->demuxer_ = gst_element_factory_make(demuxer, nullptr);
    for (auto [element, name] : {std::pair{reader, "filesrc"}, std::pair{looper->demuxer_, demuxer}}) {
        if (element == nullptr)
            return Error{Code::unavailable, fmt::format("GStreamer element '{}' is not installed", name)};
        gst_bin_add(GST_BIN(bin.get()), element);
    }
    g_object_set(reader, "location", path.c_str(), nullptr);
    gst_element_link(reader, looper->demuxer_);
    g_signal_connect(looper->demuxer_, "pad-added", G_CALLBACK(+[](GstElement*, GstPad* pad, gpointer self) {
                         static_cast<Looper*>(self)->add_pad(pad);
                     }),
                     looper.get());
    g_signal_connect(looper->demuxer_, "no-more-pads", G_CALLBACK(+[](GstElement*, gpointer self) {
                         static_cast<Looper*>(self)->finish_pads();
                     }),
                     looper.get());
    return bin;
}

void Looper::fail(const std::string& text) {
    GST_ELEMENT_ERROR(bin_, STREAM, FAILED, ("%s", text.c_str()), (nullptr));
}

// Pads
// -----------------------------------------------------------------------------------------------------------------

void Looper::add_pad(GstPad* pad) {
    auto caps = Ref<GstCaps>::adopt(gst_pad_get_current_caps(pad));
    if (!caps) caps = Ref<GstCaps>::adopt(gst_pad_query_caps(pad, nullptr));
    const GstStructure* structure =
        gst_caps_get_size(caps.get()) > 0 ? gst_caps_get_structure(caps.get(), 0) : nullptr;
    const std::string name = structure != nullptr ? gst_structure_get_name(structure) : "unknown";
    unsigned number = 0;
    {
        const std::lock_guard lock(mutex_);
        number = static_cast<unsigned>(tracks_.size() + skipped_.size());
    }
    if (structure == nullptr || !is_usable(structure)) {
        {
            const std::lock_guard lock(mutex_);
            skipped_.push_back(name);
        }
        drain(pad);
        return;
    }
    GstElement* queue = gst_element_factory_make("queue", nullptr);
    GstElement* pace = gst_element_factory_make("clocksync", nullptr);
    if (queue == nullptr || pace == nullptr) {
        fail("GStreamer element 'queue' or 'clocksync' is not installed");
        return;
    }
    g_object_set(queue, "max-size-time", queue_time_ns, "max-size-bytes", queue_bytes, "max-size-buffers", 0,
                 nullptr);
    gst_bin_add_many(GST_BIN(bin_), queue, pace, nullptr);
    gst_element_link(queue, pace);
    {
        const std::lock_guard lock(mutex_);
        Track& track = tracks_[pad];
        track.pad = Ref<GstPad>::retain(pad);
        track.number = number;
        gst_segment_init(&track.segment, GST_FORMAT_TIME);
    }
    constexpr auto what = static_cast<GstPadProbeType>(
        GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM | GST_PAD_PROBE_TYPE_EVENT_FLUSH);
    gst_pad_add_probe(
        pad, what,
        [](GstPad* source, GstPadProbeInfo* info, gpointer self) {
            return static_cast<Looper*>(self)->handle(source, info);
        },
        this, nullptr);
    sync_with_parent(pace);
    sync_with_parent(queue);
    const auto sink = Ref<GstPad>::adopt(gst_element_get_static_pad(queue, "sink"));
    const auto source = Ref<GstPad>::adopt(gst_element_get_static_pad(pace, "src"));
    if (GST_PAD_LINK_FAILED(gst_pad_link(pad, sink.get()))) {
        fail("a track of the file does not link");
        return;
    }
    GstPad* ghost = gst_ghost_pad_new(fmt::format("track_{}", number).c_str(), source.get());
    gst_pad_set_active(ghost, TRUE);
    gst_element_add_pad(bin_, ghost);
}

void Looper::drain(GstPad* pad) {
    GstElement* sink = gst_element_factory_make("fakesink", nullptr);
    if (sink == nullptr) return;
    g_object_set(sink, "async", FALSE, "sync", FALSE, nullptr);
    gst_bin_add(GST_BIN(bin_), sink);
    // The end of this track is not the end of the source. And a sink that is flushed makes the pipeline begin
    // its time again, within the demuxer's stream lock: who ends the pipeline meanwhile takes these locks the
    // other way around.
    constexpr auto what =
        static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM | GST_PAD_PROBE_TYPE_EVENT_FLUSH);
    gst_pad_add_probe(
        pad, what,
        [](GstPad*, GstPadProbeInfo* info, gpointer) {
            const bool flush = (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_EVENT_FLUSH) != 0;
            const bool end = GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_EOS;
            return flush || end ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
        },
        nullptr, nullptr);
    sync_with_parent(sink);
    const auto target = Ref<GstPad>::adopt(gst_element_get_static_pad(sink, "sink"));
    gst_pad_link(pad, target.get());
}

void Looper::finish_pads() {
    std::string skipped;
    bool usable = false;
    {
        const std::lock_guard lock(mutex_);
        no_more_pads_ = true;
        usable = !tracks_.empty();
        skipped = fmt::format("{}", fmt::join(skipped_, ", "));
    }
    if (!usable) {
        fail(fmt::format("the file has no usable track (found: {})", skipped.empty() ? "nothing" : skipped));
        return;
    }
    if (!skipped.empty()) log_.warning("skipping tracks that cannot be used: {}", skipped);
    gst_element_no_more_pads(bin_);
    begin_again_when_all_ended();
}

// Data
// -----------------------------------------------------------------------------------------------------------------

GstPadProbeReturn Looper::handle(GstPad* pad, GstPadProbeInfo* info) {
    if ((GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_EVENT_FLUSH) != 0) return GST_PAD_PROBE_DROP;
    bool ended = false;
    GstPadProbeReturn verdict = GST_PAD_PROBE_OK;
    {
        const std::lock_guard lock(mutex_);
        const auto track = tracks_.find(pad);
        if (track == tracks_.end()) return GST_PAD_PROBE_OK;
        if ((GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER) != 0)
            return handle_buffer(track->second, info);
        verdict = handle_event(track->second, info);
        ended = track->second.ended;
    }
    if (ended) begin_again_when_all_ended();
    return verdict;
}

GstPadProbeReturn Looper::handle_event(Track& track, GstPadProbeInfo* info) {
    GstEvent* event = GST_PAD_PROBE_INFO_EVENT(info);
    switch (GST_EVENT_TYPE(event)) {
        case GST_EVENT_SEGMENT: {
            gst_event_copy_segment(event, &track.segment);
            if (std::exchange(track.announced, true)) return GST_PAD_PROBE_DROP;
            GstSegment ours;
            gst_segment_init(&ours, GST_FORMAT_TIME);
            GST_PAD_PROBE_INFO_DATA(info) = gst_event_new_segment(&ours);
            Ref<GstEvent>::adopt(event).reset();
            return GST_PAD_PROBE_OK;
        }
        case GST_EVENT_STREAM_START:
            return track.announced ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
        case GST_EVENT_EOS:
            track.ended = true;
            return GST_PAD_PROBE_DROP;
        case GST_EVENT_GAP:
            return GST_PAD_PROBE_DROP;
        default:
            return GST_PAD_PROBE_OK;
    }
}

GstPadProbeReturn Looper::handle_buffer(Track& track, GstPadProbeInfo* info) {
    GstBuffer* buffer = GST_PAD_PROBE_INFO_BUFFER(info);
    const auto pts = position_of(track.segment, GST_BUFFER_PTS(buffer));
    const auto dts = position_of(track.segment, GST_BUFFER_DTS(buffer));
    if (!pts && !dts) return GST_PAD_PROBE_OK;  // the parser gives it a time
    const auto duration = GST_BUFFER_DURATION_IS_VALID(buffer)
                              ? LoopTimeline::Time(static_cast<std::int64_t>(GST_BUFFER_DURATION(buffer)))
                              : LoopTimeline::Time(0);
    const auto offset = timeline_.offset_for(track.number, pts ? *pts : *dts, duration, running_time());
    buffer = gst_buffer_make_writable(buffer);
    GST_BUFFER_PTS(buffer) = pts ? clock_time(*pts + offset) : GST_CLOCK_TIME_NONE;
    GST_BUFFER_DTS(buffer) = dts ? clock_time(*dts + offset) : GST_CLOCK_TIME_NONE;
    // The seek back is no discontinuity of the stream that leaves here.
    GST_BUFFER_FLAG_UNSET(buffer, GST_BUFFER_FLAG_DISCONT);
    GST_PAD_PROBE_INFO_DATA(info) = buffer;
    return GST_PAD_PROBE_OK;
}

// The end, and the beginning
// -------------------------------------------------------------------------------------------

void Looper::begin_again_when_all_ended() {
    bool endless = false;
    {
        const std::lock_guard lock(mutex_);
        const bool all =
            std::all_of(tracks_.begin(), tracks_.end(), [](const auto& t) { return t.second.ended; });
        if (!no_more_pads_ || !all || tracks_.empty()) return;
        for (auto& [pad, track] : tracks_)
            track.ended = false;
        endless = timeline_.begin_next_pass();
    }
    if (!endless) {
        fail("the file is too short to be looped");
        return;
    }
    // A flushing seek waits for this very thread to stop.
    gst_element_call_async(
        bin_, [](GstElement*, gpointer data) { kept<std::shared_ptr<Looper>>(data)->rewind(); },
        keep(shared_from_this()), drop<std::shared_ptr<Looper>>);
}

void Looper::rewind() {
    Ref<GstPad> pad;
    {
        const std::lock_guard lock(mutex_);
        pad = tracks_.begin()->second.pad;
    }
    // A demuxer that is stopped frees its streams, which a seek walks through before it takes a lock
    // (gst_qtdemux_do_seek, gst_qtdemux_reset; 1.22). Who stops the bin has this one.
    const StateLock stays(bin_);
    if (GST_STATE_TARGET(bin_) < GST_STATE_PAUSED) return;
    GstEvent* seek = gst_event_new_seek(1.0, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET, 0,
                                        GST_SEEK_TYPE_NONE, 0);
    if (gst_pad_send_event(pad.get(), seek) == FALSE)
        fail("the file cannot be played from the beginning again");
}

}  // namespace rill::file
