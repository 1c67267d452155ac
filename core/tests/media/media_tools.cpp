#include "media_tools.hpp"

#include <rill/media/access_unit.hpp>
#include <rill/ref.hpp>

#include <fmt/format.h>
#include <glib/gstdio.h>
#include <gst/app/gstappsink.h>

#include <sstream>
#include <stdexcept>

namespace rill::test {

TemporaryFile::TemporaryFile() {
    Owned<GError> error;
    Owned<char> name;
    const int descriptor = g_file_open_tmp("rill-XXXXXX.mp4", out(name), out(error));
    if (descriptor < 0) throw std::runtime_error(error->message);
    g_close(descriptor, nullptr);
    path_ = name.get();
}

TemporaryFile::~TemporaryFile() {
    g_unlink(path_.c_str());
}

void TemporaryFile::write(const std::vector<std::uint8_t>& bytes) const {
    Owned<GError> error;
    g_file_set_contents(path_.c_str(), reinterpret_cast<const char*>(bytes.data()),
                        static_cast<gssize>(bytes.size()), out(error));
    if (error) throw std::runtime_error(error->message);
}

namespace {

struct Output {
    std::string standard, errors;
};

Output run(std::vector<std::string> command) {
    std::vector<char*> arguments;
    arguments.reserve(command.size() + 1);
    for (std::string& word : command)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    Owned<GError> error;
    Owned<char> standard;
    Owned<char> errors;
    int status = 0;
    g_spawn_sync(nullptr, arguments.data(), nullptr, G_SPAWN_SEARCH_PATH, nullptr, nullptr, out(standard),
                 out(errors), &status, out(error));
    if (error) throw std::runtime_error(error->message);
    Output output{standard.get(), errors.get()};
    if (!g_spawn_check_wait_status(status, nullptr)) output.errors += fmt::format("{} failed", command[0]);
    return output;
}

/// The lines of ffprobe, which must have nothing to complain about.
std::istringstream probe(const std::string& path, int stream, const std::string& what,
                         const std::string& format) {
    const Output output = run({"ffprobe", "-v", "error", "-select_streams", std::to_string(stream),
                               "-show_entries", what, "-of", format, path});
    if (!output.errors.empty()) throw std::runtime_error(output.errors);
    return std::istringstream(output.standard);
}

}  // namespace

std::vector<Packet> probe_packets(const std::string& path, int stream) {
    std::istringstream lines = probe(path, stream, "packet=pts,dts,duration,size,flags", "csv=p=0");
    std::vector<Packet> packets;
    for (std::string line; std::getline(lines, line);) {
        if (line.empty()) continue;
        std::istringstream fields(line);
        Packet packet;
        char comma = 0;
        std::string duration;
        std::string flags;
        fields >> packet.pts >> comma >> packet.dts >> comma;
        std::getline(fields, duration, ',');
        fields >> packet.size >> comma >> flags;
        if (!fields) throw std::runtime_error("ffprobe: " + line);
        if (duration != "N/A") packet.duration = std::stoll(duration);
        packet.keyframe = flags.find('K') != std::string::npos;
        packets.push_back(packet);
    }
    return packets;
}

std::map<std::string, std::string> probe_stream(const std::string& path, int stream,
                                                const std::string& entries) {
    std::istringstream lines = probe(path, stream, "stream=" + entries, "default=nw=1");
    std::map<std::string, std::string> values;
    for (std::string line; std::getline(lines, line);) {
        const std::size_t equals = line.find('=');
        if (equals != std::string::npos) values[line.substr(0, equals)] = line.substr(equals + 1);
    }
    return values;
}

std::string decode_errors(const std::string& path) {
    return run({"ffmpeg", "-v", "error", "-xerror", "-nostdin", "-i", path, "-f", "null", "-"}).errors;
}

std::vector<std::uint8_t> decoded_sound(std::vector<std::string> input) {
    const TemporaryFile decoded;
    std::vector<std::string> command{"ffmpeg", "-v", "error", "-nostdin", "-y"};
    command.insert(command.end(), input.begin(), input.end());
    command.insert(command.end(), {"-vn", "-f", "s16le", "-c:a", "pcm_s16le", decoded.path()});
    const Output output = run(command);
    if (!output.errors.empty()) throw std::runtime_error(output.errors);
    Owned<GError> error;
    Owned<char> contents;
    gsize size = 0;
    g_file_get_contents(decoded.path().c_str(), out(contents), &size, out(error));
    if (error) throw std::runtime_error(error->message);
    return {contents.get(), contents.get() + size};
}

namespace {

/// Calls `each` with every buffer of a track of a file, after the elements of `then`.
template <class Each>
void demux(const std::string& path, const std::string& track, std::string_view then, const Each& each) {
    Owned<GError> error;
    const std::string description =
        fmt::format("filesrc location={} ! qtdemux name=demux demux.{} ! {} ! appsink name=out sync=false",
                    path, track, then);
    const auto pipeline = Ref<GstElement>::sink(gst_parse_launch(description.c_str(), out(error)));
    if (error) throw std::runtime_error(error->message);
    const auto sink = Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), "out"));
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    while (const auto sample = Ref<GstSample>::adopt(
               gst_app_sink_try_pull_sample(GST_APP_SINK(sink.get()), 30 * GST_SECOND))) {
        each(gst_sample_get_buffer(sample.get()));
    }
    const bool ended = gst_app_sink_is_eos(GST_APP_SINK(sink.get())) != FALSE;
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
    if (!ended) throw std::runtime_error("qtdemux did not come to the end of " + path);
}

}  // namespace

std::vector<std::uint64_t> qtdemux_frames(const std::string& path, const std::string& track) {
    std::vector<std::uint64_t> frames;
    demux(path, track, "decodebin", [&](GstBuffer* buffer) { frames.push_back(GST_BUFFER_PTS(buffer)); });
    return frames;
}

std::vector<std::uint8_t> qtdemux_bytes(const std::string& path, const std::string& track) {
    std::vector<std::uint8_t> bytes;
    demux(path, track, "identity", [&](GstBuffer* buffer) {
        const MappedBuffer mapped(buffer);
        bytes.insert(bytes.end(), mapped.bytes().begin(), mapped.bytes().end());
    });
    return bytes;
}

}  // namespace rill::test
