#include "recorded_bytes.hpp"

#include "catch.hpp"

#include <rill/media/cmaf.hpp>

#include <fstream>
#include <iterator>

namespace rill::record::testing {

using namespace std::chrono_literals;

namespace {

constexpr int packets = 50;
constexpr Nanoseconds packet_time = 20ms;

std::string text_of(GBytes* bytes) {
    gsize size = 0;
    const auto* data = static_cast<const char*>(g_bytes_get_data(bytes, &size));
    return {data, size};
}

std::vector<UnitPtr> one_second(const std::shared_ptr<const Format>& format, int second) {
    std::vector<UnitPtr> units;
    for (int i = 0; i < packets; ++i) {
        auto unit = std::make_shared<AccessUnit>();
        unit->format = format;
        unit->buffer = Ref<GstBuffer>::adopt(gst_buffer_new_allocate(nullptr, 160, nullptr));
        gst_buffer_memset(unit->buffer.get(), 0, static_cast<guint8>(second), 160);
        unit->dts = unit->pts = (second * packets + i) * packet_time;
        unit->duration = packet_time;
        unit->keyframe = true;
        units.push_back(std::move(unit));
    }
    return units;
}

}  // namespace

Format sound(const std::string& codec) {
    Format format;
    format.kind = Kind::audio;
    format.codec = codec == "opus" ? Codec::opus : codec == "ulaw" ? Codec::pcmu : Codec::pcma;
    format.sample_rate = codec == "opus" ? 48000 : 8000;
    format.channels = 1;
    if (codec == "opus") format.codec_string = "opus";
    return format;
}

std::string RecordedBytes::whole() const {
    std::string bytes = init;
    for (const std::string& part : parts)
        bytes += part;
    return bytes;
}

RecordedBytes recorded(const std::vector<Format>& formats, int parts) {
    std::vector<std::shared_ptr<const Format>> tracks;
    tracks.reserve(formats.size());
    for (const Format& format : formats)
        tracks.push_back(std::make_shared<const Format>(format));
    auto writer = cmaf::Writer::create(tracks, 0ns);
    REQUIRE(writer);
    RecordedBytes file;
    file.init = text_of(writer->init_segment().get());
    for (int second = 0; second < parts; ++second) {
        std::vector<std::vector<UnitPtr>> units;
        units.reserve(tracks.size());
        for (const auto& track : tracks)
            units.push_back(one_second(track, second));
        std::vector<cmaf::Run> runs;
        for (std::size_t i = 0; i < units.size(); ++i)
            runs.push_back({i, units[i], (second + 1) * packets * packet_time});
        std::string part;
        for (const Ref<GBytes>& chunk : writer->fragment(runs))
            part += text_of(chunk.get());
        file.parts.push_back(part);
    }
    return file;
}

void write_file(const std::filesystem::path& file, const std::string& bytes) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

std::string read_file(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

}  // namespace rill::record::testing
