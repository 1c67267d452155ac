// Segments in a folder instead of in memory.
#include "await.hpp"
#include "catch.hpp"
#include "sink_bench.hpp"
#include "temporary_folder.hpp"

#include <filesystem>
#include <future>

using namespace rill;
using namespace rill::hls;
using namespace rill::hls::testing;
namespace fs = std::filesystem;

namespace {

using Folder = rill::test::TemporaryFolder;

Settings in(const fs::path& folder) {
    Settings settings = Bench::defaults();
    settings.directory = folder;
    return settings;
}

struct Body {
    std::string text;
    bool is_in_file;
};

/// As the server reads it, in small pieces.
std::string read(const http::StreamedBody& stream) {
    std::string text;
    while (text.size() < stream.size().value()) {
        std::promise<Result<http::BodySource::Piece>> read;
        stream.read(text.size(), 1000, [&read](auto piece) { read.set_value(std::move(piece)); });
        const auto piece = read.get_future().get();
        REQUIRE(piece);
        for (const Ref<GBytes>& bytes : *piece) {
            gsize size = 0;
            const auto* const data = static_cast<const char*>(g_bytes_get_data(bytes.get(), &size));
            text.append(data, size);
        }
    }
    return text;
}

Body get(Bench& bench, const std::string& uri, const std::string& range = "") {
    std::optional<http::Response> answer;
    http::Request request;
    request.method = "GET";
    if (!range.empty()) request.headers["range"] = range;
    bench.sink.answer(request, uri, nullptr,
                      [&answer](http::Response response) { answer = std::move(response); });
    REQUIRE(answer);
    REQUIRE(answer->status == (range.empty() ? 200 : 206));
    if (answer->stream) return {read(*answer->stream), true};
    const auto held = std::make_shared<std::optional<http::Response>>(std::move(answer));
    return {Bench::body(held), false};
}

struct Uris {
    std::string segment, part;
};

/// Of the segment before the last that is closed.
Uris uris(Bench& bench) {
    const Playlist playlist(Bench::body(bench.get("stream.m3u8")));
    const auto& entry = playlist.entries[playlist.entries.size() - 3];
    return {entry.uri, entry.parts.at(2).uri};
}

void begin(Bench& bench) {
    bench.get("index.m3u8");
    bench.run(seconds(6));
}

bool is_in_file(Bench& bench) {
    return bench.host.wait_until([&] { return get(bench, uris(bench).segment).is_in_file; });
}

}  // namespace

TEST_CASE("what is in the folder is what would be in memory") {
    const Folder folder;
    Bench on_disk(in(folder.path() / "made" / "here"));
    Bench in_memory;
    begin(on_disk);
    begin(in_memory);
    REQUIRE(is_in_file(on_disk));
    const Uris stored = uris(on_disk);
    const Uris held = uris(in_memory);
    const std::string segment = get(in_memory, held.segment).text;
    CHECK(get(on_disk, stored.segment).text == segment);
    const Body part = get(on_disk, stored.part);
    CHECK(part.is_in_file);
    CHECK(part.text == get(in_memory, held.part).text);
    CHECK(get(on_disk, stored.segment, "bytes=100-2099").text == segment.substr(100, 2000));
    CHECK(get(on_disk, stored.part, "bytes=-7").text == part.text.substr(part.text.size() - 7));
    // No name that anybody could change, or that a kill would leave behind.
    CHECK(fs::is_empty(folder.path() / "made" / "here"));
}

TEST_CASE("what is in a file is in memory no more") {
    const Folder folder;
    FakeHost host;
    const auto files = SegmentFiles::in(folder.path(), host);
    REQUIRE(files);
    const auto segment = std::make_shared<Segment>();
    const auto bytes = [](const char* text) {
        return cmaf::Chunks{Ref<GBytes>::adopt(g_bytes_new(text, std::char_traits<char>::length(text)))};
    };
    segment->parts = {{0, seconds(1), true, bytes("first"), 5}, {1, seconds(1), false, bytes("second"), 6}};
    segment->size = 11;
    (*files)->keep(segment);
    REQUIRE(host.wait_until([&] { return segment->file != nullptr; }));
    CHECK(segment->bytes().empty());
    CHECK(read(segment->file->body(0, 11)) == "firstsecond");
    CHECK(segment->media(1).first == 5);
}

TEST_CASE("a segment that is being sent outlives its muxer") {
    const Folder folder;
    std::optional<http::StreamedBody> stream;
    std::string before;
    {
        Bench bench(in(folder.path()));
        begin(bench);
        REQUIRE(is_in_file(bench));
        const auto answer = bench.get(uris(bench).segment);
        before = get(bench, uris(bench).segment).text;
        stream = (*answer)->stream;
    }
    REQUIRE(stream);
    CHECK(read(*stream) == before);
}

TEST_CASE("segments stay in memory where the folder takes none") {
    const Folder folder;
    const fs::path gone = folder.path() / "gone";
    Bench bench(in(gone));
    fs::remove(gone);
    begin(bench);
    const Uris stored = uris(bench);
    CHECK_FALSE(get(bench, stored.segment).is_in_file);
    CHECK_FALSE(get(bench, stored.segment).text.empty());
    // It is back.
    fs::create_directory(gone);
    bench.run(seconds(4));
    CHECK(is_in_file(bench));
}

TEST_CASE("a folder that cannot be had is an error of the start") {
    const Folder folder;
    const fs::path file = folder.path() / "file";
    fs::copy_file("/proc/self/comm", file);
    FakeClock clock;
    FakeHost host;
    const std::vector<Track> tracks{{0, h264()}};
    HlsSink sink(in(file / "below"), clock);
    const auto started = sink.start(host, tracks);
    REQUIRE_FALSE(started);
    CHECK(started.error().message.starts_with("hlsDirectory " + (file / "below").string() +
                                              ": Not a directory; "));
}

TEST_CASE("segments without parts go into the folder, too") {
    const Folder folder;
    Settings settings = in(folder.path());
    settings.variant = Variant::fmp4;
    settings.part_duration = Nanoseconds(0);
    Bench bench(settings);
    bench.get("index.m3u8");
    bench.run(seconds(6));
    const auto last = [&] {
        const Playlist playlist(Bench::body(bench.get("stream.m3u8")));
        return get(bench, playlist.entries.back().uri);
    };
    CHECK(bench.host.wait_until([&] { return last().is_in_file; }));
}
