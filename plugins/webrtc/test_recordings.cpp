#include "test_recordings.hpp"

#include "parameter_set_builder.hpp"
#include "test_host.hpp"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace rill::webrtc::test {

namespace {

using namespace std::chrono_literals;

constexpr std::int64_t ten_us = 1'767'866'400'000'000;
constexpr Nanoseconds picture_time = 40ms;
constexpr int pictures_a_part = 25;

/// As x264 and x265 describe 320x180.
std::shared_ptr<const Format> picture_format(Codec codec) {
    auto format = std::make_shared<Format>();
    format->codec = codec;
    format->width = 320;
    format->height = 180;
    format->codec_string = codec == Codec::h264 ? "avc1.42c015" : "hvc1.1.6.L60.90";
    format->config = rill::test::from_hex(
        codec == Codec::h264
            ? "0142c015ffe1001d6742c015d901419f9f016a0c0c0d4a000003000200000300651e2c5c9001000468cb8cb2"
            : "0101600000009000000000003ff000fcfdf8f800000f03200001001840010c01ffff01600000030090000003000003"
              "003f"
              "959809210001003242010101600000030090000003000003003fa00a080b9f796566924cafff000100016a0c0c0c08"
              "0000"
              "03000800000300c84022000100074401c172b46240");
    return format;
}

void put(std::vector<std::uint8_t>& file, const cmaf::Chunks& chunks) {
    for (const Ref<GBytes>& chunk : chunks) {
        gsize size = 0;
        const auto* data = static_cast<const std::uint8_t*>(g_bytes_get_data(chunk.get(), &size));
        file.insert(file.end(), data, data + size);
    }
}

/// Of the n-th picture in the order of decoding: each P is followed by the B that is shown before it.
UnitPtr picture(const Take& take, const std::shared_ptr<const Format>& format, int number) {
    const bool keyframe = number % take.keyframe_every == 0;
    auto unit = std::make_shared<AccessUnit>(*make_unit(format, static_cast<std::uint64_t>(number) + 1,
                                                        take.pictures_after + number * picture_time, keyframe,
                                                        take.picture_bytes));
    if (!take.reordered || keyframe) return unit;
    const int place = number % take.keyframe_every % 2;
    unit->disposable = place == 0;
    unit->pts += place == 0 ? -picture_time : picture_time;
    return unit;
}

std::vector<UnitPtr> sound(const std::shared_ptr<const Format>& format, Nanoseconds from, Nanoseconds to) {
    std::vector<UnitPtr> units;
    for (Nanoseconds at = from; at < to; at += 20ms) {
        auto unit = std::make_shared<AccessUnit>();
        unit->format = format;
        unit->dts = unit->pts = at;
        unit->keyframe = true;
        const std::vector<std::uint8_t> silence(160, 0xFF);
        unit->buffer = Ref<GstBuffer>::adopt(gst_buffer_new_memdup(silence.data(), silence.size()));
        units.push_back(std::move(unit));
    }
    return units;
}

/// At the end of the file; the result is how many bytes that were.
std::size_t append_to(const std::string& path, const cmaf::Chunks& chunks) {
    std::vector<std::uint8_t> bytes;
    put(bytes, chunks);
    std::ofstream file(path, std::ios::binary | std::ios::app);
    file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (!file.flush()) throw std::runtime_error("cannot write " + path);
    return bytes.size();
}

}  // namespace

std::shared_ptr<const Format> sound_format() {
    auto format = std::make_shared<Format>();
    format->kind = Kind::audio;
    format->codec = Codec::pcmu;
    format->sample_rate = 8000;
    format->channels = 1;
    return format;
}

std::int64_t at_us(double seconds) {
    return ten_us + std::llround(seconds * 1e6);
}

std::int64_t Recordings::add(double start, Take take) {
    std::vector<std::shared_ptr<const Format>> formats{picture_format(take.codec)};
    if (take.sound) formats.push_back(sound_format());
    auto writer = cmaf::Writer::create(formats, Nanoseconds(0));
    if (!writer) throw std::runtime_error(writer.error().message);
    auto file = std::make_unique<File>(take, *std::move(writer));
    RecordedSegment segment;
    segment.file = file->file.path();
    segment.time = {at_us(start), at_us(start)};
    segment.bytes = append_to(file->file.path(), {file->writer.init_segment()});
    segment.init_bytes = static_cast<std::uint32_t>(segment.bytes);
    segment.codecs = formats.front()->codec_string + (take.sound ? ",ulaw" : "");
    segment.open = true;
    const std::int64_t id = archive_.add("cam1", segment);
    files_.emplace(id, std::move(file));
    grow(id, take.parts);
    if (!take.open) archive_.finish(id);
    return id;
}

void Recordings::grow(std::int64_t id, int parts) {
    for (int part = 0; part < parts; ++part)
        append(id, *files_.at(id));
}

void Recordings::append(std::int64_t id, File& file) {
    const int first = file.parts++ * pictures_a_part;
    std::vector<UnitPtr> pictures;
    for (int number = first; number < first + pictures_a_part; ++number)
        pictures.push_back(picture(file.take, file.writer.tracks().front(), number));
    const Nanoseconds start = first * picture_time;
    const Nanoseconds end = start + pictures_a_part * picture_time;
    std::vector<cmaf::Run> runs{{0, pictures, file.take.pictures_after + end}};
    std::vector<UnitPtr> packets;
    if (file.take.sound) {
        packets = sound(file.writer.tracks().back(), start, end);
        runs.push_back({1, packets, end});
    }
    const RecordedSegment segment = archive_.segment(id);
    RecordedPart part;
    part.offset = segment.bytes;
    part.keyframe = pictures.front()->keyframe;
    part.bytes = static_cast<std::uint32_t>(append_to(file.file.path(), file.writer.fragment(runs)));
    part.time = {segment.time.start_us + start / 1us, segment.time.start_us + end / 1us};
    archive_.append(id, part);
}

void Recordings::erase(std::int64_t id) {
    archive_.forget(id);
    files_.erase(id);
}

void Recordings::truncate(std::int64_t id, std::size_t part) {
    const RecordedPart cut = archive_.parts(id).at(part);
    std::filesystem::resize_file(files_.at(id)->file.path(), cut.offset + cut.bytes / 2);
}

void Recordings::damage(std::int64_t id, std::size_t part) {
    std::fstream file(files_.at(id)->file.path(), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(archive_.parts(id).at(part).offset));
    file << std::string(64, '\xEE');
    if (!file.flush()) throw std::runtime_error("cannot damage a file");
}

}  // namespace rill::webrtc::test
