// What a preview of a 1080p recording costs: preview-bench [PICTURE.jpg]. The file is in the page cache, HTTP
// is left out.
#include "cmaf_file.hpp"
#include "desk.hpp"
#include "measure.hpp"
#include "memory_archive.hpp"

#include <rill/pipeline.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <future>
#include <stdexcept>

using namespace rill;
using namespace rill::preview;
using SteadyClock = std::chrono::steady_clock;

namespace {

constexpr int seconds = 20;
constexpr std::int64_t second_us = 1'000'000;

/// A moving picture full of detail, with a keyframe each second.
test::EncodedStream pictures(const std::string& encoder) {
    return test::encode(
        fmt::format("videotestsrc num-buffers={} pattern=zone-plate kx2=8 ky2=5 kt=3 ! "
                    "video/x-raw,format=I420,width=1920,height=1080,framerate=2/1 ! {}",
                    2 * seconds, encoder));
}

/// With pictures that may take longer than they should: they are measured.
std::unique_ptr<Desk> make_desk(Archive& archive) {
    constexpr std::chrono::seconds patience{30};
    const auto make = [patience](Loop& loop) { return std::make_unique<Decoder>(loop, patience); };
    return std::make_unique<Desk>(archive, 32 << 20, make, patience);
}

Picture ask(Desk& desk, std::int64_t time_us) {
    std::promise<Outcome> promise;
    desk.ask({.wanted = {.path = "cam1", .time_us = time_us, .width = 160, .relative = false},
              .done = [&](Outcome outcome) { promise.set_value(std::move(outcome)); }});
    const auto outcome = promise.get_future().get();
    if (!outcome.picture) throw std::runtime_error(outcome.picture.error().message);
    return *outcome.picture;
}

/// Milliseconds until the picture of a second is there.
double time_of(Desk& desk, int second) {
    const auto start = SteadyClock::now();
    ask(desk, second * second_us + second_us / 2);
    return std::chrono::duration<double, std::milli>(SteadyClock::now() - start).count();
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

void measure(Archive& archive, const std::string& name) {
    std::vector<double> first;
    std::vector<double> warm;
    std::vector<double> cached;
    const double before = bench::resident();
    double most = 0;
    for (int round = 0; round < 5; ++round) {
        const auto desk = make_desk(archive);
        first.push_back(time_of(*desk, 0));
        for (int second = 1; second < seconds; ++second)
            warm.push_back(time_of(*desk, second));
        most = std::max(most, bench::resident() - before);
        for (int second = 0; second < seconds; ++second)
            cached.push_back(time_of(*desk, second));
    }
    fmt::print(
        "{}: first of the process {:.1f} ms, of a pipeline {:.1f} ms, warm {:.1f} ms (worst {:.1f}), "
        "cached {:.2f} ms, {:.1f} MB with the pipeline\n",
        name, first.front(), median({first.begin() + 1, first.end()}), median(warm),
        *std::ranges::max_element(warm), median(cached), most);
}

void run(const std::string& name, const std::string& encoder, const char* picture) {
    const test::TemporaryFile file;
    const auto video = pictures(encoder);
    test::write_cmaf(file, {video}, video.units.front()->dts);
    std::size_t keyframe = 0;
    for (const auto& unit : video.units) {
        if (unit->keyframe) keyframe = std::max(keyframe, gst_buffer_get_size(unit->buffer.get()));
    }
    test::MemoryArchive archive;
    archive.add("cam1", file.path(), 0, 1);
    measure(archive, fmt::format("{}, keyframes of {} kB", name, keyframe / 1000));
    if (picture == nullptr) return;
    const auto desk = make_desk(archive);
    const auto shown = ask(*desk, 10 * second_us + second_us / 2);
    gsize size = 0;
    const auto* data = static_cast<const char*>(g_bytes_get_data(shown.jpeg.get(), &size));
    std::ofstream(picture, std::ios::binary).write(data, static_cast<std::streamsize>(size));
    fmt::print("{}: {} bytes\n", picture, size);
}

}  // namespace

int main(int count, char** arguments) {
    gst_init(&count, &arguments);
    run("H.264",
        "x264enc speed-preset=veryfast key-int-max=2 bitrate=4000 ! h264parse ! "
        "video/x-h264,stream-format=avc,alignment=au",
        count > 1 ? arguments[1] : nullptr);
    run("H.265",
        "x265enc speed-preset=ultrafast key-int-max=2 bitrate=4000 log-level=error ! h265parse ! "
        "video/x-h265,stream-format=hvc1,alignment=au",
        nullptr);
    Pipeline::wait_for_disposals(std::chrono::seconds(10));
}
