// Recordings as HLS, from the playlist to the decoded picture.
#include "catch.hpp"
#include "testing.hpp"

#include <rill/clock.hpp>
#include <rill/json.hpp>

#include <fmt/format.h>
#include <gio/gio.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <sstream>

using namespace rill;
using namespace rill::playback::testing;

namespace {

std::string playlist_url(double start, std::optional<double> end = {}) {
    return fmt::format("/cam1/index.m3u8?start={}{}", at(start), end ? "&end=" + at(*end) : "");
}

/// Of a playlist, in order.
struct Entry {
    std::string uri;
    double duration = 0;
    std::string date;
    bool discontinuity = false;
    std::string map;  ///< empty: as before
};

struct Playlist {
    std::string text;
    std::vector<Entry> entries;
    bool has(std::string_view part) const { return text.find(part) != std::string::npos; }
};

std::string after(const std::string& line, std::string_view tag) {
    return line.substr(tag.size());
}

Playlist parse(std::string text) {
    Playlist playlist{std::move(text), {}};
    std::istringstream lines(playlist.text);
    Entry entry;
    for (std::string line; std::getline(lines, line);) {
        if (line == "#EXT-X-DISCONTINUITY") entry.discontinuity = true;
        if (line.starts_with("#EXT-X-MAP:URI=\"")) {
            entry.map = after(line, "#EXT-X-MAP:URI=\"");
            entry.map.pop_back();
        }
        if (line.starts_with("#EXT-X-PROGRAM-DATE-TIME:"))
            entry.date = after(line, "#EXT-X-PROGRAM-DATE-TIME:");
        if (line.starts_with("#EXTINF:")) entry.duration = std::stod(after(line, "#EXTINF:"));
        if (line.empty() || line.front() == '#') continue;
        entry.uri = line;
        playlist.entries.push_back(std::exchange(entry, {}));
    }
    return playlist;
}

Playlist load(Site& site, const std::string& url) {
    const auto reply = site.get(url);
    INFO(reply.body);
    REQUIRE(reply.status == 200);
    CHECK(reply.headers.at("content-type") == "application/vnd.apple.mpegurl");
    CHECK(reply.headers.at("cache-control") == "no-cache");
    return parse(reply.body);
}

std::string load_resource(Site& site, const std::string& uri) {
    const auto reply = site.get("/cam1/" + uri);
    INFO(uri << " " << reply.body.substr(0, 200));
    REQUIRE(reply.status == 200);
    CHECK(reply.headers.at("content-type") == "video/mp4");
    CHECK(reply.headers.at("content-length") == std::to_string(reply.body.size()));
    return reply.body;
}

/// A run of segments up to the next EXT-X-MAP, as one file.
std::unique_ptr<TemporaryFile> joined(Site& site, const std::vector<Entry>& entries, std::size_t first = 0) {
    std::string bytes = load_resource(site, entries.at(first).map);
    for (std::size_t i = first; i < entries.size() && (i == first || entries[i].map.empty()); ++i)
        bytes += load_resource(site, entries[i].uri);
    auto file = std::make_unique<TemporaryFile>();
    file->write({bytes.begin(), bytes.end()});
    return file;
}

/// What ffmpeg says while it plays a playlist to its end, and "frames N" of its pictures.
std::string play(Site& site, const std::string& url) {
    const std::string command = fmt::format(
        "ffmpeg -v error -xerror -nostdin -i '{}' -map 0:v -fps_mode passthrough -enc_time_base -1 "
        "-progress - -nostats -f null - 2>&1",
        fmt::format("http://127.0.0.1:{}{}", site.port(), url));
    const std::string output = site.harness().with([command] {
        const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
        std::string text;
        std::array<char, 4096> buffer{};
        while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe.get()))
            text.append(buffer.data(), count);
        return text;
    });
    std::string said;
    std::string frames;
    std::istringstream lines(output);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("frame=")) frames = after(line, "frame=");
        // "speed= 1.4x": its report; the rest is complaints.
        const auto equals = line.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0");
        if (equals == std::string::npos || line[equals] != '=') said += line + "\n";
    }
    return said + "frames " + frames;
}

std::string unzipped(const std::string& body) {
    const auto converter =
        Ref<GZlibDecompressor>::adopt(g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP));
    std::string out(1 << 20, '\0');
    gsize read = 0;
    gsize written = 0;
    const auto result =
        g_converter_convert(G_CONVERTER(converter.get()), body.data(), body.size(), out.data(), out.size(),
                            G_CONVERTER_INPUT_AT_END, &read, &written, nullptr);
    CHECK(result == G_CONVERTER_FINISHED);
    out.resize(written);
    return out;
}

}  // namespace

TEST_CASE("a recording is segments that begin with keyframes and play as one") {
    Site site;
    site.add({"long"}, 0, 1);
    site.add({"long"}, 10, 1);
    const auto playlist = load(site, playlist_url(0, 100));
    CHECK(playlist.has("#EXT-X-PLAYLIST-TYPE:VOD\n"));
    CHECK(playlist.has("#EXT-X-TARGETDURATION:4\n"));
    CHECK(playlist.has("#EXT-X-ENDLIST\n"));
    REQUIRE(playlist.entries.size() == 6);
    CHECK(playlist.entries[0].date == "2026-01-08T10:00:00.000Z");
    CHECK(playlist.entries[3].date == "2026-01-08T10:00:10.000Z");
    for (const Entry& entry : playlist.entries) {
        CHECK(entry.discontinuity == false);
        CHECK(entry.map.empty() == (&entry != &playlist.entries[0]));
    }
    const auto file = joined(site, playlist.entries);
    CHECK(test::decode_errors(file->path()).empty());
    const auto packets = test::probe_packets(file->path(), 0);
    REQUIRE(packets.size() == 500);
    for (std::size_t i = 1; i < packets.size(); ++i)
        REQUIRE(packets[i].dts - packets[i - 1].dts == 3600);
    CHECK(packets[0].dts == at_us(0) / 100 * 9);
    CHECK(play(site, playlist_url(0, 100)) == "frames 500");
}

TEST_CASE("each segment alone begins with a keyframe at its date") {
    Site site;
    site.add({"long"}, 0, 1);
    for (const Entry& entry : load(site, playlist_url(0, 100)).entries) {
        TemporaryFile file;
        const std::string init = load_resource(site, fmt::format("~recorded/{}_init.mp4", at_us(0)));
        const std::string bytes = init + load_resource(site, entry.uri);
        file.write({bytes.begin(), bytes.end()});
        const auto packets = test::probe_packets(file.path(), 0);
        REQUIRE_FALSE(packets.empty());
        CHECK(packets.front().keyframe);
        CHECK(static_cast<double>(packets.size()) / 25 == Approx(entry.duration).margin(0.001));
        CHECK(packets.front().dts / 90 == *parse_rfc3339(entry.date) / 1000);
    }
}

TEST_CASE("a gap is a discontinuity with formats of its own") {
    Site site;
    site.add({"h264", "aac"}, 0, 1);
    site.add({"h264", "aac"}, 500, 2);
    const auto playlist = load(site, playlist_url(0, 1000));
    REQUIRE(playlist.entries.size() == 2);
    CHECK(playlist.entries[1].discontinuity);
    CHECK(playlist.entries[1].map == fmt::format("~recorded/{}_init.mp4", at_us(500)));
    CHECK(playlist.entries[1].date == "2026-01-08T10:08:20.000Z");
    CHECK(play(site, playlist_url(0, 1000)) == "frames 140");
}

TEST_CASE("another codec is a discontinuity, and each plays with its own formats") {
    Site site;
    site.add({"h264"}, 0, 1);
    site.add({"h265"}, 2.8, 2);
    site.add({"large"}, 5.6, 3);
    const auto playlist = load(site, playlist_url(0, 1000));
    REQUIRE(playlist.entries.size() == 3);
    std::vector<std::string> codecs;
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(playlist.entries[i].discontinuity == (i > 0));
        const auto file = joined(site, playlist.entries, i);
        CHECK(test::decode_errors(file->path()).empty());
        CHECK(decoded_frames(*file, "v:0") == 70);
        codecs.push_back(test::probe_stream(file->path(), 0, "codec_name,width").at("codec_name") +
                         test::probe_stream(file->path(), 0, "codec_name,width").at("width"));
    }
    CHECK(codecs == std::vector<std::string>{"h264320", "hevc320", "h264480"});
}

TEST_CASE("sound that browsers do not play is left out") {
    Site site;
    site.add({"h264", "pcmu"}, 0, 1);
    site.add({"pcmu"}, 100, 2);
    const auto playlist = load(site, playlist_url(0, 1000));
    REQUIRE(playlist.entries.size() == 1);
    const auto file = joined(site, playlist.entries);
    CHECK(test::decode_errors(file->path()).empty());
    CHECK(decoded_frames(*file, "v:0") == 70);
    CHECK(decoded_frames(*file, "a:0") == 0);
    CHECK(site.get(playlist_url(90, 1000)).status == 404);
}

TEST_CASE("a start within a recording begins with the keyframe before it, and says where to play from") {
    Site site;
    site.add({"long"}, 0, 1);
    const auto playlist = load(site, playlist_url(5.5, 7));
    REQUIRE(playlist.entries.size() == 1);
    CHECK(playlist.entries[0].date == "2026-01-08T10:00:05.000Z");
    CHECK(playlist.entries[0].duration == Approx(2));
    CHECK(playlist.has("#EXT-X-START:TIME-OFFSET=0.500,PRECISE=YES\n"));
}

TEST_CASE("a segment has the same name and bytes in every playlist that holds it whole") {
    Site site;
    site.add({"long"}, 0, 1);
    const auto whole = load(site, playlist_url(0, 100));
    const auto part = load(site, playlist_url(2, 100));
    REQUIRE(whole.entries.size() == 3);
    REQUIRE(part.entries.size() == 3);
    CHECK(part.entries[0].uri != whole.entries[0].uri);
    CHECK(part.entries[1].uri == whole.entries[1].uri);
    CHECK(part.entries[2].uri == whole.entries[2].uri);
}

TEST_CASE("segments are cached, and given in ranges") {
    Site site;
    site.add({"h264"}, 0, 1);
    const std::string url = "/cam1/" + load(site, playlist_url(0, 100)).entries.at(0).uri;
    const auto whole = site.get(url);
    CHECK(whole.headers.at("cache-control") == "max-age=3600, immutable");
    const auto range = site.get(url, "Range: bytes=100-299\r\n");
    CHECK(range.status == 206);
    CHECK(range.body == whole.body.substr(100, 200));
    CHECK(site.get(url, "If-None-Match: " + whole.headers.at("etag") + "\r\n").status == 304);
    CHECK(whole.headers.at("access-control-allow-origin") == "*");
    CHECK(site.call("OPTIONS", url).status == 204);
    CHECK(site.call("POST", url).status == 405);
}

TEST_CASE("a playlist is compressed where the client takes that") {
    Site site;
    site.add({"long"}, 0, 1);
    const auto plain = site.get(playlist_url(0, 100));
    const auto packed = site.get(playlist_url(0, 100), "Accept-Encoding: gzip\r\n");
    CHECK(plain.headers.find("content-encoding") == plain.headers.end());
    CHECK(packed.headers.at("content-encoding") == "gzip");
    CHECK(packed.headers.at("vary") == "accept-encoding");
    CHECK(packed.body.size() < plain.body.size());
    CHECK(unzipped(packed.body) == plain.body);
}

TEST_CASE("a recording that is under way grows at its end") {
    Site site;
    const double now = static_cast<double>(utc_now_us() - ten_us) / 1e6;
    const auto id = site.add({"long"}, now - 8, 1);
    site.recordings().keep_open(id, 42);  // 8.4 of 10 s
    const auto early = load(site, playlist_url(now - 100));
    CHECK(early.has("#EXT-X-PLAYLIST-TYPE:EVENT\n"));
    CHECK_FALSE(early.has("ENDLIST"));
    REQUIRE(early.entries.size() == 2);

    site.recordings().forget(id);
    site.add({"long"}, now - 8, 1);
    site.add({"long"}, now + 2, 1);
    const auto late = load(site, playlist_url(now - 100));
    REQUIRE(late.entries.size() == 6);
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK(late.entries[i].uri == early.entries[i].uri);
        CHECK(late.entries[i].duration == early.entries[i].duration);
    }
    // An end before now: nothing more comes, not even of what is open.
    CHECK(load(site, playlist_url(now - 100, now - 1)).has("ENDLIST"));
}

TEST_CASE("what is being written goes on from the file before, unless its formats are others") {
    for (const bool same : {true, false}) {
        INFO(same);
        Site site;
        const double now = static_cast<double>(utc_now_us() - ten_us) / 1e6;
        site.add({"long"}, now - 20, 1);
        const auto id = site.add({same ? "long" : "large"}, now - 10, 77);
        site.recordings().keep_open(id, same ? 49 : 13);
        const auto playlist = load(site, playlist_url(now - 100));
        REQUIRE(playlist.entries.size() == (same ? 5 : 3));
        if (same) CHECK_FALSE(playlist.has("DISCONTINUITY"));
    }
}

TEST_CASE("a recording that ended a while ago is over, also without an end") {
    Site site;
    site.add({"long"}, 0, 1);
    CHECK(load(site, playlist_url(0)).has("#EXT-X-ENDLIST\n"));
}

TEST_CASE("a time before now leads to a playlist whose URL says one time") {
    Site site;
    const double now = static_cast<double>(utc_now_us() - ten_us) / 1e6;
    site.add({"long"}, now - 20, 1);
    const auto reply = site.get("/cam1/index.m3u8?start=30&end=5.5");
    REQUIRE(reply.status == 200);
    CHECK(reply.body.find("#EXT-X-STREAM-INF:BANDWIDTH=") != std::string::npos);
    const auto at = reply.body.find("index.m3u8?start=20");
    REQUIRE(at != std::string::npos);
    CHECK(reply.body.find("&end=20", at) != std::string::npos);
    std::string uri = reply.body.substr(at);
    uri.pop_back();
    CHECK(load(site, "/cam1/" + uri).entries.size() == 3);
    CHECK(play(site, "/cam1/index.m3u8?start=30&end=5.5") == "frames 250");
}

TEST_CASE("a playlist that makes no sense is refused") {
    Site site;
    site.add({"long"}, 0, 1);
    for (const std::string& query :
         {std::string("start="), std::string("start=x"), std::string("start=-1"), std::string("start=nan"),
          std::string("start=1e99"), "start=" + at(0) + "&end=x", "start=" + at(5) + "&end=" + at(4),
          "start=" + at(5) + "&end=" + at(5), std::string("start=5&end=6"), std::string("start=5&end=-1")}) {
        INFO(query);
        const auto reply = site.get("/cam1/index.m3u8?" + query);
        CHECK(reply.status == 400);
        CHECK_FALSE(reply.error().empty());
    }
}

TEST_CASE("where nothing is recorded, a playlist's refusal tells the nearest") {
    Site site;
    site.add({"long"}, 0, 1);
    site.add({"long"}, 100, 2);
    const auto gap = site.get(playlist_url(20, 30));
    CHECK(gap.status == 404);
    const auto body = Json::parse(gap.body);
    REQUIRE(body);
    CHECK((*body)["before"].text() == at(10));
    CHECK((*body)["after"].text() == at(100));
    CHECK(load(site, playlist_url(20, 1000)).entries.front().date == "2026-01-08T10:01:40.000Z");
    const auto unknown = site.get("/cam2/index.m3u8?start=" + at(0));
    CHECK(unknown.status == 404);
    CHECK(unknown.error().find("cam2") != std::string::npos);
}

TEST_CASE("what is no fragmented MP4 has no playlist, and the refusal says so") {
    Site site;
    const double now = static_cast<double>(utc_now_us() - ten_us) / 1e6;
    site.recordings().say_container(site.add({"long"}, now - 8, 1), Container::matroska);
    for (const std::string& url : {playlist_url(now - 100), std::string("/cam1/index.m3u8?window=1h")}) {
        const auto reply = site.get(url);
        CHECK(reply.status == 404);
        CHECK(reply.error().find("mkv") != std::string::npos);
    }
    site.add({"long"}, now - 20, 2);
    CHECK(load(site, playlist_url(now - 100)).entries.size() == 3);
}

TEST_CASE("what was deleted is 404, and listed no more") {
    Site site;
    const auto id = site.add({"long"}, 0, 1);
    site.add({"long"}, 10, 1);
    const auto before = load(site, playlist_url(0, 100));
    REQUIRE(before.entries.size() == 6);
    site.recordings().forget(id);
    CHECK(site.get("/cam1/" + before.entries[0].uri).status == 404);
    CHECK(site.get("/cam1/" + before.entries[0].map).status == 404);
    CHECK(site.get("/cam1/" + before.entries[5].uri).status == 200);
    CHECK(load(site, playlist_url(0, 100)).entries.size() == 3);
}

TEST_CASE("a file that is gone without the index's knowing is 404") {
    Site site;
    const auto file = std::make_unique<TemporaryFile>();
    std::filesystem::copy_file(recording({"long"}).path(), file->path(),
                               std::filesystem::copy_options::overwrite_existing);
    site.recordings().add("cam1", file->path(), at_us(0), 1);
    const auto playlist = load(site, playlist_url(0, 100));
    std::filesystem::remove(file->path());
    const auto reply = site.get("/cam1/" + playlist.entries[0].uri);
    CHECK(reply.status == 404);
    CHECK_FALSE(reply.error().empty());
}

TEST_CASE("resources that no playlist names are 404") {
    Site site;
    site.add({"long"}, 0, 1);
    const auto playlist = load(site, playlist_url(0, 100));
    for (const std::string& name :
         {std::string("x"), fmt::format("{}_0-10.mp4", at_us(0)), fmt::format("{}_init.mp4", at_us(1)),
          fmt::format("{}_0-18446744073709551615.mp4", at_us(0))}) {
        INFO(name);
        CHECK(site.get("/cam1/~recorded/" + name).status == 404);
    }
}

TEST_CASE("without an archive there is no HLS of it, and a reason") {
    Site site;
    site.lose_archive();
    for (const std::string& url : {playlist_url(0), std::string("/cam1/~recorded/1_init.mp4")}) {
        const auto reply = site.get(url);
        CHECK(reply.status == 404);
        CHECK(reply.error().find("recorded") != std::string::npos);
    }
}

TEST_CASE("a clock that was set back: what was recorded later is listed later") {
    Site site;
    site.add({"long"}, 100, 1);
    site.add({"h264"}, 95, 2);
    const auto playlist = load(site, playlist_url(0, 1000));
    REQUIRE(playlist.entries.size() == 4);
    CHECK(playlist.entries[3].discontinuity);
    CHECK(playlist.entries[3].date == "2026-01-08T10:01:35.000Z");
}

TEST_CASE("a long playlist is made in turns") {
    Site site;
    const auto& file = recording({"h264"});
    const auto first = site.add({"h264"}, 0, 1);
    for (int i = 1; i < 1000; ++i)
        site.recordings().add_again("cam1", first, file.path(), at_us(2.8 * i), 1);
    const auto playlist = load(site, playlist_url(0, 10'000));
    CHECK(playlist.entries.size() == 1000);
    CHECK_FALSE(playlist.has("DISCONTINUITY"));
    CHECK(site.recordings().looks() >= 6);
}
