// What an hour of recording costs to answer: playback-bench [HOURS]. Files of ten seconds, which are one file
// by many names; the disk is whatever TMPDIR is on, and warm.
#include "cmaf_file.hpp"
#include "joined_source.hpp"
#include "measure.hpp"
#include "memory_archive.hpp"

#include <fmt/format.h>

#include <chrono>
#include <future>

using namespace rill;
using namespace rill::playback;
using SteadyClock = std::chrono::steady_clock;

namespace {

constexpr std::int64_t second_us = 1'000'000;

double milliseconds_since(SteadyClock::time_point start) {
    return std::chrono::duration<double, std::milli>(SteadyClock::now() - start).count();
}

test::EncodedStream pictures() {
    return test::encode(
        "videotestsrc num-buffers=250 pattern=ball ! "
        "video/x-raw,format=I420,width=640,height=360,framerate=25/1 ! "
        "x264enc key-int-max=25 bitrate=2000 pass=cbr ! h264parse ! "
        "video/x-h264,stream-format=avc,alignment=au");
}

test::EncodedStream sound() {
    return test::encode(
        "audiotestsrc num-buffers=469 samplesperbuffer=1024 ! "
        "audio/x-raw,rate=48000,channels=2 ! avenc_aac ! aacparse ! "
        "audio/mpeg,mpegversion=4,stream-format=raw");
}

http::BodySource::Piece read(http::BodySource& source, std::uint64_t offset) {
    std::promise<Result<http::BodySource::Piece>> promise;
    source.read(offset, 256 << 10, [&](auto piece) { promise.set_value(std::move(piece)); });
    return *promise.get_future().get();
}

void measure(Archive& archive, std::int64_t hours, bool progressive) {
    const double before = bench::resident();
    const auto start = SteadyClock::now();
    std::promise<Planned> promise;
    make_plan(archive, {"cam1", {0, hours * 3600 * second_us}, progressive},
              [&](Planned planned) { promise.set_value(std::move(planned)); });
    const Planned planned = promise.get_future().get();
    JoinedSource source(archive, *planned.plan);
    std::uint64_t offset = 0;
    double most = 0;
    double first = 0;
    constexpr int pieces_a_sample = 16;
    for (int piece = 0; offset < *source.size(); ++piece) {
        for (const auto& bytes : read(source, offset))
            offset += g_bytes_get_size(bytes.get());
        if (first == 0) first = milliseconds_since(start);
        if (piece % pieces_a_sample == 0) most = std::max(most, bench::resident() - before);
    }
    fmt::print(
        "{} {} h: first byte {:.1f} ms, {:.0f} MB, head {} kB, {:.0f} ms in all, {:.1f} MB of memory\n",
        progressive ? "mp4 " : "fmp4", hours, first, static_cast<double>(offset) / 1e6,
        g_bytes_get_size((*planned.plan)->head.get()) / 1000, milliseconds_since(start),
        std::max(most, bench::resident() - before));
}

}  // namespace

int main(int count, char** arguments) {
    gst_init(&count, &arguments);
    const std::int64_t hours = count > 1 ? std::stoll(arguments[1]) : 1;
    const test::TemporaryFile file;
    const auto video = pictures();
    test::write_cmaf(file, {video, sound()}, video.units.front()->dts);
    const std::filesystem::path folder = file.path() + ".d";
    std::filesystem::create_directory(folder);
    {
        test::MemoryArchive archive;
        const auto first = archive.add("cam1", file.path(), 0, 1);
        for (std::int64_t i = 1; i < hours * 360; ++i) {
            const auto name = folder / std::to_string(i);
            std::filesystem::create_hard_link(file.path(), name);
            archive.add_again("cam1", first, name, i * 10 * second_us, 1);
        }
        measure(archive, hours, false);
        measure(archive, hours, true);
    }
    std::filesystem::remove_all(folder);
}
