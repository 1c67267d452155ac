#include "testing.hpp"

#include "catch.hpp"

#include <rill/clock.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <stdexcept>

namespace rill::playback::testing {
namespace {

EncodedStream make(const std::string& name) {
    if (name == "h264") return test::encode(test::h264_pipeline("bframes=2 b-adapt=false"));
    if (name == "h265") return test::encode(test::h265_pipeline(""));
    if (name == "aac") return test::encode(test::aac_pipeline(48000));
    if (name == "pcmu") return test::encode(test::g711_pipeline("mulawenc"));
    if (name == "long") {
        return test::encode(
            "videotestsrc num-buffers=250 pattern=smpte ! "
            "video/x-raw,format=I420,width=320,height=180,framerate=25/1 ! x264enc speed-preset=ultrafast "
            "key-int-max=25 "
            "bframes=2 b-adapt=false ! h264parse ! video/x-h264,stream-format=avc,alignment=au");
    }
    if (name != "large") throw std::runtime_error("no stream is called " + name);
    return test::encode(
        "videotestsrc num-buffers=70 pattern=smpte ! "
        "video/x-raw,format=I420,width=480,height=270,framerate=25/1 ! "
        "x264enc key-int-max=25 bframes=0 ! h264parse ! video/x-h264,stream-format=avc,alignment=au");
}

std::string run(const std::string& command) {
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen((command + " 2>&1").c_str(), "r"), pclose);
    std::string output;
    std::array<char, 4096> buffer{};
    while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe.get()))
        output.append(buffer.data(), count);
    return output;
}

}  // namespace

std::int64_t at_us(double seconds) {
    return ten_us + std::llround(seconds * 1e6);
}

std::string at(double seconds) {
    return rfc3339_us(at_us(seconds));
}

const EncodedStream& stream(const std::string& name) {
    static std::map<std::string, EncodedStream> streams;
    const auto found = streams.find(name);
    return found != streams.end() ? found->second : streams.emplace(name, make(name)).first->second;
}

const TemporaryFile& recording(const std::vector<std::string>& names) {
    static std::map<std::vector<std::string>, TemporaryFile> files;
    const auto [file, is_new] = files.try_emplace(names);
    if (!is_new) return file->second;
    std::vector<EncodedStream> streams;
    Nanoseconds epoch = Nanoseconds::max();
    for (const std::string& name : names) {
        streams.push_back(stream(name));
        epoch = std::min(epoch, streams.back().units.front()->dts);
    }
    test::write_cmaf(file->second, streams, epoch);
    return file->second;
}

double seconds_of(const std::vector<std::string>& names) {
    const auto stored = test::read_segment(recording(names).path(), 0, 1);
    return static_cast<double>(stored.segment.time.end_us) / 1e6;
}

Site::Site() : ControllerSite(*rill_module()) {}

std::int64_t Site::add(const std::vector<std::string>& streams, double seconds, std::int64_t chain) {
    return recordings().add("cam1", recording(streams).path(), at_us(seconds), chain);
}

std::string get_url(double start, double duration, std::string_view more) {
    return fmt::format("/get?path=cam1&start={}&duration={}{}", at(start), duration, more);
}

std::unique_ptr<TemporaryFile> saved(const Reply& reply) {
    auto file = std::make_unique<TemporaryFile>();
    file->write({reply.body.begin(), reply.body.end()});
    return file;
}

int decoded_frames(const TemporaryFile& file, const std::string& stream) {
    return std::stoi("0" + run(fmt::format("ffprobe -v error -count_frames -select_streams {} -show_entries "
                                           "stream=nb_read_frames -of csv=p=0 {}",
                                           stream, file.path())));
}

std::string decode_complaints(const TemporaryFile& file) {
    return run(fmt::format(
        "ffmpeg -v error -xerror -nostdin -i {} -map 0 -fps_mode passthrough -enc_time_base -1 -f null -",
        file.path()));
}

double duration_of(const TemporaryFile& file) {
    return std::stod(
        run(fmt::format("ffprobe -v error -show_entries format=duration -of csv=p=0 {}", file.path())));
}

}  // namespace rill::playback::testing
