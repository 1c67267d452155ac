#include <rill/pipeline.hpp>
#include <rill/sink.hpp>
#include <rill/track_feed.hpp>

#include <fmt/format.h>

#include <vector>

namespace rill {

namespace {

Error error_of(GstMessage* message) {
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS) return {Code::unavailable, "the sink ended the stream"};
    return {Code::unavailable, fmt::format("{}: {}", GST_MESSAGE_SRC_NAME(message), error_text(message))};
}

}  // namespace

/// The pipeline of one start.
class BinSink::Runner {
  public:
    Runner(SinkHost& host, Ref<GstElement> bin)
        : host_(host),
          pipeline_(fmt::format("sink-{}", host.path()), host.loop(), [&host](GstMessage* message) {
              if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_WARNING) host.failed(error_of(message));
          }) {
        pipeline_.add(bin);
        bin_ = std::move(bin);
    }

    Result<> connect(const Track& track) {
        const auto pad = Ref<GstPad>::adopt(
            gst_element_get_static_pad(bin_.get(), fmt::format("track_{}", track.index).c_str()));
        if (!pad) return ok();
        GstElement* appsrc = pipeline_.make("appsrc");
        if (appsrc == nullptr) return Error{Code::unavailable, "GStreamer element 'appsrc' is not installed"};
        pipeline_.flush_when_disposed(appsrc);
        feeds_.push_back({track, std::make_unique<TrackFeed>(*track.format, appsrc)});
        const auto source = Ref<GstPad>::adopt(gst_element_get_static_pad(appsrc, "src"));
        if (GST_PAD_LINK_FAILED(gst_pad_link(source.get(), pad.get()))) {
            return Error{Code::not_acceptable, fmt::format("the sink's pad for track {} does not take {}",
                                                           track.index, to_string(track.format->codec))};
        }
        return ok();
    }

    Result<> play() {
        if (!pipeline_.play()) return Error{Code::unavailable, "the sink's pipeline does not start"};
        for (const auto& [track, feed] : feeds_) {
            feed->begin([this, &track = track](LinkSpec spec) { return host_.link(track, std::move(spec)); });
        }
        return ok();
    }

  private:
    struct Fed {
        Track track;
        std::unique_ptr<TrackFeed> feed;
    };
    SinkHost& host_;
    Pipeline pipeline_;
    Ref<GstElement> bin_;
    std::vector<Fed> feeds_;
};

BinSink::BinSink() = default;
BinSink::~BinSink() = default;

Result<> BinSink::start(SinkHost& host, std::span<const Track> tracks) {
    auto bin = build(tracks);
    if (!bin) return bin.error();
    auto runner = std::make_unique<Runner>(host, std::move(*bin));
    for (const Track& track : tracks) {
        auto connected = runner->connect(track);
        if (!connected) return connected;
    }
    auto playing = runner->play();
    if (!playing) return playing;
    runner_ = std::move(runner);
    return ok();
}

void BinSink::stop(const std::string&) noexcept {
    runner_.reset();
}

}  // namespace rill
