// What is shown, and when.
#include "await.hpp"
#include "catch.hpp"
#include "loop_element.hpp"
#include "source_run.hpp"
#include "testing.hpp"

#include <rill/module.hpp>

#include <gst/app/gstappsink.h>
#include <gst/check/gsttestclock.h>

using namespace rill;
using namespace rill::test;
using namespace rill::slate;
using namespace rill::slate::testing;
using namespace std::chrono_literals;

namespace {

using Seen = SourceRun::Seen;

Ref<GstElement> bin_of(const std::string& url) {
    auto bin = source_of(url)->build();
    REQUIRE(bin);
    return *bin;
}

/// One track in a pipeline of its own, whose clock stands still until it is moved. Running time begins at
/// 100 s.
class Line {
  public:
    explicit Line(const Ref<GstElement>& element)
        : pipeline_(Ref<GstElement>::sink(gst_pipeline_new(nullptr))),
          clock_(Ref<GstClock>::adopt(gst_test_clock_new_with_start_time(1000 * GST_SECOND))) {
        gst_pipeline_use_clock(GST_PIPELINE(pipeline_.get()), clock_.get());
        gst_element_set_start_time(pipeline_.get(), GST_CLOCK_TIME_NONE);
        gst_element_set_base_time(pipeline_.get(), 900 * GST_SECOND);
        sink_ = gst_element_factory_make("appsink", nullptr);
        g_object_set(sink_, "sync", FALSE, nullptr);
        gst_bin_add_many(GST_BIN(pipeline_.get()), element.get(), sink_, nullptr);
        REQUIRE(gst_element_link(element.get(), sink_));
        gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
    }
    ~Line() { stop(); }
    void stop() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }

    /// Whether the streaming thread has come to where it asks for units.
    bool has_begun() {
        const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(sink_, "sink"));
        return await([&] {
            return static_cast<bool>(
                Ref<GstEvent>::adopt(gst_pad_get_sticky_event(pad.get(), GST_EVENT_STREAM_START, 0)));
        });
    }
    /// Whether the element waits for its next unit's time.
    bool waits() {
        return await([this] { return gst_test_clock_peek_id_count(GST_TEST_CLOCK(clock_.get())) > 0; });
    }
    /// The next unit, when its time has come.
    Ref<GstSample> next() {
        const auto pull = [this](GstClockTime timeout) {
            return Ref<GstSample>::adopt(gst_app_sink_try_pull_sample(GST_APP_SINK(sink_), timeout));
        };
        REQUIRE(waits());
        // The time has not come.
        CHECK_FALSE(pull(0));
        REQUIRE(gst_test_clock_crank(GST_TEST_CLOCK(clock_.get())));
        return pull(patience().count() * GST_SECOND);
    }
    GstClockTime now() { return gst_clock_get_time(clock_.get()) - 900 * GST_SECOND; }

    /// What the first error message says.
    std::string error() {
        const auto bus = Ref<GstBus>::adopt(gst_element_get_bus(pipeline_.get()));
        const auto message = Ref<GstMessage>::adopt(
            gst_bus_timed_pop_filtered(bus.get(), patience().count() * GST_SECOND, GST_MESSAGE_ERROR));
        return message ? error_text(message.get()) : "";
    }

  private:
    Ref<GstElement> pipeline_;
    Ref<GstClock> clock_;
    GstElement* sink_;
};

}  // namespace

TEST_CASE("core takes each codec, at the pace of its time") {
    struct Row {
        std::string tracks;
        Codec video;
        Codec audio;
        Nanoseconds fifty_packets;
    };
    for (const Row& row : {Row{"h264,opus", Codec::h264, Codec::opus, 1s},
                           Row{"h265,aac/32000/2", Codec::h265, Codec::aac, 1600ms},
                           Row{"pcmu/8000/1,h264", Codec::h264, Codec::pcmu, 1s},
                           Row{"h264,pcma/16000/2", Codec::h264, Codec::pcma, 1s}}) {
        INFO(row.tracks);
        SourceRun run(source_of("slate:" + row.tracks));
        run.start();
        REQUIRE(run.wait_for([](const Seen& s) {
            return s.complete && s.count(Kind::video) > 6 && s.count(Kind::audio) > 50;
        }));
        run.stop();
        CHECK_FALSE(run.seen().error);
        const auto video = run.seen().of(Kind::video);
        const auto audio = run.seen().of(Kind::audio);
        CHECK(video[0]->format->codec == row.video);
        CHECK(video[0]->format->width == 1280);
        CHECK(video[0]->format->height == 720);
        CHECK(audio[0]->format->codec == row.audio);
        for (std::size_t i = 0; i < 7; ++i) {
            CHECK(video[i]->keyframe == (i % 5 == 0));
            CHECK(video[i]->pts - video[0]->pts == static_cast<int>(i) * 200ms);
        }
        CHECK(audio[50]->pts - audio[0]->pts == row.fifty_packets);
        for (const auto& arrival : run.seen().units)
            CHECK(arrival.at >= arrival.unit->pts);
    }
}

TEST_CASE("units come at their exact times, the same ones again and again") {
    for (const Spec& spec : every_track) {
        INFO(to_string(spec.codec) << " " << spec.sample_rate);
        const Pace pace = pace_of(spec);
        const bool is_video = kind_of(spec.codec) == Kind::video;
        const auto time_of = [&](guint64 n) {
            return 100 * GST_SECOND + n * pace.ticks * GST_SECOND / pace.rate;
        };
        Line line(make_loop_element(spec, Library::instance()));
        std::vector<Ref<GstSample>> samples;
        for (guint64 n = 0; time_of(n) <= 103 * GST_SECOND; ++n) {
            samples.push_back(line.next());
            REQUIRE(samples.back());
            GstBuffer* buffer = gst_sample_get_buffer(samples.back().get());
            REQUIRE(GST_BUFFER_PTS(buffer) == time_of(n));
            REQUIRE(GST_BUFFER_DURATION(buffer) == time_of(n + 1) - time_of(n));
            REQUIRE(line.now() == time_of(n));
            REQUIRE(GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT) == (is_video && n % 5 != 0));
            // The same memory, not the same bytes.
            if (n >= 5) {
                REQUIRE(gst_buffer_peek_memory(buffer, 0) ==
                        gst_buffer_peek_memory(gst_sample_get_buffer(samples[n - 5].get()), 0));
            }
        }
        GstBuffer* first = gst_sample_get_buffer(samples[0].get());
        if (is_video) CHECK(is_whole_keyframe(spec.codec, first));
    }
}

TEST_CASE("two bins show the same memory") {
    const auto first_memory = [](const std::string& url) {
        Line line(bin_of(url));
        return gst_buffer_peek_memory(gst_sample_get_buffer(line.next().get()), 0);
    };
    for (const std::string url : {"slate:h264", "slate:opus"})
        CHECK(first_memory(url) == first_memory(url));
}

TEST_CASE("who waits for the clock stops at once, and begins again from a keyframe") {
    const Ref<GstElement> element = make_loop_element({Codec::h264}, Library::instance());
    {
        Line line(element);
        REQUIRE(line.next());
        REQUIRE(line.next());
        REQUIRE(line.waits());
    }
    Line line(element);
    const auto again = line.next();
    REQUIRE(again);
    CHECK(is_whole_keyframe(Codec::h264, gst_sample_get_buffer(again.get())));
    CHECK(gst_sample_get_caps(again.get()) != nullptr);
}

TEST_CASE("who waits for an encoder stops at once, and leaves it to the next") {
    std::atomic<int> asked = 0;
    Library library(
        [&](const Spec& spec) -> Result<std::string> {
            if (++asked == 3) return describe_encoding(spec, everything);
            return std::string("videotestsrc ! appsink name=out max-buffers=1");
        },
        24h);
    Line first(make_loop_element({Codec::h264}, library));
    REQUIRE(await([&] { return asked == 1; }));
    for (int i = 0; i < 20; ++i) {
        Line second(make_loop_element({Codec::h264}, library));
        REQUIRE(second.has_begun());
    }
    CHECK(asked == 1);
    Line third(make_loop_element({Codec::h264}, library));
    first.stop();
    REQUIRE(await([&] { return asked == 2; }));
    third.stop();
    CHECK(asked == 2);
    CHECK(Line(make_loop_element({Codec::h264}, library)).next());
}

TEST_CASE("an encoder that is missing, fails or hangs is an error in words, and the next may succeed") {
    std::string elements;
    bool missing = false;
    Library library(
        [&](const Spec& spec) -> Result<std::string> {
            if (missing)
                return describe_encoding(spec, [](const char* name) {
                    return std::string_view(name).find("264") == std::string_view::npos;
                });
            return elements;
        },
        patience());
    const auto error = [&] { return Line(make_loop_element({Codec::h264}, library)).error(); };
    missing = true;
    CHECK(error().find("gstreamer1.0-plugins-ugly") != std::string::npos);
    missing = false;
    elements = "videotestsrc num-buffers=20 ! identity error-after=3 ! appsink name=out wait-on-eos=false";
    CHECK(error().find("the encoder failed") != std::string::npos);
    elements = "videotestsrc num-buffers=9 ! appsink name=out wait-on-eos=false";
    CHECK(error().find("made 9 units") != std::string::npos);
    elements = "videotestsrc ! nosuchelement";
    CHECK(error().find("nosuchelement") != std::string::npos);
    elements = *describe_encoding({Codec::h264}, everything);
    CHECK(Line(make_loop_element({Codec::h264}, library)).next());

    Library hasty([](const Spec&) { return std::string("videotestsrc ! appsink name=out max-buffers=1"); },
                  1ms);
    CHECK(Line(make_loop_element({Codec::h264}, hasty)).error().find("longer than 1 ms") !=
          std::string::npos);
}
