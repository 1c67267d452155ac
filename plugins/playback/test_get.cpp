// What is answered, and what is not.
#include "answers.hpp"
#include "catch.hpp"
#include "testing.hpp"

#include <rill/json.hpp>

#include <fmt/format.h>

#include <filesystem>

using namespace rill;
using namespace rill::playback::testing;

TEST_CASE("an answer has a length, a tag and a name") {
    Site site;
    site.add({"h264", "aac"}, 0, 1);
    const auto reply = site.get(get_url(0, 2));
    REQUIRE(reply.status == 200);
    CHECK(reply.headers.at("content-type") == "video/mp4");
    CHECK(reply.headers.at("content-length") == std::to_string(reply.body.size()));
    CHECK(reply.headers.at("accept-ranges") == "bytes");
    CHECK(reply.headers.at("content-disposition") == "inline; filename=\"cam1_2026-01-08_10-00-00.mp4\"");
    const std::string etag = reply.headers.at("etag");
    CHECK(etag.size() > 4);
    CHECK(site.get(get_url(0, 2)).headers.at("etag") == etag);
    CHECK(site.get(get_url(0.5, 1.5)).headers.at("etag") != etag);
    CHECK(site.get(get_url(0, 2), fmt::format("If-None-Match: {}\r\n", etag)).status == 304);

    const auto head = site.call("HEAD", get_url(0, 2));
    CHECK(head.status == 200);
    CHECK(head.headers.at("content-length") == reply.headers.at("content-length"));
    CHECK(head.headers.at("etag") == etag);
}

TEST_CASE("names of paths make no mischief in the name of the file") {
    Site site;
    site.recordings().add("Tür/\"1\"; x", recording({"pcmu"}).path(), ten_us, 1);
    const auto reply = site.get("/get?path=T%C3%BCr/%221%22;%20x&duration=1&start=" + at(0));
    REQUIRE(reply.status == 200);
    CHECK(reply.headers.at("content-disposition") ==
          "inline; filename=\"T__r__1___x_2026-01-08_10-00-00.mp4\"");
}

TEST_CASE("a start within a recording begins with the keyframe before it and shows from the start on") {
    Site site;
    site.add({"h264", "aac"}, 0, 1);
    const auto whole = saved(site.get(get_url(0, 10)));
    const auto part = saved(site.get(get_url(1.5, 10)));
    CHECK(test::decode_errors(part->path()).empty());
    const auto all = test::probe_packets(whole->path(), 0);
    const auto packets = test::probe_packets(part->path(), 0);
    CHECK(all.size() == 70);
    REQUIRE(packets.size() == 45);  // from the keyframe at 1 s on
    CHECK(packets.front().keyframe);
    CHECK(packets.front().pts < 0);
    // GStreamer shows from the edit's start on.
    const auto frames = test::qtdemux_frames(part->path(), "video_0");
    CHECK(frames.size() == 35);  // of 70 at 25 a second, without those of the first second and a half
}

TEST_CASE("an answer ends with the part that holds its end") {
    Site site;
    site.add({"h264"}, 0, 1);
    const auto file = saved(site.get(get_url(0, 0.5)));
    CHECK(test::decode_errors(file->path()).empty());
    CHECK(test::probe_packets(file->path(), 0).size() == 15);  // three parts of 200 ms
    CHECK(test::probe_packets(saved(site.get(get_url(0, 0.000001)))->path(), 0).size() == 5);
}

TEST_CASE("a start in a gap begins with what comes next") {
    Site site;
    site.add({"h264"}, 0, 1);
    site.add({"h264"}, 100, 2);
    const auto file = saved(site.get(get_url(50, 60)));
    CHECK(test::probe_packets(file->path(), 0).size() == 70);
    CHECK(test::probe_packets(file->path(), 0).front().dts == 0);

    const auto nothing = site.get(get_url(50, 10));
    CHECK(nothing.status == 404);
    const auto body = Json::parse(nothing.body);
    REQUIRE(body);
    CHECK((*body)["before"].text().value_or("").find("2026-01-08T10:00:02.8") == 0);
    CHECK((*body)["after"].text() == at(100));
    CHECK(site.get("/get?path=cam2&duration=1&start=" + at(0)).status == 404);
}

TEST_CASE("what makes no sense is refused") {
    Site site;
    site.add({"h264"}, 0, 1);
    const std::string start = at(0);
    for (const std::string& query : {
             std::string("start=") + start + "&duration=1",
             std::string("path=cam1&duration=1"),
             std::string("path=cam1&start=") + start,
             std::string("path=cam1&start=yesterday&duration=1"),
             fmt::format("path=cam1&start={}&duration=0", start),
             fmt::format("path=cam1&start={}&duration=-1", start),
             fmt::format("path=cam1&start={}&duration=nan", start),
             fmt::format("path=cam1&start={}&duration=inf", start),
             fmt::format("path=cam1&start={}&duration=1e300", start),
             fmt::format("path=cam1&start={}&duration=367d", start),
             fmt::format("path=cam1&start={}&duration=x", start),
             fmt::format("path=cam1&start={}&duration=1&format=mkv", start),
         }) {
        INFO(query);
        const auto reply = site.get("/get?" + query);
        CHECK(reply.status == 400);
        CHECK_FALSE(reply.error().empty());
    }
}

TEST_CASE("what is being written is there up to its last part") {
    Site site;
    const auto id = site.add({"h264"}, 0, 1);
    site.recordings().keep_open(id, 6);
    const auto reply = site.get(get_url(0, 3600));
    CHECK(test::probe_packets(saved(reply)->path(), 0).size() == 30);
    // It has grown: whoever goes on with the old answer gets the new one as a whole.
    site.recordings().forget(id);
    site.add({"h264"}, 0, 1);
    const auto resumed = site.get(
        get_url(0, 3600), fmt::format("Range: bytes=100-\r\nIf-Range: {}\r\n", reply.headers.at("etag")));
    CHECK(resumed.status == 200);
    CHECK(test::probe_packets(saved(resumed)->path(), 0).size() == 70);
}

TEST_CASE("a file that is gone ends the connection, and is left out when the index knows") {
    Site site;
    site.add({"h264"}, 0, 1);
    std::int64_t lost = 0;
    {
        const TemporaryFile file;
        const auto copied = std::filesystem::copy_options::overwrite_existing;
        std::filesystem::copy_file(recording({"h264"}).path(), file.path(), copied);
        lost = site.recordings().add("cam1", file.path(), at_us(2.8), 1);
    }
    site.add({"h264"}, 5.6, 1);
    site.start();
    const auto reply = site.harness().with([port = site.port()] {
        http::test::Client client(port);
        client.send(http::test::get(get_url(0, 100)));
        return client.read_to_end();
    });
    CHECK(reply.find("HTTP/1.1 200") == 0);
    const auto one = std::filesystem::file_size(recording({"h264"}).path());
    CHECK(reply.size() < 2 * one);

    site.recordings().forget(lost);
    const auto file = saved(site.get(get_url(0, 100)));
    CHECK(test::decode_errors(file->path()).empty());
    CHECK(test::probe_packets(file->path(), 0).size() == 140);
}

TEST_CASE("a chain whose first file is gone begins with the next") {
    Site site;
    {
        const TemporaryFile file;
        const auto copied = std::filesystem::copy_options::overwrite_existing;
        std::filesystem::copy_file(recording({"h264"}).path(), file.path(), copied);
        site.recordings().add("cam1", file.path(), at_us(0), 1);
    }
    const std::string gone = get_url(0, 2);
    CHECK(site.get(gone).status == 404);
    site.add({"h264"}, 2.8, 1);
    CHECK(test::probe_packets(saved(site.get(get_url(0, 100)))->path(), 0).size() == 70);
}

TEST_CASE("where nothing of what is recorded can be read, the reason is told") {
    Site site;
    const auto bytes = test::cmaf_file({stream("pcmu")}, Nanoseconds(0));
    const TemporaryFile damaged;
    const TemporaryFile shut;
    for (const TemporaryFile* file : {&damaged, &shut})
        file->write(bytes);
    site.recordings().add("cam1", damaged.path(), at_us(0), 1);
    site.recordings().add("cam1", shut.path(), at_us(100), 2);
    damaged.write(std::vector<std::uint8_t>(bytes.size()));
    std::filesystem::remove(shut.path());
    std::filesystem::create_symlink(shut.path(), shut.path());
    for (const std::string_view more : {"", "&format=mp4"}) {
        const auto torn = site.get(get_url(0, 2, more));
        CHECK(torn.status == 500);
        CHECK(torn.error().find("damaged") != std::string::npos);
        const auto kept_shut = site.get(get_url(100, 2, more));
        CHECK(kept_shut.status == 503);
        CHECK(kept_shut.error().find("cannot be opened") != std::string::npos);
    }
    site.add({"pcmu"}, 200, 3);
    CHECK(site.get(get_url(0, 300)).status == 200);
}

TEST_CASE("a damaged part ends the connection") {
    Site site;
    const TemporaryFile file;
    auto bytes = test::cmaf_file({stream("pcmu")}, Nanoseconds(0));
    file.write(bytes);
    const auto id = site.recordings().add("cam1", file.path(), at_us(0), 1);
    const auto parts = site.recordings().parts(id);
    const auto second = bytes.begin() + static_cast<std::ptrdiff_t>(parts[1].offset);
    std::copy_n("free", 4, second + 4);
    file.write(bytes);
    site.start();
    const auto reply = site.harness().with([port = site.port()] {
        http::test::Client client(port);
        client.send(http::test::get(get_url(0, 100)));
        return client.read_to_end();
    });
    CHECK(reply.size() < bytes.size());
}

TEST_CASE("thousands of files are one answer") {
    Site site;
    const auto first = site.add({"pcmu"}, 0, 1);
    const auto segment = site.recordings().segment(first);
    constexpr int files = 1200;
    // Two that start together, where a page ends, and a chain that the clock's change mixed with the other.
    for (int i = 1; i < files; ++i) {
        const int place = i == 500 ? 499 : i;
        site.recordings().add_again("cam1", first, segment.file, at_us(2.0 * place), i == 500 ? 2 : 1);
    }
    const auto url = get_url(0, 10000);
    const auto head = site.call("HEAD", url);
    const std::uint64_t parts = segment.bytes - segment.init_bytes;
    const std::uint64_t length = std::stoull(head.headers.at("content-length"));
    REQUIRE(length > files * parts);
    CHECK(length < files * parts + 4096);
    const auto last = site.get(url, fmt::format("Range: bytes={}-\r\n", length - parts));
    CHECK(last.status == 206);
    CHECK(last.body.size() == parts);
    CHECK(last.body.substr(4, 4) == "moof");
    CHECK(site.get(get_url(0, 10000, "&format=mp4")).status == 200);
}

TEST_CASE("more files than a plan may have are refused") {
    Site site;
    const auto first = site.add({"pcmu"}, 0, 1);
    const auto file = site.recordings().segment(first).file;
    for (int i = 1; i <= 100'000; ++i)
        site.recordings().add_again("cam1", first, file, at_us(2.0 * i), 1);
    const auto reply = site.get(get_url(0, 31'622'400));
    CHECK(reply.status == 413);
    CHECK(reply.error().find("shorter") != std::string::npos);
    CHECK(site.get(get_url(100, 4)).status == 200);
}

TEST_CASE("what is no fragmented MP4 is passed over, and told when there is nothing else") {
    Site site;
    site.add({"h264"}, 0, 1);
    site.recordings().say_container(site.add({"h264"}, 100, 2), Container::mpegts);
    site.add({"h264"}, 200, 3);
    const auto both = saved(site.get(get_url(0, 300)));
    CHECK(test::decode_errors(both->path()).empty());
    CHECK(test::probe_packets(both->path(), 0).size() == 140);
    const auto alone = site.get(get_url(100, 2));
    CHECK(alone.status == 404);
    CHECK(alone.error().find("mpegts") != std::string::npos);
    CHECK(site.get("/list?path=cam1").body.find("10:01:40") != std::string::npos);
}
