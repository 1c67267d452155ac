#include "cmaf_file.hpp"

#include <rill/media/cmaf.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <stdexcept>

namespace rill::test {

using namespace std::chrono_literals;

std::string h264_pipeline(const std::string& settings, const std::string& source, const std::string& raw) {
    return fmt::format(
        "videotestsrc num-buffers=70 pattern=ball {} ! "
        "video/x-raw,format=I420,width=320,height=180,framerate=25/1{} ! "
        "x264enc key-int-max=25 {} ! h264parse ! video/x-h264,stream-format=avc,alignment=au",
        source, raw, settings);
}
std::string h265_pipeline(const std::string& settings) {
    return fmt::format(
        "videotestsrc num-buffers=70 pattern=ball ! "
        "video/x-raw,format=I420,width=320,height=180,framerate=25/1 ! "
        "x265enc key-int-max=25 log-level=error {} ! h265parse ! "
        "video/x-h265,stream-format=hvc1,alignment=au",
        settings);
}
std::string mjpeg_pipeline() {
    return "videotestsrc num-buffers=70 pattern=ball ! "
           "video/x-raw,format=I420,width=320,height=180,framerate=25/1 ! jpegenc";
}
std::string aac_pipeline(int rate) {
    return fmt::format(
        "audiotestsrc num-buffers=130 samplesperbuffer=1024 ! audio/x-raw,rate={},channels=2 ! avenc_aac ! "
        "aacparse ! "
        "audio/mpeg,mpegversion=4,stream-format=raw",
        rate);
}
std::string opus_pipeline() {
    return "audiotestsrc num-buffers=140 samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=2 ! opusenc "
           "! "
           "opusparse";
}

std::string g711_pipeline(const std::string& encoder) {
    return fmt::format(
        "audiotestsrc num-buffers=100 samplesperbuffer=160 wave=pink-noise ! "
        "audio/x-raw,rate=8000,channels=1 ! {}",
        encoder);
}

namespace {

void append(std::vector<std::uint8_t>& file, const Ref<GBytes>& bytes) {
    gsize size = 0;
    const auto* data = static_cast<const std::uint8_t*>(g_bytes_get_data(bytes.get(), &size));
    file.insert(file.end(), data, data + size);
}

/// The units of a stream whose dts is in [from, to).
std::span<const UnitPtr> units_between(const EncodedStream& stream, Nanoseconds from, Nanoseconds to) {
    const auto before = [](const UnitPtr& unit, Nanoseconds time) { return unit->dts < time; };
    const auto first = std::lower_bound(stream.units.begin(), stream.units.end(), from, before);
    const auto last = std::lower_bound(first, stream.units.end(), to, before);
    return {first, last};
}

}  // namespace

std::vector<std::uint8_t> cmaf_file(const std::vector<EncodedStream>& streams, Nanoseconds epoch) {
    std::vector<std::shared_ptr<const Format>> formats;
    Nanoseconds start = Nanoseconds::max();
    Nanoseconds end = Nanoseconds::min();
    for (const EncodedStream& stream : streams) {
        formats.push_back(stream.format);
        start = std::min(start, stream.units.front()->dts);
        end = std::max(end, stream.end);
    }
    auto writer = cmaf::Writer::create(formats, epoch);
    if (!writer) throw std::runtime_error(writer.error().message);

    std::vector<std::uint8_t> bytes;
    append(bytes, writer->init_segment());
    constexpr Nanoseconds part = 200ms;
    for (Nanoseconds from = start; from < end; from += part) {
        std::vector<cmaf::Run> runs;
        for (std::size_t track = 0; track < streams.size(); ++track) {
            const EncodedStream& stream = streams[track];
            const auto units = units_between(stream, from, from + part);
            if (units.empty()) continue;
            const bool last = units.data() + units.size() == stream.units.data() + stream.units.size();
            runs.push_back({track, units, last ? stream.end : units.data()[units.size()]->dts});
        }
        for (const Ref<GBytes>& chunk : writer->fragment(runs))
            append(bytes, chunk);
    }
    return bytes;
}

void write_cmaf(const TemporaryFile& file, const std::vector<EncodedStream>& streams, Nanoseconds epoch) {
    file.write(cmaf_file(streams, epoch));
}

}  // namespace rill::test
