// Files that GStreamer muxes: whole, cut anywhere between parts, and found again.
#include "cutter.hpp"
#include "encoded_stream.hpp"
#include "media_tools.hpp"
#include "mux_writer.hpp"
#include "recorded_bytes.hpp"
#include "scanned_file.hpp"
#include "segment_file.hpp"
#include "testing.hpp"

#include <rill/pipeline.hpp>

#include <future>
#include <mutex>
#include <numeric>

using namespace rill;
using namespace rill::record;
using namespace rill::record::testing;
using namespace rill::test;
using namespace std::chrono_literals;

namespace {

/// Ten seconds, 25 pictures a second, a keyframe each second.
const EncodedStream& picture(bool is_h265 = false) {
    const auto make = [](const char* encoder, const char* caps) {
        return encode(
            fmt::format("videotestsrc num-buffers=250 ! video/x-raw,width=320,height=240,framerate=25/1 "
                        "! {} tune=zerolatency key-int-max=25 ! {}",
                        encoder, caps),
            100s);
    };
    static const auto h264 = make("x264enc", "h264parse ! video/x-h264,stream-format=avc,alignment=au");
    if (!is_h265) return h264;
    static const auto h265 = make("x265enc", "h265parse ! video/x-h265,stream-format=hvc1,alignment=au");
    return h265;
}

const EncodedStream& sound(Codec codec = Codec::aac) {
    const auto make = [](const char* encoder) {
        return encode(
            fmt::format(
                "audiotestsrc num-buffers=500 samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=2"
                " ! audioconvert ! audioresample ! {}",
                encoder),
            100s);
    };
    static const auto aac = make("avenc_aac ! aacparse ! audio/mpeg,mpegversion=4,stream-format=raw");
    static const auto opus = make("opusenc ! opusparse ! audio/x-opus");
    static const auto ulaw = make("audio/x-raw,rate=8000,channels=1 ! mulawenc ! audio/x-mulaw");
    return codec == Codec::aac ? aac : codec == Codec::opus ? opus : ulaw;
}

/// What came to the archive.
class Files final : public ArchiveWriter {
  public:
    struct File {
        NewSegment segment;
        std::string init;
        std::vector<std::string> bytes;  ///< of each part
        std::vector<NewPart> parts;

        std::string whole(std::size_t count = SIZE_MAX) const {
            std::string all = init;
            for (std::size_t i = 0; i < std::min(count, bytes.size()); ++i)
                all += bytes[i];
            return all;
        }
        std::int64_t duration_us() const {
            return std::accumulate(
                parts.begin(), parts.end(), std::int64_t{0},
                [](std::int64_t sum, const NewPart& part) { return sum + part.duration_us; });
        }
    };
    std::vector<File> files;

    void begin(NewSegment segment) override {
        File file;
        file.init = text_of(segment.init);
        file.segment = std::move(segment);
        files.push_back(std::move(file));
    }
    void append(NewPart part) override {
        std::string text;
        for (const auto& chunk : part.bytes)
            text += text_of(chunk);
        files.back().bytes.push_back(std::move(text));
        files.back().parts.push_back(std::move(part));
    }

  private:
    static std::string text_of(const Ref<GBytes>& bytes) {
        gsize size = 0;
        const auto* data = static_cast<const char*>(g_bytes_get_data(bytes.get(), &size));
        return {data, size};
    }
};

/// A camera whose streams a test can interrupt.
struct Rig {
    Files archive;
    Folder folder;
    Container container;
    std::vector<EncodedStream> streams;
    std::function<bool(std::size_t track, Nanoseconds since_start)> sends = [](auto, auto) { return true; };
    Nanoseconds segment_duration = 4s;
    std::vector<Error> errors;

    Rig(Container kind, std::vector<EncodedStream> tracks) : container(kind), streams(std::move(tracks)) {}

    void record() {
        Loop loop("path");
        std::promise<void> done;
        loop.post([&] {
            feed(loop);
            done.set_value();
        });
        done.get_future().wait();
        REQUIRE(Pipeline::wait_for_disposals(10s));
    }

    /// The name of a file with the first `parts` of one that was recorded.
    std::string saved(std::size_t file, std::size_t parts = SIZE_MAX) const {
        const auto extension = container == Container::mpegts ? "ts" : "mkv";
        const auto name =
            folder.path() / fmt::format("{}-{}.{}", file, std::min<std::size_t>(parts, 999), extension);
        write_file(name, archive.files.at(file).whole(parts));
        return name;
    }

    void assert_plays(std::size_t file, std::size_t frames) const {
        const std::string name = saved(file);
        INFO(name);
        CHECK(decode_errors(name).empty());
        const auto packets = probe_packets(name, 0);
        CHECK(packets.size() == frames);
        REQUIRE_FALSE(packets.empty());
        CHECK(packets.front().keyframe);
    }

  private:
    void feed(Loop& loop) {
        MuxWriter writer({container, 500ms}, archive, loop, Log("test"),
                         [this](Error error) { errors.push_back(std::move(error)); });
        std::vector<std::shared_ptr<const Format>> formats;
        for (const auto& stream : streams)
            formats.push_back(stream.format);
        Cutter cutter({500ms, segment_duration, 50'000'000}, formats, writer,
                      [this](const Error& error) { errors.push_back(error); });
        std::vector<std::size_t> next(streams.size());
        while (true) {
            std::size_t first = streams.size();
            for (std::size_t track = 0; track < streams.size(); ++track) {
                if (next[track] == streams[track].units.size()) continue;
                const auto at = streams[track].units[next[track]]->dts;
                if (first == streams.size() || at < streams[first].units[next[first]]->dts) first = track;
            }
            if (first == streams.size()) break;
            auto unit = std::make_shared<AccessUnit>(*streams[first].units[next[first]++]);
            unit->utc_us = morning + unit->pts / 1us;
            if (!sends(first, unit->dts - 100s)) continue;
            cutter.push(first, std::move(unit));
            cutter.cut();
        }
        cutter.flush();
    }
};

Container any_container() {
    return GENERATE(Container::mpegts, Container::matroska);
}

std::filesystem::path folder_file(const Folder& folder, Container container) {
    return folder.path() / (container == Container::mpegts ? "file.ts" : "file.mkv");
}

}  // namespace

TEST_CASE("muxed files follow each other without a gap, and each plays") {
    const Container container = any_container();
    const bool is_h265 = GENERATE(false, true);
    INFO(to_string(container) << (is_h265 ? " H.265" : " H.264"));
    Rig rig(container, {picture(is_h265), sound()});
    rig.record();
    CHECK(rig.errors.empty());
    REQUIRE(rig.archive.files.size() == 3);
    std::int64_t end_us = rig.archive.files.front().segment.start_us;
    for (std::size_t at = 0; at < 3; ++at) {
        const auto& file = rig.archive.files[at];
        INFO("file " << at);
        CHECK(file.segment.container == container);
        CHECK(file.segment.continues == (at > 0));
        CHECK(file.segment.formats.size() == 2);
        CHECK(std::abs(file.segment.start_us - end_us) < 1000);
        end_us = file.segment.start_us + file.duration_us();
        CHECK(file.parts.size() >= 3);
        CHECK(file.parts.front().keyframe);
        rig.assert_plays(at, at < 2 ? 100 : 50);
        CHECK(probe_packets(rig.saved(at), 1).size() > 80);
    }
    CHECK(std::abs(end_us - rig.archive.files.front().segment.start_us - 10 * second) < second / 10);
}

TEST_CASE("a muxed file plays up to any of its parts, and is found to be as long") {
    const Container container = any_container();
    INFO(to_string(container));
    Rig rig(container, {picture(), sound()});
    rig.segment_duration = 20s;
    rig.record();
    REQUIRE(rig.archive.files.size() == 1);
    const auto& file = rig.archive.files.front();
    REQUIRE(file.parts.size() >= 8);
    std::int64_t duration_us = 0;
    for (std::size_t count = 1; count <= file.parts.size(); ++count) {
        duration_us += file.parts[count - 1].duration_us;
        if (count % 3 != 1) continue;
        INFO(count << " parts");
        const std::string name = rig.saved(0, count);
        CHECK(decode_errors(name).empty());
        const auto scanned = scan_recording(name, false);
        REQUIRE(scanned);
        CHECK(scanned->torn.empty());
        CHECK(scanned->codecs == picture().format->codec_string + ",mp4a.40.2");
        CHECK(scanned->whole_bytes == scanned->bytes);
        CHECK(scanned->init_bytes == file.init.size());
        CHECK(std::abs(scanned->duration_us - duration_us) < 150'000);
        const auto bytes =
            std::accumulate(scanned->parts.begin(), scanned->parts.end(), std::uint64_t{0},
                            [](std::uint64_t sum, const Part& part) { return sum + part.bytes; });
        CHECK(bytes + scanned->init_bytes == scanned->bytes);
    }
}

TEST_CASE("all that a container can hold is in it") {
    const Codec codec = GENERATE(Codec::opus, Codec::pcmu);
    const Container container = any_container();
    INFO(to_string(codec) << " in " << to_string(container));
    Rig rig(container, {picture(true), sound(codec)});
    rig.segment_duration = 20s;
    rig.record();
    const bool possible = codec != Codec::pcmu || container == Container::matroska;
    CHECK(rig.errors.empty() == possible);
    REQUIRE(rig.archive.files.size() == 1);
    CHECK(rig.archive.files.front().segment.formats.size() == (possible ? 2 : 1));
    rig.assert_plays(0, 250);
    const auto scanned = scan_recording(rig.saved(0), false);
    REQUIRE(scanned);
    CHECK(scanned->codecs == picture(true).format->codec_string + (!possible              ? ""
                                                                   : codec == Codec::opus ? ",opus"
                                                                                          : ",ulaw"));
}

TEST_CASE("Motion JPEG and LPCM: Matroska has them, MPEG-TS is refused") {
    const auto pictures = encode(
        "videotestsrc num-buffers=100 ! video/x-raw,width=320,height=240,framerate=25/1,format=I420 ! "
        "jpegenc",
        100s);
    const auto samples = encode(
        "audiotestsrc num-buffers=200 samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=2,format=S16BE",
        100s);
    Rig matroska(Container::matroska, {pictures, samples});
    matroska.segment_duration = 20s;
    matroska.record();
    CHECK(matroska.errors.empty());
    REQUIRE(matroska.archive.files.size() == 1);
    matroska.assert_plays(0, 100);
    CHECK(probe_stream(matroska.saved(0), 0, "codec_name").at("codec_name") == "mjpeg");
    CHECK(probe_stream(matroska.saved(0), 1, "codec_name").at("codec_name") == "pcm_s16be");
    const auto scanned = scan_recording(matroska.saved(0), false);
    REQUIRE(scanned);
    CHECK(scanned->codecs == "mp4v.6C,lpcm");

    Rig mpegts(Container::mpegts, {pictures, samples});
    mpegts.record();
    CHECK(mpegts.archive.files.empty());
    REQUIRE_FALSE(mpegts.errors.empty());
    CHECK(mpegts.errors.front().message == "MPEG-TS has no M-JPEG; recordFormat fmp4 and mkv have it");
}

TEST_CASE("sound alone is muxed, too") {
    const Container container = any_container();
    INFO(to_string(container));
    Rig rig(container, {sound()});
    rig.record();
    CHECK(rig.errors.empty());
    REQUIRE_FALSE(rig.archive.files.empty());
    for (std::size_t at = 0; at < rig.archive.files.size(); ++at)
        CHECK(decode_errors(rig.saved(at)).empty());
}

TEST_CASE("silent sound holds up no muxer, and is in the next file when it comes back") {
    const Container container = any_container();
    INFO(to_string(container));
    Rig rig(container, {picture(), sound()});
    rig.segment_duration = 20s;
    rig.sends = [](std::size_t track, Nanoseconds at) { return track == 0 || at < 2s || at > 7s; };
    rig.record();
    CHECK(rig.errors.empty());
    REQUIRE(rig.archive.files.size() == 2);
    std::size_t frames = 0;
    for (std::size_t at = 0; at < 2; ++at) {
        CHECK(decode_errors(rig.saved(at)).empty());
        frames += probe_packets(rig.saved(at), 0).size();
        CHECK_FALSE(probe_packets(rig.saved(at), 1).empty());
    }
    CHECK(frames == 250);
    CHECK(rig.archive.files[1].segment.continues);
}

TEST_CASE("a hole begins a muxed file that does not continue the one before") {
    const Container container = any_container();
    INFO(to_string(container));
    Rig rig(container, {picture(), sound()});
    rig.segment_duration = 20s;
    rig.sends = [](std::size_t, Nanoseconds at) { return at < 3s || at >= 6s; };
    rig.record();
    REQUIRE(rig.archive.files.size() == 2);
    CHECK_FALSE(rig.archive.files[1].segment.continues);
    rig.assert_plays(0, 75);
    rig.assert_plays(1, 100);
}

TEST_CASE("what a kill has left of a muxed file plays, and is cut off") {
    const Container container = any_container();
    INFO(to_string(container));
    Rig rig(container, {picture(), sound()});
    rig.segment_duration = 20s;
    rig.record();
    const auto& file = rig.archive.files.at(0);
    // As the disk's thread leaves it: the next part is there and does not count yet.
    std::string torn = file.bytes.at(3);
    const bool is_hidden = container == Container::matroska;
    if (is_hidden) {
        const std::uint64_t size = torn.size() - 9;
        torn[0] = '\xEC';
        torn[1] = '\x01';
        for (int i = 0; i < 7; ++i)
            torn[2 + i] = static_cast<char>(size >> (8 * (6 - i)));
    }
    const std::size_t cut = GENERATE(100, 5000);
    const auto name = folder_file(rig.folder, container);
    torn.replace(cut, torn.size() - cut, is_hidden ? torn.size() - cut : 0, '\0');
    write_file(name, file.whole(3) + torn);
    if (is_hidden) {
        CHECK(decode_errors(name).empty());
        CHECK(probe_packets(name, 0).size() == probe_packets(rig.saved(0, 3), 0).size());
    }
    const auto scanned = scan_recording(name, true);
    REQUIRE(scanned);
    CHECK_FALSE(scanned->torn.empty());
    if (is_hidden) CHECK(read_file(name) == file.whole(3));
    if (!is_hidden) CHECK(read_file(name).size() % 188 == 0);
}

TEST_CASE("what is no file of a muxer is refused") {
    const Container container = any_container();
    const Folder folder;
    const auto name = folder_file(folder, container);
    for (const std::string& bytes : {std::string(), std::string(10, '\0'), std::string(100'000, '\0'),
                                     std::string(100'000, 'G'), std::string("\x1A\x45\xDF\xA3"),
                                     std::string("\x1A\x45\xDF\xA3\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF")}) {
        write_file(name, bytes);
        const auto scanned = scan_recording(name, false);
        CHECK((!scanned || scanned->parts.empty()));
    }
}

TEST_CASE("what a file says of its length takes neither memory nor time") {
    const Folder folder;
    const auto name = folder_file(folder, Container::matroska);
    const std::string head("\x1A\x45\xDF\xA3\x80\x18\x53\x80\x67\x01\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 17);
    const std::string cluster("\x1F\x43\xB6\x75\x01\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 12);
    const std::string block("\xA3\x84\x81\x00\x00\x80", 6);
    SECTION("a time far away") {
        const std::string time = GENERATE(std::string("\xE7\x88\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 10),
                                          std::string("\xE7\x88\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 10),
                                          std::string("\xE7\x86\x01\x00\x00\x00\x00\x00", 8));
        write_file(name, head + cluster + time + block);
        const auto scanned = scan_recording(name, false);
        REQUIRE(scanned);
        CHECK(scanned->duration_us > Index::longest_segment_us);
        CHECK(scanned->parts.size() < 1000);
    }
    SECTION("a Cluster too far before its end") {
        write_file(name, head + cluster + block);
        std::filesystem::resize_file(name, 1'100'000'000);
        const auto scanned = scan_recording(name, false);
        REQUIRE_FALSE(scanned);
        CHECK(scanned.error().code == Code::unsupported_media);
    }
}
