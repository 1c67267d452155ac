// Windows over HTTP: who asks, who waits, and what they get.
#include "catch.hpp"
#include "testing.hpp"

#include <rill/clock.hpp>
#include <rill/json.hpp>

#include <fmt/format.h>

#include <cmath>
#include <future>
#include <utility>
#include <vector>

using namespace rill;
using namespace rill::playback::testing;

namespace {

double now() {
    return static_cast<double>(utc_now_us() - ten_us) / 1e6;
}

/// A recording that has been under way for eight seconds.
std::int64_t record(Site& site, std::size_t parts) {
    const auto id = site.add({"long"}, now() - 8, 1);
    site.recordings().keep_open(id, parts);
    return id;
}

using http::test::Harness;
using Later = std::future<std::optional<Reply>>;

/// Asks on a thread of its own; the test's thread serves in Harness::until().
Later later(Site& site, const std::string& target) {
    return std::async(std::launch::async, [port = site.port(), target] {
        return http::test::Client(port).call(http::test::get(target));
    });
}

bool is_ready(const Later& later) {
    return later.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

std::string hinted(const std::string& text) {
    const std::string tag = "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"";
    const auto at = text.find(tag);
    REQUIRE(at != std::string::npos);
    return text.substr(at + tag.size(), text.find('"', at + tag.size()) - at - tag.size());
}

}  // namespace

TEST_CASE("a window is a low-latency playlist of what is being recorded") {
    Site site;
    record(site, 42);
    const auto reply = site.get("/cam1/index.m3u8?window=2h");
    REQUIRE(reply.status == 200);
    CHECK(reply.headers.at("content-type") == "application/vnd.apple.mpegurl");
    CHECK(reply.body.find("#EXT-X-PART-INF:PART-TARGET=0.200\n") != std::string::npos);
    CHECK(reply.body.find("#EXT-X-MEDIA-SEQUENCE:0\n") != std::string::npos);
    CHECK(reply.body.find("ENDLIST") == std::string::npos);
    CHECK(site.get("/cam1/index.m3u8?window=7200").body == reply.body);
}

TEST_CASE("the parts of a window are the recording's, and make up its segments") {
    Site site;
    record(site, 42);
    const std::string text = site.get("/cam1/index.m3u8?window=2h").body;
    std::string parts;
    std::string segment;
    for (std::size_t at = text.find("#EXT-X-PART:"); segment.empty();
         at = text.find("#EXT-X-PART:", at + 1)) {
        const auto uri = text.find("~rewind/", at);
        parts += site.get("/cam1/" + text.substr(uri, text.find('"', uri) - uri)).body;
        const auto next = text.find('\n', at) + 1;
        if (text.compare(next, 7, "#EXTINF") != 0) continue;
        const auto name = text.find("~rewind/", next);
        segment = site.get("/cam1/" + text.substr(name, text.find('\n', name) - name)).body;
    }
    // Each answer numbers its fragments from 1 (mfhd); that apart they are the same.
    REQUIRE(parts.size() == segment.size());
    std::size_t different = 0;
    for (std::size_t i = 0; i < parts.size(); ++i)
        different += parts[i] != segment[i] ? 1 : 0;
    CHECK(different <= 20);
    CHECK(site.get("/cam1/~rewind/1_1-part.mp4").status == 404);
}

TEST_CASE("a reload, and who asks for the part to come, wait for it") {
    Site site;
    const auto id = site.add({"long"}, now() - 8, 1);
    const auto all = site.recordings().parts(id);
    site.recordings().keep_open(id, 42);
    const std::string text = site.get("/cam1/index.m3u8?window=2h").body;
    // Segments 0 and 1 have 20 parts each, segment 2 has two.
    auto reload = later(site, "/cam1/index.m3u8?window=2h&_HLS_msn=2&_HLS_part=2");
    auto part = later(site, "/cam1/" + hinted(text));
    const auto looks = site.recordings().looks();
    REQUIRE(Harness::until([&] { return site.recordings().looks() >= looks + 4; }));
    CHECK_FALSE(is_ready(reload));
    CHECK_FALSE(is_ready(part));

    site.recordings().append(id, all[42]);
    REQUIRE(Harness::until([&] { return is_ready(reload) && is_ready(part); }));
    const auto reloaded = reload.get();
    REQUIRE(reloaded);
    CHECK(reloaded->status == 200);
    CHECK(hinted(reloaded->body) != hinted(text));
    const auto sent = part.get();
    REQUIRE(sent);
    CHECK(sent->status == 200);
    CHECK(sent->body.size() == all[42].bytes);
}

TEST_CASE("a part is awaited in the window that hinted at it, also when another one lags behind") {
    Site site;
    const auto id = site.add({"long"}, now() - 8, 1);
    const auto all = site.recordings().parts(id);
    site.recordings().keep_open(id, 42);
    CHECK(site.get("/cam1/index.m3u8?window=1h").status == 200);
    site.recordings().append(id, all[42]);
    auto part = later(site, "/cam1/" + hinted(site.get("/cam1/index.m3u8?window=2h").body));
    const auto looks = site.recordings().looks();
    REQUIRE(Harness::until([&] { return site.recordings().looks() >= looks + 4; }));
    CHECK_FALSE(is_ready(part));
    site.recordings().append(id, all[43]);
    REQUIRE(Harness::until([&] { return is_ready(part); }));
    CHECK(part.get()->status == 200);
}

TEST_CASE("a file that ends while a part of it is awaited has no such part") {
    Site site;
    const auto id = record(site, 42);
    auto part = later(site, "/cam1/" + hinted(site.get("/cam1/index.m3u8?window=2h").body));
    const auto looks = site.recordings().looks();
    REQUIRE(Harness::until([&] { return site.recordings().looks() >= looks + 2; }));
    site.recordings().finish(id);
    REQUIRE(Harness::until([&] { return is_ready(part); }));
    CHECK(part.get()->status == 404);
}

TEST_CASE("a window that makes no sense is refused") {
    Site site;
    record(site, 42);
    site.get("/cam1/index.m3u8?window=2h");
    for (const std::string query :
         {"window=", "window=0", "window=-1", "window=x", "window=25h", "window=2h&_HLS_part=1",
          "window=2h&_HLS_msn=x", "window=2h&_HLS_msn=1&_HLS_part=-1", "window=2h&_HLS_msn=99",
          "window=2h&_HLS_msn=2&_HLS_part=99"}) {
        INFO(query);
        const auto reply = site.get("/cam1/index.m3u8?" + query);
        CHECK(reply.status == 400);
        CHECK_FALSE(reply.error().empty());
    }
}

TEST_CASE("what is not recorded has no window") {
    Site site;
    site.add({"long"}, 0, 1);
    const auto reply = site.get("/cam1/index.m3u8?window=1h");
    CHECK(reply.status == 404);
    const auto body = Json::parse(reply.body);
    REQUIRE(body);
    CHECK((*body)["before"].text() == at(10));
    CHECK(site.get("/cam2/index.m3u8?window=1h").status == 404);
    site.lose_archive();
    CHECK(site.get("/cam1/index.m3u8?window=1h").status == 404);
}

TEST_CASE("who waits while a controller ends is to ask again, and so is who asks then") {
    Site site;
    record(site, 42);
    const std::string text = site.get("/cam1/index.m3u8?window=2h").body;
    const std::string reload = http::test::get("/cam1/index.m3u8?window=2h&_HLS_msn=2&_HLS_part=2");
    // The second request is there when the first one is answered.
    auto waiting = std::async(std::launch::async, [port = site.port(), reload] {
        http::test::Client client(port);
        client.send(reload + reload);
        const auto first = client.read_reply();
        const auto second = client.read_reply();
        return std::pair{first ? first->status : 0, second ? second->status : 0};
    });
    auto part = later(site, "/cam1/" + hinted(text));
    const auto looks = site.recordings().looks();
    REQUIRE(Harness::until([&] { return site.recordings().looks() >= looks + 4; }));
    site.stop();
    REQUIRE(Harness::until([&] {
        return is_ready(part) && waiting.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    }));
    CHECK(waiting.get() == std::pair{503, 503});
    CHECK(part.get()->status == 503);
}

TEST_CASE("whoever begins to watch a window opens a session, and nobody too many") {
    Site site;
    record(site, 42);
    PathStatus path;
    path.name = "cam1";
    path.available_since_us = 1;
    site.paths().set(path);
    CHECK(site.get("/cam1/index.m3u8?window=2h").status == 200);
    CHECK(site.counted.empty());
    CHECK(site.get("/cam1/index.m3u8?window=2h&session=one").status == 200);
    CHECK(site.counted == std::vector{Counts::session});
    site.is_too_many = true;
    CHECK(site.get("/cam1/index.m3u8?window=2h&session=one").status == 200);
    const auto looks = site.recordings().looks();
    CHECK(site.get("/cam1/index.m3u8?window=1h&session=two").status == 429);
    CHECK(site.counted.size() == 2);
    CHECK(site.recordings().looks() == looks);
}

TEST_CASE("below ~rewind/ there is nothing older than a window may be") {
    Site site;
    const double day = 24.0 * 3600;
    const auto at_window = [&](double age, std::int64_t chain) {
        const double start = now() - age;
        const auto parts = site.recordings().parts(site.add({"long"}, start, chain));
        return fmt::format("{}_{}-", at_us(start), parts.front().offset);
    };
    const std::string old = at_window(day + 120, 1);
    const std::string young = at_window(day - 60, 2);
    const auto init = [](const std::string& name) { return name.substr(0, name.find('_')) + "_init.mp4"; };
    CHECK(site.get("/cam1/~rewind/" + young + "part.mp4").status == 200);
    CHECK(site.get("/cam1/~rewind/" + init(young)).status == 200);
    CHECK(site.get("/cam1/~rewind/" + old + "part.mp4").status == 404);
    CHECK(site.get("/cam1/~rewind/" + init(old)).status == 404);
    CHECK(site.get("/cam1/~recorded/" + old + "part.mp4").status == 200);
    CHECK(site.get("/cam1/~recorded/" + init(old)).status == 200);
}
