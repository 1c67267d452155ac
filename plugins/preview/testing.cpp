#include "testing.hpp"

#include "await.hpp"
#include "controller.hpp"

#include <rill/clock.hpp>

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <map>
#include <stdexcept>

namespace rill::preview::testing {
namespace {

constexpr int frames = 75;

struct Recipe {
    int width = 320, height = 180;
    int frames_per_colour = 25;
    std::string parser_settings = "";
    std::string encoder = "";
};

const std::string avc = " ! h264parse ! video/x-h264,stream-format=avc,alignment=au";

Recipe recipe_of(const std::string& name) {
    const std::string h264 = "x264enc key-int-max=25 bframes=0" + avc;
    if (name == "h264") return {.encoder = "x264enc key-int-max=25 bframes=2 b-adapt=false" + avc};
    if (name == "h265")
        return {.encoder =
                    "x265enc key-int-max=25 log-level=error option-string=bframes=0 ! h265parse ! "
                    "video/x-h265,stream-format=hvc1,alignment=au"};
    if (name == "short") return {.frames_per_colour = 8, .encoder = "x264enc key-int-max=8 bframes=0" + avc};
    if (name == "sparse")
        return {.frames_per_colour = frames, .encoder = "x264enc key-int-max=1000 bframes=0" + avc};
    if (name == "wide") return {.parser_settings = "pixel-aspect-ratio=2/1", .encoder = h264};
    if (name == "hd") return {.width = 1280, .height = 720, .encoder = h264};
    throw std::runtime_error("no stream is called " + name);
}

std::uint8_t byte(double value) {
    return static_cast<std::uint8_t>(std::lround(value));
}

/// One picture of a colour, I420 in narrow range: BT.709 from 720 lines on, else BT.601.
void append_frame(std::vector<std::uint8_t>& out, const Recipe& recipe, const Colour& colour) {
    const bool hd = recipe.height >= 720;
    const double kr = hd ? 0.2126 : 0.299;
    const double kb = hd ? 0.0722 : 0.114;
    const double luma = (kr * colour.red + (1 - kr - kb) * colour.green + kb * colour.blue) / 255;
    const double u = (colour.blue / 255.0 - luma) / (2 * (1 - kb));
    const double v = (colour.red / 255.0 - luma) / (2 * (1 - kr));
    const auto pixels = static_cast<std::size_t>(recipe.width) * static_cast<std::size_t>(recipe.height);
    out.insert(out.end(), pixels, byte(16 + 219 * luma));
    out.insert(out.end(), pixels / 4, byte(128 + 224 * u));
    out.insert(out.end(), pixels / 4, byte(128 + 224 * v));
}

EncodedStream make(const std::string& name) {
    const Recipe recipe = recipe_of(name);
    std::vector<std::uint8_t> raw;
    for (int i = 0; i < frames; ++i)
        append_frame(raw, recipe, colour_of(static_cast<std::size_t>(i / recipe.frames_per_colour)));
    const TemporaryFile file;
    file.write(raw);
    return test::encode(fmt::format(
        "filesrc location={} ! rawvideoparse format=i420 width={} height={} framerate=25/1 {} ! {}",
        file.path(), recipe.width, recipe.height, recipe.parser_settings, recipe.encoder));
}

std::vector<EncodedStream> streams_of(const std::string& name) {
    if (name == "sound") return {test::encode(test::g711_pipeline("mulawenc"))};
    return {stream(name)};
}

}  // namespace

std::int64_t at_us(double seconds) {
    return ten_us + std::llround(seconds * 1e6);
}

std::string at(double seconds) {
    return rfc3339_us(at_us(seconds));
}

Colour colour_of(std::size_t change) {
    constexpr auto colours = std::to_array<Colour>(
        {{230, 30, 30}, {30, 200, 40}, {40, 60, 220}, {240, 240, 240}, {10, 10, 10}, {220, 200, 40}});
    return colours[change % colours.size()];
}

const EncodedStream& stream(const std::string& name) {
    static std::map<std::string, EncodedStream> streams;
    const auto found = streams.find(name);
    return found != streams.end() ? found->second : streams.emplace(name, make(name)).first->second;
}

std::vector<std::uint8_t> recorded_bytes(const std::string& name) {
    const auto streams = streams_of(name);
    return test::cmaf_file(streams, streams.front().units.front()->dts);
}

const TemporaryFile& recording(const std::string& name) {
    static std::map<std::string, TemporaryFile> files;
    const auto [file, is_new] = files.try_emplace(name);
    if (is_new) file->second.write(recorded_bytes(name));
    return file->second;
}

const Module& patient_module() {
    static const auto controllers = [] {
        std::array<ControllerFactory, 1> factories{rill_module()->controllers.front()};
        factories[0].create = [](const Options& values) -> Result<std::unique_ptr<Controller>> {
            return std::make_unique<PreviewController>(
                values, Patience{.disk = test::patience(), .decoder = test::patience()});
        };
        return factories;
    }();
    static const Module module{.name = "preview", .version = "test", .controllers = controllers};
    return module;
}

std::int64_t PreviewSite::add(const std::string& name, double seconds, std::int64_t chain) {
    return recordings().add("cam1", recording(name).path(), at_us(seconds), chain);
}

http::test::Reply PreviewSite::preview(const std::string& time, std::string_view more) {
    return get(fmt::format("/api/v1/streams/cam1/preview.jpg?time={}{}", time, more));
}

}  // namespace rill::preview::testing
