// What is encoded, from the URL to the pixels.
#include "await.hpp"
#include "catch.hpp"
#include "library.hpp"
#include "testing.hpp"

#include <fmt/format.h>
#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>

#include <algorithm>
#include <cstdlib>

using namespace rill;
using namespace rill::test;
using namespace rill::slate;
using namespace rill::slate::testing;

namespace {

ContentPtr content_of(const Spec& spec) {
    const auto content = Library::instance().get(spec, false);
    REQUIRE(content);
    return *content;
}

/// Two rounds of the content, decoded.
std::vector<std::vector<std::uint8_t>> decode(const Content& content, const char* raw) {
    Owned<GError> error;
    const auto pipeline = Ref<GstElement>::sink(gst_parse_launch(
        fmt::format("appsrc name=in format=time ! decodebin ! {} ! appsink name=out sync=false", raw).c_str(),
        out(error)));
    REQUIRE_FALSE(error);
    const auto in = Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), "in"));
    const auto sink = Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), "out"));
    g_object_set(in.get(), "caps", content.caps.get(), nullptr);
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    for (std::size_t i = 0; i < 2 * content.units.size(); ++i) {
        GstBuffer* buffer = gst_buffer_copy(content.units[i % content.units.size()].get());
        GST_BUFFER_PTS(buffer) = i * GST_SECOND / 5;
        gst_app_src_push_buffer(GST_APP_SRC(in.get()), buffer);
    }
    gst_app_src_end_of_stream(GST_APP_SRC(in.get()));
    std::vector<std::vector<std::uint8_t>> decoded;
    while (const auto sample = Ref<GstSample>::adopt(
               gst_app_sink_try_pull_sample(GST_APP_SINK(sink.get()), patience().count() * GST_SECOND))) {
        const MappedBuffer mapped(gst_sample_get_buffer(sample.get()));
        decoded.emplace_back(mapped.bytes().begin(), mapped.bytes().end());
    }
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
    return decoded;
}

}  // namespace

TEST_CASE("tracks of URLs") {
    using Specs = std::vector<Spec>;
    CHECK(*parse_specs("slate:h264") == Specs{{Codec::h264}});
    CHECK(*parse_specs("slate://h264") == Specs{{Codec::h264}});
    CHECK(*parse_specs("slate:h265,opus") == Specs{{Codec::h265}, {Codec::opus, 48000, 2}});
    CHECK(*parse_specs("slate:aac/22050/1,h264") == Specs{{Codec::aac, 22050, 1}, {Codec::h264}});
    CHECK(*parse_specs("slate:pcmu/8000/1") == Specs{{Codec::pcmu, 8000, 1}});
    CHECK(*parse_specs("slate:pcma/48000/2") == Specs{{Codec::pcma, 48000, 2}});
}

TEST_CASE("what is wrong with a URL is said") {
    for (const std::string rest : {"",
                                   ",",
                                   "h264,",
                                   ",h264",
                                   "h264,,opus",
                                   "H264",
                                   " h264",
                                   "///h264",
                                   "/h264",
                                   "//",
                                   "vp8",
                                   "h264/1",
                                   "opus/48000/2",
                                   "aac",
                                   "aac/48000",
                                   "aac/48000/",
                                   "aac//2",
                                   "aac/48000/2/1",
                                   "aac/48000/3",
                                   "aac/48000/0",
                                   "aac/47999/2",
                                   "aac/16000/2",
                                   "aac/192000/2",
                                   "aac/+48000/2",
                                   "aac/48000x/2",
                                   "aac/99999999999/2",
                                   "pcmu",
                                   "pcmu/7999/1",
                                   "pcmu/48001/1",
                                   "pcma/8000/-1",
                                   "h264,h265",
                                   "h264,h264",
                                   "opus,aac/48000/2",
                                   "h264,opus,pcmu/8000/1",
                                   "h264\n",
                                   "h264?x=1"}) {
        INFO(rest);
        const auto specs = parse_specs("slate:" + rest);
        REQUIRE_FALSE(specs);
        CHECK(specs.error().code == Code::invalid_config);
        CHECK(specs.error().message.starts_with("source slate: "));
    }
    CHECK(parse_specs("slate:vp8").error().message.find("h264, h265, opus, aac/RATE") != std::string::npos);
    CHECK(parse_specs("slate:" + std::string(1000, 'x')).error().message.size() < 100);
}

TEST_CASE("the encoder depends on what is installed") {
    const auto without = [](const std::vector<std::string>& missing) {
        return [missing](const char* factory) {
            return std::find(missing.begin(), missing.end(), factory) == missing.end();
        };
    };
    const auto has = [](const Result<std::string>& text, std::string_view part) {
        return text && text->find(part) != std::string::npos;
    };
    CHECK(has(describe_encoding({Codec::h264}, everything), "x264enc"));
    CHECK(has(describe_encoding({Codec::h264}, without({"x264enc"})), "openh264enc"));
    CHECK(has(describe_encoding({Codec::h264}, everything), "offline"));
    CHECK_FALSE(has(describe_encoding({Codec::h264}, without({"textoverlay"})), "offline"));
    CHECK(has(describe_encoding({Codec::aac, 48000, 2}, without({"fdkaacenc", "voaacenc"})), "avenc_aac"));
    struct Row {
        Spec spec;
        std::vector<std::string> missing;
        std::string package;
    };
    for (const Row& row :
         {Row{{Codec::h264}, {"x264enc", "openh264enc"}, "gstreamer1.0-plugins-ugly"},
          Row{{Codec::h265}, {"x265enc"}, "gstreamer1.0-plugins-bad"},
          Row{{Codec::opus, 48000, 2}, {"opusenc"}, "gstreamer1.0-plugins-base"},
          Row{{Codec::aac, 48000, 2}, {"fdkaacenc", "voaacenc", "avenc_aac"}, "gstreamer1.0-libav"},
          Row{{Codec::pcmu, 8000, 1}, {"mulawenc"}, "gstreamer1.0-plugins-good"},
          Row{{Codec::pcma, 8000, 1}, {"alawenc"}, "gstreamer1.0-plugins-good"},
          Row{{Codec::h264}, {"videotestsrc"}, "gstreamer1.0-plugins-base"}}) {
        const auto none = describe_encoding(row.spec, without(row.missing));
        REQUIRE_FALSE(none);
        CHECK(none.error().code == Code::unavailable);
        CHECK(none.error().message.find(row.package) != std::string::npos);
    }
}

TEST_CASE("every encoder that is installed makes units that can be repeated") {
    const auto installed = [](const char* factory) {
        return static_cast<bool>(Ref<GstElementFactory>::adopt(gst_element_factory_find(factory)));
    };
    for (const char* only : {"x264enc", "openh264enc", "fdkaacenc", "voaacenc", "avenc_aac"}) {
        if (!installed(only)) continue;
        INFO(only);
        const bool is_video = std::string_view(only).find("264") != std::string_view::npos;
        const Spec spec = is_video ? Spec{Codec::h264} : Spec{Codec::aac, 48000, 2};
        Library library(
            [only](const Spec& wanted) {
                return describe_encoding(wanted, [only](const char* factory) {
                    const std::string_view name(factory);
                    const bool is_encoder = name.ends_with("enc") || name.ends_with("_aac");
                    return !is_encoder || name == only;
                });
            },
            patience());
        const auto content = library.get(spec, false);
        INFO((content ? "" : content.error().message));
        REQUIRE(content);
        CHECK((*content)->units.size() == 5);
        if (!is_video) continue;
        CHECK(is_whole_keyframe(Codec::h264, (*content)->units[0].get()));
        std::size_t bytes = 0;
        for (const auto& unit : (*content)->units)
            bytes += gst_buffer_get_size(unit.get());
        CHECK(bytes < 25'000);
    }
}

TEST_CASE("the caps say all") {
    const auto is = [](const Spec& spec, const char* text) {
        const auto wanted = Ref<GstCaps>::adopt(gst_caps_from_string(text));
        const Owned<char> had(gst_caps_to_string(content_of(spec)->caps.get()));
        INFO(had.get());
        CHECK(gst_caps_is_subset(content_of(spec)->caps.get(), wanted.get()));
    };
    is({Codec::h264},
       "video/x-h264,stream-format=byte-stream,alignment=au,profile=constrained-baseline,"
       "level=(string)3.1,width=1280,height=720,framerate=5/1");
    is({Codec::h265},
       "video/x-h265,stream-format=byte-stream,alignment=au,profile=main,"
       "level=(string)3.1,width=1280,height=720,framerate=5/1");
    is({Codec::opus, 48000, 2}, "audio/x-opus,rate=48000,channels=2,channel-mapping-family=0");
    is({Codec::aac, 44100, 1},
       "audio/mpeg,mpegversion=4,stream-format=raw,rate=44100,channels=1,codec_data=(buffer)1208");
    is({Codec::pcmu, 8000, 1}, "audio/x-mulaw,rate=8000,channels=1");
    is({Codec::pcma, 11025, 2}, "audio/x-alaw,rate=11025,channels=2");
}

TEST_CASE("the picture is dark, with white letters in the middle, and does not move") {
    constexpr int width = 1280;
    constexpr int height = 720;
    for (const Codec codec : {Codec::h264, Codec::h265}) {
        INFO(to_string(codec));
        const auto pictures = decode(*content_of({codec}), "videoconvert ! video/x-raw,format=GRAY8");
        REQUIRE(pictures.size() == 10);
        const auto& picture = pictures[0];
        REQUIRE(picture.size() == std::size_t{width} * height);
        int left = width, right = 0, top = height, bottom = 0, bright = 0, grey = 0;
        for (int y = 0; y < height; ++y) {
            for (int x = 0; x < width; ++x) {
                const int pixel = picture[static_cast<std::size_t>(y) * width + static_cast<std::size_t>(x)];
                if (pixel > 40) ++grey;
                if (pixel < 160) continue;
                ++bright;
                left = std::min(left, x), right = std::max(right, x);
                top = std::min(top, y), bottom = std::max(bottom, y);
            }
        }
        CHECK(bright > 1000);
        CHECK(grey < width * height / 50);
        CHECK(std::abs((left + right) / 2 - width / 2) < 10);
        CHECK(std::abs((top + bottom) / 2 - height / 2) < 10);
        for (const auto& other : pictures) {
            int worst = 0;
            for (std::size_t i = 0; i < picture.size(); ++i)
                worst = std::max(worst, std::abs(int{other[i]} - int{picture[i]}));
            CHECK(worst <= 12);
        }
    }
}

TEST_CASE("the sound is silence") {
    for (const Spec& spec : every_track) {
        if (kind_of(spec.codec) == Kind::video) continue;
        INFO(to_string(spec.codec) << " " << spec.sample_rate);
        const auto packets = decode(*content_of(spec), "audioconvert ! audio/x-raw,format=S16LE");
        std::size_t samples = 0;
        int loudest = 0;
        for (const auto& packet : packets) {
            samples += packet.size() / 2;
            for (std::size_t i = 0; i + 1 < packet.size(); i += 2)
                loudest =
                    std::max(loudest, std::abs(static_cast<std::int16_t>(packet[i] | packet[i + 1] << 8)));
        }
        CHECK(samples >= std::size_t{8} * static_cast<unsigned>(pace_of(spec).ticks) *
                             static_cast<unsigned>(spec.channels));
        // A-law has no zero (ITU-T G.711 table 1a).
        CHECK(loudest <= 8);
    }
}
