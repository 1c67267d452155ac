#include "recorded.hpp"

#include <rill/clock.hpp>

#include <fmt/format.h>
#include <gst/app/gstappsrc.h>

#include <array>
#include <map>
#include <stdexcept>

namespace rill::test {

namespace {

struct Recipe {
    std::string_view name;
    Codec codec;
    std::string pipeline;
};

const std::array<Recipe, 6>& recipes() {
    static const auto picture = [](const std::string& encoder) {
        return "videotestsrc num-buffers=50 ! video/x-raw,width=160,height=120,framerate=25/1 ! " + encoder;
    };
    static const auto sound = [](int rate, int samples, const std::string& encoder) {
        return fmt::format(
            "audiotestsrc num-buffers={} samplesperbuffer={} ! audio/x-raw,rate={},channels=1 ! {}",
            2 * rate / samples, samples, rate, encoder);
    };
    static const std::array<Recipe, 6> all{{
        {"h264", Codec::h264,
         picture("x264enc tune=zerolatency speed-preset=ultrafast key-int-max=10 bitrate=64 ! h264parse ! "
                 "video/x-h264,stream-format=avc,alignment=au")},
        {"h265", Codec::h265,
         picture("x265enc tune=zerolatency speed-preset=ultrafast key-int-max=10 bitrate=64 ! h265parse ! "
                 "video/x-h265,stream-format=hvc1,alignment=au")},
        {"aac", Codec::aac,
         sound(48000, 1024, "voaacenc ! aacparse ! audio/mpeg,mpegversion=4,stream-format=raw")},
        {"opus", Codec::opus, sound(48000, 960, "opusenc ! opusparse")},
        {"pcmu", Codec::pcmu, sound(8000, 160, "mulawenc")},
        {"pcma", Codec::pcma, sound(8000, 160, "alawenc")},
    }};
    return all;
}

/// Gives an appsrc the units of a recording, stamped in running time from the moment of its making.
class Feed {
  public:
    explicit Feed(const EncodedStream& stream) : stream_(stream), base_(running_time()) {}

    void push(GstAppSrc* source) {
        const auto& unit = *stream_.units[next_];
        const auto moved = [&](Nanoseconds time) {
            return static_cast<GstClockTime>((base_ + time - stream_.units.front()->dts).count());
        };
        GstBuffer* const buffer = gst_buffer_copy(unit.buffer.get());
        // Only the first of an encoder's buffers has it; the loop has no seam.
        GST_BUFFER_FLAG_UNSET(buffer, GST_BUFFER_FLAG_DISCONT);
        GST_BUFFER_PTS(buffer) = moved(unit.pts);
        GST_BUFFER_DTS(buffer) = moved(unit.dts);
        if (++next_ == stream_.units.size()) {
            next_ = 0;
            base_ += stream_.end - stream_.units.front()->dts;
        }
        gst_app_src_push_buffer(source, buffer);
    }

  private:
    const EncodedStream& stream_;
    Nanoseconds base_;
    std::size_t next_ = 0;
};

Ref<GstElement> feeder(Codec codec) {
    const EncodedStream& stream = recording(codec);
    auto source = Ref<GstElement>::sink(gst_element_factory_make("appsrc", nullptr));
    g_object_set(source.get(), "format", GST_FORMAT_TIME, "caps", stream.caps.get(), "max-buffers",
                 guint64{2}, nullptr);
    GstAppSrcCallbacks callbacks{};
    callbacks.need_data = [](GstAppSrc* self, guint, gpointer feed) { static_cast<Feed*>(feed)->push(self); };
    gst_app_src_set_callbacks(GST_APP_SRC(source.get()), &callbacks, std::make_unique<Feed>(stream).release(),
                              [](gpointer feed) { std::unique_ptr<Feed>(static_cast<Feed*>(feed)); });
    return source;
}

class RecordedSource final : public Source {
  public:
    explicit RecordedSource(std::vector<Codec> codecs) : codecs_(std::move(codecs)) {}

    Result<Ref<GstElement>> build() override {
        auto bin = Ref<GstElement>::sink(gst_bin_new(nullptr));
        for (const Codec codec : codecs_) {
            const auto source = feeder(codec);
            const auto pace = Ref<GstElement>::sink(gst_element_factory_make("clocksync", nullptr));
            // An appsrc tells its caps only while it runs.
            const auto caps = Ref<GstElement>::sink(gst_element_factory_make("capsfilter", nullptr));
            g_object_set(caps.get(), "caps", recording(codec).caps.get(), nullptr);
            gst_bin_add_many(GST_BIN(bin.get()), source.get(), pace.get(), caps.get(), nullptr);
            gst_element_link_many(source.get(), pace.get(), caps.get(), nullptr);
            const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(caps.get(), "src"));
            const auto ghost = Ref<GstPad>::sink(gst_ghost_pad_new(nullptr, pad.get()));
            gst_element_add_pad(bin.get(), ghost.get());
        }
        return bin;
    }

  private:
    const std::vector<Codec> codecs_;
};

}  // namespace

const EncodedStream& recording(Codec codec) {
    static const auto made = [] {
        std::map<Codec, EncodedStream> out;
        for (const Recipe& recipe : recipes())
            out.emplace(recipe.codec, encode(recipe.pipeline));
        return out;
    }();
    return made.at(codec);
}

std::vector<Codec> codecs_of(const std::string& url) {
    std::vector<Codec> out;
    std::string rest = url.substr(url.find("://") + 3);
    while (!rest.empty()) {
        const std::string name = rest.substr(0, rest.find('+'));
        rest.erase(0, name.size() + 1);
        for (const Recipe& recipe : recipes()) {
            if (recipe.name == name) out.push_back(recipe.codec);
        }
    }
    if (out.empty()) throw std::logic_error("no recording is called " + url);
    return out;
}

const SourceFactory& recorded_source() {
    static constexpr std::array<std::string_view, 1> schemes{"recorded"};
    static const SourceFactory factory{
        .id = "recorded",
        .summary = "recordings that repeat",
        .schemes = schemes,
        .options = {},
        .create = [](const SourceContext& context) -> Result<std::unique_ptr<Source>> {
            return std::unique_ptr<Source>(new RecordedSource(codecs_of(context.url)));
        }};
    return factory;
}

}  // namespace rill::test
