#include "await.hpp"
#include "catch.hpp"
#include "encoded_stream.hpp"
#include "faulty_decoder.hpp"
#include "renditions/renditions.hpp"

#include <rill/clock.hpp>
#include <rill/media/formats.hpp>

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>

#include <algorithm>
#include <future>

using namespace rill;
using namespace rill::test;
using namespace std::chrono_literals;

namespace {

constexpr auto h265 =
    "videotestsrc num-buffers=50 pattern=ball ! video/x-raw,width=320,height=180,framerate=25/1 "
    "! x265enc tune=zerolatency key-int-max=25 ! h265parse config-interval=0 "
    "! video/x-h265,stream-format=hvc1,alignment=au";
constexpr auto h264 =
    "videotestsrc num-buffers=50 pattern=ball ! video/x-raw,width=320,height=180,framerate=25/1 "
    "! x264enc tune=zerolatency key-int-max=25 ! h264parse config-interval=0 "
    "! video/x-h264,stream-format=avc,alignment=au,profile=high";
constexpr auto aac =
    "audiotestsrc num-buffers=100 samplesperbuffer=480 ! audio/x-raw,rate=48000,channels=6 "
    "! avenc_aac ! aacparse ! audio/mpeg,mpegversion=4,stream-format=raw";
constexpr auto g711 =
    "audiotestsrc num-buffers=100 samplesperbuffer=160 ! audio/x-raw,rate=8000,channels=1 "
    "! mulawenc ! audio/x-mulaw";

constexpr auto mjpeg =
    "videotestsrc num-buffers=50 pattern=ball ! video/x-raw,width=320,height=180,framerate=25/1,format=Y42B "
    "! jpegenc";
constexpr auto g722 =
    "audiotestsrc num-buffers=100 samplesperbuffer=320 ! audio/x-raw,rate=16000,channels=1 ! avenc_g722";
constexpr auto lpcm =
    "audiotestsrc num-buffers=100 samplesperbuffer=882 ! audio/x-raw,rate=44100,channels=2,format=S16BE";

const EncodedStream& encoded(const char* pipeline) {
    static std::map<std::string, EncodedStream> made;
    auto& stream = made[pipeline];
    if (stream.units.empty()) stream = encode(pipeline);
    return stream;
}

/// A path's stream without a camera, and its renditions, on a loop of their own.
class Stage {
  public:
    template <class Work>
    auto run(Work work) {
        std::promise<decltype(work())> done;
        loop_.post([&] {
            if constexpr (std::is_void_v<decltype(work())>) {
                work();
                done.set_value();
            } else {
                done.set_value(work());
            }
        });
        return done.get_future().get();
    }

    explicit Stage(std::shared_ptr<Permits> limit = std::make_shared<Permits>(4)) {
        run([&] {
            renditions = std::make_unique<Renditions>(Renditions::Given{
                .log = Log("path cam1"), .source = source, .loop = &loop_, .limit = limit, .linger = 500ms});
        });
        generation_ = source->begin_source();
    }
    ~Stage() {
        run([&] { renditions.reset(); });
        Pipeline::wait_for_disposals(5s);
    }

    /// The track of a camera that sends this.
    Track track(const EncodedStream& stream) {
        return {source->claim(generation_, stream.format->kind), stream.format};
    }
    /// All of it, as if it ended now.
    void send(const Track& track, const EncodedStream& stream) {
        const Nanoseconds shift = running_time() - stream.end;
        for (const UnitPtr& unit : stream.units)
            source->push(generation_, track.index, raw(*unit, shift));
    }
    static RawUnit raw(const AccessUnit& unit, Nanoseconds shift) {
        RawUnit out;
        out.format = unit.format;
        out.buffer = unit.buffer;
        out.pts = unit.pts + shift;
        out.dts = unit.dts + shift;
        out.duration = unit.duration;
        out.keyframe = unit.keyframe;
        return out;
    }

    std::unique_ptr<Link> link(const Track& rendered) {
        return run([&] { return renditions->link(rendered, {}); });
    }
    Result<Track> render(const Track& track, const Rendition& rendition) {
        return run([&] { return renditions->render(track, rendition); });
    }
    bool settles(std::size_t count) {
        return await([&] { return renditions->status().size() == count; });
    }

    const std::shared_ptr<Stream> source =
        std::make_shared<Stream>(GopCache::Bounds{.duration = 10s, .bytes = 16u << 20});
    std::unique_ptr<Renditions> renditions;

  private:
    std::uint64_t generation_ = 0;
    Loop loop_{"test-path"};
};

/// With bytes of each unit written over.
EncodedStream damaged(const EncodedStream& stream) {
    EncodedStream out = stream;
    std::uint32_t random = 1;
    for (UnitPtr& unit : out.units) {
        auto copy = std::make_shared<AccessUnit>(*unit);
        copy->buffer = Ref<GstBuffer>::adopt(gst_buffer_copy_deep(unit->buffer.get()));
        const auto size = static_cast<std::uint32_t>(gst_buffer_get_size(copy->buffer.get()));
        for (int times = 0; times < 20; ++times) {
            random = random * 1'664'525 + 1'013'904'223;
            gst_buffer_memset(copy->buffer.get(), random % size, static_cast<guint8>(random >> 24), 1);
        }
        unit = std::move(copy);
    }
    return out;
}

/// A link whose callback is taking from it when it is destroyed.
void destroy_while_taking(const std::function<std::unique_ptr<Link>(LinkSpec)>& connect,
                          const std::function<void()>& send) {
    std::promise<void> taking;
    std::promise<void> going;
    Link* link = nullptr;
    bool has_taken = false;
    LinkSpec spec;
    spec.ready = [&, is_going = going.get_future().share()] {
        if (std::exchange(has_taken, true)) return;
        taking.set_value();
        is_going.wait();
        // While it goes, which takes no longer than a few of them.
        for (int times = 0; times < 20'000; ++times)
            link->take();
    };
    auto held = connect(std::move(spec));
    link = held.get();
    send();
    taking.get_future().wait();
    going.set_value();
    held.reset();
}

/// Takes until so many units have come.
std::vector<UnitPtr> take(Link& link, std::size_t count) {
    std::vector<UnitPtr> units;
    await([&] {
        while (UnitPtr unit = link.take())
            units.push_back(std::move(unit));
        return units.size() >= count;
    });
    return units;
}

}  // namespace

TEST_CASE("until a link of a rendition is gone, its callback takes from it") {
    Stage stage;
    const Track track = stage.track(encoded(g711));
    const auto rendered = stage.render(track, {.codec = Codec::opus});
    REQUIRE(rendered);
    destroy_while_taking(
        [&](LinkSpec spec) {
            return stage.run([&] { return stage.renditions->link(*rendered, std::move(spec)); });
        },
        [&] { stage.send(track, encoded(g711)); });
    CHECK(stage.settles(0));
}

TEST_CASE("H.265 becomes H.264 that any browser takes, at the times of the source") {
    Stage stage;
    const auto& stream = encoded(h265);
    const Track track = stage.track(stream);
    const auto rendered = stage.render(track, {.codec = Codec::h264});
    REQUIRE(rendered);
    CHECK(rendered->format->codec == Codec::h264);
    CHECK(rendered->format->width == 320);
    const auto link = stage.link(*rendered);
    const auto original = stage.source->link(track.index, {});
    stage.send(track, stream);
    const auto units = take(*link, 5);
    REQUIRE(units.size() >= 5);
    CHECK(units.front()->keyframe);
    const Format& format = *units.front()->format;
    CHECK(format.codec == Codec::h264);
    CHECK(format.profile == "Baseline");
    CHECK((format.config.at(2) & 0x40) != 0);  // constraint_set1_flag: constrained
    CHECK(format.width == 320);
    CHECK(format.height == 180);
    const auto sent = take(*original, stream.units.size());
    for (const UnitPtr& unit : units) {
        CHECK(unit->pts == unit->dts);
        const auto is_same = [&](const UnitPtr& one) { return std::chrono::abs(one->pts - unit->pts) < 1us; };
        CHECK(std::ranges::any_of(sent, is_same));
    }
}

TEST_CASE("Motion JPEG becomes H.264, at the times of the source and without a picture in waiting") {
    Stage stage;
    const auto& stream = encoded(mjpeg);
    const Track track = stage.track(stream);
    const auto rendered = stage.render(track, {.codec = Codec::h264});
    REQUIRE(rendered);
    const auto link = stage.link(*rendered);
    const auto original = stage.source->link(track.index, {});
    stage.send(track, stream);
    const auto sent = take(*original, stream.units.size());
    const auto units = take(*link, 10);
    REQUIRE(units.size() >= 10);
    CHECK(stage.renditions->status()[0].elements == "jpegdec, x264enc");
    CHECK(units.front()->keyframe);
    CHECK(units.front()->format->profile == "Baseline");
    CHECK(units.front()->format->width == 320);
    // The last one sent comes out although none follows it.
    std::vector<UnitPtr> all = units;
    CHECK(await([&] {
        while (UnitPtr unit = link->take())
            all.push_back(std::move(unit));
        return std::chrono::abs(all.back()->pts - sent.back()->pts) < 1us;
    }));
}

TEST_CASE("a JPEG uses all values of a byte, the H.264 that is made of it does not") {
    Stage stage;
    const auto& stream = encoded(
        "videotestsrc num-buffers=50 pattern=white ! "
        "video/x-raw,width=320,height=180,framerate=25/1 ! jpegenc");
    const Track track = stage.track(stream);
    const auto rendered = stage.render(track, {.codec = Codec::h264});
    REQUIRE(rendered);
    const auto link = stage.link(*rendered);
    stage.send(track, stream);
    const auto units = take(*link, 1);
    REQUIRE_FALSE(units.empty());
    const auto decoder = Ref<GstElement>::sink(
        gst_parse_launch("appsrc name=in format=time ! avdec_h264 ! appsink name=out sync=false", nullptr));
    const auto in = Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(decoder.get()), "in"));
    const auto out = Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(decoder.get()), "out"));
    gst_app_src_set_caps(GST_APP_SRC(in.get()), caps_from_format(*units.front()->format).get());
    gst_element_set_state(decoder.get(), GST_STATE_PLAYING);
    gst_app_src_push_buffer(GST_APP_SRC(in.get()), gst_buffer_ref(units.front()->buffer.get()));
    gst_app_src_end_of_stream(GST_APP_SRC(in.get()));
    const auto sample = Ref<GstSample>::adopt(gst_app_sink_pull_sample(GST_APP_SINK(out.get())));
    gst_element_set_state(decoder.get(), GST_STATE_NULL);
    REQUIRE(sample);
    const GstStructure* const caps = gst_caps_get_structure(gst_sample_get_caps(sample.get()), 0);
    CHECK(std::string(gst_structure_get_string(caps, "colorimetry")) == "bt709");
    const int luma = MappedBuffer(gst_sample_get_buffer(sample.get())).bytes()[0];
    // jpegenc writes the 235 of the test picture as it is, and it means 16 + 235 * 219 / 255.
    CHECK(luma >= 216);
    CHECK(luma <= 220);
}

TEST_CASE("H.265 becomes VP8 or VP9, with a keyframe when one is asked for") {
    EncodedStream beginning = encoded(h265);
    beginning.units.resize(10);
    for (const Codec codec : {Codec::vp8, Codec::vp9}) {
        INFO(to_string(codec));
        Stage stage;
        const Track track = stage.track(beginning);
        const auto rendered = stage.render(track, {.codec = codec, .max_height = 90});
        REQUIRE(rendered);
        const auto link = stage.link(*rendered);
        stage.send(track, beginning);
        const auto units = take(*link, 10);
        REQUIRE(units.size() == 10);
        CHECK(units.front()->keyframe);
        CHECK(std::ranges::count_if(units, [](const UnitPtr& unit) { return unit->keyframe; }) == 1);
        CHECK(std::ranges::all_of(units, [](const UnitPtr& unit) { return unit->pts == unit->dts; }));
        const Format& format = *units.front()->format;
        CHECK(format.codec == codec);
        CHECK(format.width == 160);
        CHECK(format.height == 90);
        CHECK(format.profile == "0");
        // The next one by itself is two seconds away.
        stage.run([&] { stage.renditions->request_keyframe(*rendered); });
        stage.send(track, beginning);
        CHECK(await([&] {
            const UnitPtr unit = link->take();
            return unit && unit->keyframe;
        }));
    }
}

TEST_CASE("all who want the same get one transcoder, which ends after the last of them") {
    Stage stage;
    const auto& stream = encoded(h265);
    const Track track = stage.track(stream);
    const auto first = stage.render(track, {.codec = Codec::h264});
    const auto second = stage.render(track, {.codec = Codec::h264});
    REQUIRE(first);
    REQUIRE(second);
    auto one = stage.link(*first);
    auto other = stage.link(*second);
    stage.send(track, stream);
    CHECK(take(*one, 5).size() >= 5);
    CHECK(take(*other, 5).size() >= 5);
    auto smaller = stage.link(*stage.render(track, {.codec = Codec::h264, .max_height = 90}));
    REQUIRE(stage.settles(2));
    const auto status = stage.renditions->status();
    CHECK(status[0].links == 2);
    CHECK(status[0].running);
    CHECK(status[0].elements == "avdec_h265, x264enc");
    CHECK(to_string(status[1].rendition) == "H264 90p");
    one.reset();
    smaller.reset();
    CHECK(stage.settles(1));
    CHECK(take(*other, 0).size() < 1000);  // still linked
    other.reset();
    CHECK(stage.settles(0));
}

TEST_CASE("one that was asked for and never used ends, and a late link begins it anew") {
    Stage stage;
    const auto& stream = encoded(h265);
    const Track track = stage.track(stream);
    stage.send(track, stream);
    const auto rendered = stage.render(track, {.codec = Codec::h264});
    REQUIRE(rendered);
    REQUIRE(stage.settles(0));
    const auto link = stage.link(*rendered);
    CHECK(!take(*link, 1).empty());
}

TEST_CASE("who comes later begins with a picture") {
    Stage stage;
    const auto& stream = encoded(h265);
    const Track track = stage.track(stream);
    const auto rendered = stage.render(track, {.codec = Codec::h264});
    REQUIRE(rendered);
    const auto first = stage.link(*rendered);
    stage.send(track, stream);
    REQUIRE(!take(*first, 5).empty());
    const auto second = stage.link(*rendered);
    const UnitPtr unit = second->take();
    REQUIRE(unit);
    CHECK(unit->keyframe);
}

TEST_CASE("a smaller picture keeps its shape") {
    Stage stage;
    const auto& stream = encoded(h264);
    const Track track = stage.track(stream);
    const auto rendered = stage.render(track, {.codec = Codec::h264, .max_height = 90});
    REQUIRE(rendered);
    const auto link = stage.link(*rendered);
    stage.send(track, stream);
    const auto units = take(*link, 1);
    REQUIRE(!units.empty());
    CHECK(units.front()->format->width == 160);
    CHECK(units.front()->format->height == 90);
}

TEST_CASE("sound becomes Opus, in stereo at most") {
    for (const auto& [pipeline, channels] :
         {std::pair(aac, 2), std::pair(g711, 1), std::pair(g722, 1), std::pair(lpcm, 2)}) {
        Stage stage;
        const auto& stream = encoded(pipeline);
        const Track track = stage.track(stream);
        const auto rendered = stage.render(track, {.codec = Codec::opus});
        REQUIRE(rendered);
        const auto link = stage.link(*rendered);
        stage.send(track, stream);
        const auto units = take(*link, 20);
        REQUIRE(units.size() >= 20);
        CHECK(units.front()->format->codec == Codec::opus);
        CHECK(units.front()->format->channels == channels);
    }
}

TEST_CASE("pictures are counted against the limit of the process, sound is not") {
    const auto limit = std::make_shared<Permits>(1);
    Stage one(limit);
    Stage other(limit);
    const Track video = one.track(encoded(h265));
    const Track same = other.track(encoded(h265));
    auto taken = one.link(*one.render(video, {.codec = Codec::h264}));
    CHECK(one.render(video, {.codec = Codec::h264}));
    const auto refused = other.render(same, {.codec = Codec::h264});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::too_many);
    CHECK(refused.error().message.find("maxTranscodes") != std::string::npos);
    CHECK(other.render(other.track(encoded(aac)), {.codec = Codec::opus}));
    taken.reset();
    CHECK(await([&] { return bool(other.render(same, {.codec = Codec::h264})); }));
}

TEST_CASE("what cannot be is refused") {
    Stage stage;
    const Track video = stage.track(encoded(h265));
    const Track sound = stage.track(encoded(aac));
    CHECK(stage.render(video, {.codec = Codec::opus}).error().code == Code::invalid_config);
    CHECK(stage.render(sound, {.codec = Codec::h264}).error().code == Code::invalid_config);
    CHECK(stage.render(video, {.codec = Codec::h264, .max_height = -1}).error().code == Code::invalid_config);
    const auto rendered = stage.render(video, {.codec = Codec::h264});
    REQUIRE(rendered);
    CHECK(stage.render(*rendered, {.codec = Codec::h264}).error().code == Code::invalid_config);
}

TEST_CASE("a device that fails, or says nothing, gives way to the processor") {
    const auto fault = GENERATE(FaultyDecoder::Fault::fails, FaultyDecoder::Fault::swallows);
    const FaultyDecoder faulty(FaultyDecoder::Place::device, fault);
    Stage stage;
    const auto& stream = encoded(h265);
    const Track track = stage.track(stream);
    const auto rendered = stage.render(track, {.codec = Codec::h264});
    REQUIRE(rendered);
    CHECK(stage.renditions->status()[0].hardware);
    const auto link = stage.link(*rendered);
    stage.send(track, stream);
    CHECK(!take(*link, 1).empty());
    REQUIRE(await([&] { return stage.renditions->status()[0].running; }));
    const auto status = stage.renditions->status()[0];
    CHECK(status.failures == 1);
    CHECK_FALSE(status.hardware);
    CHECK(status.elements == "avdec_h265, x264enc");
}

TEST_CASE("damaged units are passed over") {
    const char* const encoder = GENERATE(h265, mjpeg);
    INFO(encoder);
    Stage stage;
    const auto& stream = encoded(encoder);
    const Track track = stage.track(stream);
    const auto rendered = stage.render(track, {.codec = Codec::h264});
    REQUIRE(rendered);
    const auto link = stage.link(*rendered);
    stage.send(track, damaged(stream));
    const Nanoseconds now = running_time();
    const bool goes_on = await([&] {
        stage.send(track, stream);
        const UnitPtr unit = link->take();
        return unit && unit->pts > now;
    });
    CHECK(goes_on);
    CHECK(stage.renditions->status()[0].failures == 0);
}

TEST_CASE("a source that changes its codec goes on in the same rendition") {
    Stage stage;
    const Track before = stage.track(encoded(h265));
    const auto rendered = stage.render(before, {.codec = Codec::h264, .max_height = 90});
    REQUIRE(rendered);
    const auto link = stage.link(*rendered);
    stage.send(before, encoded(h265));
    REQUIRE(!take(*link, 3).empty());
    const Track after{before.index, encoded(h264).format};
    stage.run([&] { stage.renditions->follow({after}); });
    stage.send(after, encoded(h264));
    const bool goes_on = await([&] {
        const UnitPtr unit = link->take();
        return unit && unit->discontinuity && unit->keyframe;
    });
    CHECK(goes_on);
    CHECK(stage.renditions->status()[0].elements == "avdec_h264, x264enc");
    CHECK(stage.renditions->status()[0].failures == 0);
}
