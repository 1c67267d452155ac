#include "testing.hpp"

#include "catch.hpp"
#include "playlist.hpp"

#include <rill/media/formats.hpp>
#include <rill/pipeline.hpp>

#include <gst/app/gstappsink.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

namespace rill::hls::testing {

std::vector<UnitPtr> encode(const std::string& description) {
    Loop loop("encode");
    std::vector<UnitPtr> units;
    Owned<GError> error;
    auto bin = Ref<GstElement>::sink(gst_parse_bin_from_description(description.c_str(), FALSE, out(error)));
    INFO(description << (error ? error->message : ""));
    REQUIRE(!error);
    const auto sink = Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(bin.get()), "out"));
    g_object_set(sink.get(), "sync", FALSE, nullptr);
    Pipeline pipeline("encode", loop, [](GstMessage*) {});
    pipeline.add(bin);
    REQUIRE(pipeline.play());
    std::shared_ptr<const Format> format;
    std::optional<Nanoseconds> zero;
    while (true) {
        const auto sample =
            Ref<GstSample>::adopt(gst_app_sink_try_pull_sample(GST_APP_SINK(sink.get()), 20 * GST_SECOND));
        if (!sample) break;
        if (!format) {
            auto parsed = format_from_caps(gst_sample_get_caps(sample.get()));
            REQUIRE(parsed);
            format = std::make_shared<const Format>(std::move(*parsed));
        }
        GstBuffer* buffer = gst_sample_get_buffer(sample.get());
        auto unit = std::make_shared<AccessUnit>();
        unit->format = format;
        unit->buffer = Ref<GstBuffer>::retain(buffer);
        unit->pts = Nanoseconds(GST_BUFFER_PTS(buffer));
        unit->dts = GST_BUFFER_DTS_IS_VALID(buffer) ? Nanoseconds(GST_BUFFER_DTS(buffer)) : unit->pts;
        if (!zero) zero = unit->dts;
        unit->pts += seconds(100) - *zero;
        unit->dts += seconds(100) - *zero;
        if (GST_BUFFER_DURATION_IS_VALID(buffer)) unit->duration = Nanoseconds(GST_BUFFER_DURATION(buffer));
        unit->utc_us = 1'700'000'000'000'000 + unit->pts.count() / 1000;
        unit->keyframe = !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
        unit->sequence = units.size() + 1;
        units.push_back(std::move(unit));
    }
    REQUIRE(!units.empty());
    return units;
}

namespace {

std::shared_ptr<const Format> format_of(const std::string& pipeline) {
    static std::map<std::string, std::shared_ptr<const Format>> made;
    auto& format = made[pipeline];
    if (!format) format = encode(pipeline + " ! appsink name=out").front()->format;
    return format;
}

}  // namespace

std::shared_ptr<const Format> h264(int width, int height) {
    return format_of(
        fmt::format("videotestsrc num-buffers=2 ! video/x-raw,width={},height={},framerate=25/1 ! "
                    "x264enc tune=zerolatency ! h264parse ! "
                    "video/x-h264,stream-format=avc,alignment=au",
                    width, height));
}

std::shared_ptr<const Format> h265() {
    return format_of(
        "videotestsrc num-buffers=2 ! video/x-raw,width=320,height=240,framerate=25/1 ! "
        "x265enc speed-preset=ultrafast tune=zerolatency ! h265parse ! "
        "video/x-h265,stream-format=hvc1,alignment=au");
}

std::shared_ptr<const Format> aac() {
    return format_of(
        "audiotestsrc num-buffers=10 ! audio/x-raw,rate=48000,channels=2 ! avenc_aac ! aacparse ! "
        "audio/mpeg,stream-format=raw");
}

std::shared_ptr<const Format> g711() {
    Format format;
    format.kind = Kind::audio;
    format.codec = Codec::pcmu;
    format.sample_rate = 8000;
    format.channels = 1;
    return std::make_shared<const Format>(std::move(format));
}

std::shared_ptr<const Format> opus() {
    return format_of("audiotestsrc num-buffers=10 ! audio/x-raw,rate=48000,channels=2 ! opusenc");
}

UnitPtr Camera::next() {
    auto unit = std::make_shared<AccessUnit>();
    unit->format = format;
    const bool picture = format->kind == Kind::video;
    unit->keyframe = !picture || since_keyframe == 0;
    unit->dts = unit->pts = now;
    unit->utc_us = utc_offset_us + now.count() / 1000;
    unit->sequence = ++sequence;
    unit->discontinuity = lost;
    unit->buffer = Ref<GstBuffer>::adopt(gst_buffer_new_allocate(nullptr, size, nullptr));
    gst_buffer_memset(unit->buffer.get(), 0, 0, size);
    if (picture) {
        // One slice: length, type.
        const auto payload = static_cast<std::uint32_t>(size - 4);
        const bool hevc = format->codec == Codec::h265;
        const int type = hevc ? (unit->keyframe ? 19 : 1) << 1 : (unit->keyframe ? 0x65 : 0x41);
        const std::array<std::uint8_t, 6> head = {
            static_cast<std::uint8_t>(payload >> 24), static_cast<std::uint8_t>(payload >> 16),
            static_cast<std::uint8_t>(payload >> 8),  static_cast<std::uint8_t>(payload),
            static_cast<std::uint8_t>(type),          1};
        gst_buffer_fill(unit->buffer.get(), 0, head.data(), head.size());
    }
    lost = false;
    now += step;
    if (++since_keyframe >= gop) since_keyframe = 0;
    return unit;
}

void Camera::outage(Nanoseconds time) {
    now += time;
    since_keyframe = 0;
    lost = true;
}

Rig::Rig(Wishes wanted, std::size_t size, unsigned gap_count)
    : wishes(wanted), max_size(size), gaps(gap_count) {}

void Rig::push(const UnitPtr& unit) {
    if (segmenter) {
        segmenter->push(unit);
        if (window->version() != judged && window->content() > Nanoseconds(0)) judge.see(playlist());
        judged = window->version();
        return;
    }
    early.push_back(unit);
    if (!can_plan(wishes, early)) return;
    plan = make_plan(wishes, early, known_interval);
    window.emplace(WindowRules{plan->target_duration, wishes.parts ? plan->part_target : Nanoseconds(0), 7,
                               7 * max_size, gaps});
    segmenter.emplace(
        Segmenter::Settings{*plan, wishes.segment_duration, max_size, [this] { ++keyframes_wanted; }},
        *window, Log("test"));
    segmenter->set_sound(sound_format);
    for (const UnitPtr& each : early)
        segmenter->push(each);
}

void Rig::push_sound(const UnitPtr& unit) {
    if (segmenter) segmenter->push_sound(unit);
}

void Rig::run(Camera& picture, Nanoseconds time, Camera* sound) {
    const Nanoseconds end = picture.now + time;
    while (picture.now < end) {
        while (sound != nullptr && sound->now <= picture.now)
            push_sound(sound->next());
        push(picture.next());
    }
}

std::string Rig::playlist() const {
    return media_playlist(*window, Names{"test", "mp4"}, false, "");
}

std::optional<std::string> decode_with_ffmpeg(const cmaf::Chunks& bytes, const std::string& extension) {
    if (std::system("ffmpeg -version >/dev/null 2>&1") != 0) return std::nullopt;
    std::string directory = (std::filesystem::temp_directory_path() / "rill-hls-XXXXXX").string();
    REQUIRE(g_mkdtemp(directory.data()) != nullptr);
    const std::string file = directory + "/stream." + extension;
    {
        std::ofstream stream(file, std::ios::binary);
        for (const Ref<GBytes>& chunk : bytes) {
            gsize size = 0;
            const auto* data = static_cast<const char*>(g_bytes_get_data(chunk.get(), &size));
            stream.write(data, static_cast<std::streamsize>(size));
        }
    }
    const std::string command =
        fmt::format("ffmpeg -nostdin -hide_banner -v warning -xerror -i {} -f null - 2>&1 </dev/null", file);
    std::string complaints;
    FILE* pipe = popen(command.c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::array<char, 512> buffer{};
    while (std::fgets(buffer.data(), buffer.size(), pipe) != nullptr)
        complaints += buffer.data();
    const int status = pclose(pipe);
    std::filesystem::remove_all(directory);
    if (status != 0) complaints += fmt::format("exit status {}", status);
    return complaints;
}

}  // namespace rill::hls::testing
