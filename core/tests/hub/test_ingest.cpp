// What cameras send, through their payload formats into units.
#include "catch.hpp"
#include "encoded_stream.hpp"
#include "source_run.hpp"

#include <gst/app/gstappsrc.h>

#include <algorithm>

using namespace rill;
using namespace rill::test;
using namespace std::chrono_literals;

namespace {

using Seen = SourceRun::Seen;

/// A bin of gst-launch's with one pad.
class BinSource final : public Source {
  public:
    explicit BinSource(std::string description) : description_(std::move(description)) {}
    Result<Ref<GstElement>> build() override {
        return Ref<GstElement>::sink(gst_parse_bin_from_description(description_.c_str(), TRUE, nullptr));
    }

  private:
    std::string description_;
};

std::vector<UnitPtr> units_of(const std::string& description, std::size_t count) {
    SourceRun run(std::make_unique<BinSource>(description));
    run.start();
    const bool came = run.wait_for([count](const Seen& seen) { return seen.units.size() >= count; });
    run.stop();
    INFO(description);
    REQUIRE(came);
    std::vector<UnitPtr> units;
    for (const auto& arrival : run.seen().units)
        units.push_back(arrival.unit);
    return units;
}

/// Buffers as they are given, 40 ms of picture each.
class PushedSource final : public Source {
  public:
    Result<Ref<GstElement>> build() override {
        auto bin = Ref<GstElement>::sink(gst_parse_bin_from_description(
            "appsrc name=pushed is-live=true format=time ! capsfilter caps=image/jpeg", TRUE, nullptr));
        appsrc_ = Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(bin.get()), "pushed"));
        return bin;
    }
    void push(const Ref<GstBuffer>& buffer) {
        GstBuffer* const stamped = gst_buffer_copy(buffer.get());
        GST_BUFFER_PTS(stamped) = time_;
        GST_BUFFER_FLAG_UNSET(stamped, GST_BUFFER_FLAG_DISCONT);
        time_ += 40 * GST_MSECOND;
        gst_app_src_push_buffer(GST_APP_SRC(appsrc_.get()), stamped);
    }

  private:
    Ref<GstElement> appsrc_;
    GstClockTime time_ = 0;
};

Ref<GstBuffer> jpeg(const std::string& size) {
    return encode("videotestsrc num-buffers=1 ! video/x-raw," + size + " ! jpegenc").units.front()->buffer;
}

Ref<GstBuffer> no_jpeg() {
    return Ref<GstBuffer>::adopt(gst_buffer_new_memdup("\xFF\xD8\xFF", 3));
}

}  // namespace

TEST_CASE("Motion JPEG over RTP: each unit is a picture that stands alone, with its size and time") {
    const auto units = units_of(
        "videotestsrc is-live=true ! video/x-raw,width=160,height=120,framerate=25/1,format=I420 "
        "! jpegenc ! rtpjpegpay mtu=600 ! rtpjpegdepay",
        6);
    for (std::size_t i = 0; i < units.size(); ++i) {
        const AccessUnit& unit = *units[i];
        CHECK(unit.format->codec == Codec::mjpeg);
        CHECK(unit.format->width == 160);
        CHECK(unit.format->height == 120);
        CHECK(unit.format->frame_rate == 25);
        CHECK(unit.format->codec_string == "mp4v.6C");
        CHECK(unit.keyframe);
        CHECK_FALSE(unit.disposable);
        CHECK(unit.duration == 40ms);
        CHECK(unit.pts == unit.dts);
        if (i > 0) CHECK(std::chrono::abs(unit.pts - units[i - 1]->pts - 40ms) < 1ms);
    }
}

TEST_CASE("Motion JPEG: the size follows the pictures, and what is none is left out") {
    auto made = std::make_unique<PushedSource>();
    PushedSource& source = *made;
    SourceRun run(std::move(made));
    const auto come = [&run](std::size_t count) {
        return run.wait_for([count](const Seen& seen) { return seen.units.size() >= count; });
    };
    run.start();
    source.push(no_jpeg());
    source.push(jpeg("width=64,height=48"));
    REQUIRE(come(1));
    source.push(jpeg("width=64,height=48"));
    REQUIRE(come(2));
    source.push(no_jpeg());
    source.push(jpeg("width=32,height=16"));
    REQUIRE(come(3));
    run.stop();
    const auto units = run.seen().of(Kind::video);
    REQUIRE(units.size() == 3);
    CHECK(units[0]->format->width == 64);
    CHECK(units[1]->format == units[0]->format);
    CHECK_FALSE(units[1]->discontinuity);
    CHECK(units[2]->format->width == 32);
    CHECK(units[2]->format->height == 16);
    CHECK(units[2]->discontinuity);
    CHECK(units[2]->pts - units[1]->pts == 80ms);
}

TEST_CASE("sound that is samples: one form, whatever the payload format") {
    struct Row {
        std::string pipeline;
        Codec codec;
        int rate, channels;
        std::size_t bytes_per_second;
    };
    const auto sound = [](int rate, int channels, const std::string& payload) {
        return fmt::format(
            "audiotestsrc is-live=true samplesperbuffer={} ! "
            "audio/x-raw,rate={},channels={} ! audioconvert ! {}",
            rate / 50, rate, channels, payload);
    };
    const std::vector<Row> rows{
        {sound(48'000, 2, "rtpL16pay ! rtpL16depay"), Codec::lpcm, 48'000, 2, 192'000},
        {sound(44'100, 1, "rtpL24pay ! rtpL24depay"), Codec::lpcm, 44'100, 1, 88'200},
        {sound(8'000, 1, "rtpL8pay ! rtpL8depay"), Codec::lpcm, 8'000, 1, 16'000},
        {sound(16'000, 6, "rtpL16pay ! rtpL16depay"), Codec::lpcm, 16'000, 2, 64'000},
        {sound(16'000, 1, "avenc_g722 ! rtpg722pay ! rtpg722depay"), Codec::g722, 16'000, 1, 8'000},
    };
    for (const Row& row : rows) {
        const auto units = units_of(row.pipeline, 8);
        INFO(row.pipeline);
        const Format& format = *units.front()->format;
        CHECK(format.codec == row.codec);
        CHECK(format.sample_rate == row.rate);
        CHECK(format.channels == row.channels);
        CHECK(format.codec_string.empty());
        for (std::size_t i = 1; i < units.size(); ++i) {
            const std::size_t bytes = gst_buffer_get_size(units[i - 1]->buffer.get());
            const Nanoseconds lasts(static_cast<std::int64_t>(bytes * GST_SECOND / row.bytes_per_second));
            CHECK(std::chrono::abs(units[i - 1]->duration - lasts) < 1us);
            CHECK(std::chrono::abs(units[i]->pts - units[i - 1]->pts - lasts) < 1ms);
            CHECK(units[i]->keyframe);
        }
    }
}

TEST_CASE("L16 of RTP passes as it is") {
    const auto units = units_of(
        "audiotestsrc is-live=true samplesperbuffer=160 wave=square ! "
        "audio/x-raw,rate=8000,channels=1,format=S16BE "
        "! rtpL16pay ! rtpL16depay",
        1);
    const MappedBuffer mapped(units.front()->buffer.get());
    REQUIRE(mapped.bytes().size() == 320);
    // audiotestsrc's square has 0.8 of the full scale, dithered; its two bytes exchanged would be far off.
    const int sample = std::abs(static_cast<std::int16_t>(mapped.bytes()[0] << 8 | mapped.bytes()[1]));
    CHECK(sample >= 26'212);
    CHECK(sample <= 26'217);
}
