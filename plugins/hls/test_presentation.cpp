#include "catch.hpp"
#include "presentation.hpp"
#include "testing.hpp"

using namespace rill;
using namespace rill::hls;
using namespace rill::hls::testing;

namespace {

struct Answer {
    std::optional<http::Response> response;
    int count = 0;
    int status() const { return response ? response->status : 0; }
    std::string text() const {
        std::string text;
        if (!response) return text;
        for (const auto& chunk : response->body) {
            gsize size = 0;
            const auto* data = static_cast<const char*>(g_bytes_get_data(chunk.get(), &size));
            text.append(data, size);
        }
        return text;
    }
};

struct Stage {
    FakeClock clock;
    Presentation presentation{clock};
    Window* window = nullptr;

    void begin(Nanoseconds part_target = milliseconds(200)) {
        window = &presentation.begin({seconds(2), part_target, 7, 1 << 30, 0}, 25);
    }
    /// A part; a segment has five.
    void grow(int parts = 1) {
        for (int i = 0; i < parts; ++i) {
            const std::uint64_t number = window->next_part();
            if (number % 5 == 0) {
                auto init = std::make_shared<Init>();
                init->bytes = Ref<GBytes>::adopt(g_bytes_new_static("init", 4));
                init->formats = {h264()};
                window->open(
                    {init, 1'700'000'000'000'000 + static_cast<std::int64_t>(number) * 200'000, false, true});
            }
            window->append(milliseconds(200), number % 5 == 0,
                           {Ref<GBytes>::adopt(g_bytes_new_static("part", 4))});
        }
        presentation.changed();
    }
    std::shared_ptr<Answer> get(const std::string& name, std::map<std::string, std::string> query = {},
                                const std::string& range = "") {
        auto answer = std::make_shared<Answer>();
        http::Request request;
        request.method = "GET";
        request.query = std::move(query);
        if (!range.empty()) request.headers["range"] = range;
        const auto reply = [answer](http::Response response) {
            ++answer->count;
            answer->response = std::move(response);
        };
        if (name == "index.m3u8") {
            presentation.index(
                "?session=s", [](const Format&, double) { return std::vector<VariantStream>(); }, reply);
        } else {
            presentation.serve(name, request, "?session=s", reply);
        }
        return answer;
    }
    std::string media() const { return presentation.names().media(); }
};

}  // namespace

TEST_CASE("the first playlists are held until a player can start") {
    Stage stage;
    const auto index = stage.get("index.m3u8");
    const auto media = stage.get("stream.m3u8");
    stage.begin();
    CHECK(index->count == 0);
    stage.grow();
    CHECK(index->status() == 200);
    stage.grow();
    CHECK(media->count == 0);
    stage.grow();
    CHECK(index->text().find(stage.media() + "?session=s") != std::string::npos);
    CHECK(media->status() == 200);
    CHECK(stage.get("index.m3u8")->status() == 200);
}

TEST_CASE("without parts two segments are needed") {
    Stage stage;
    stage.begin(Nanoseconds(0));
    const auto media = stage.get(stage.media());
    stage.grow(10);
    CHECK(media->count == 0);
    stage.grow();
    CHECK(media->status() == 200);
    CHECK(stage.get(stage.media(), {{"_HLS_msn", "999"}})->status() == 200);  // not offered, so ignored
}

TEST_CASE("a blocking reload is answered by the part it asks for") {
    Stage stage;
    stage.begin();
    stage.grow(7);  // segment 0, two parts of segment 1
    const auto there = stage.get(stage.media(), {{"_HLS_msn", "1"}, {"_HLS_part", "1"}});
    CHECK(there->status() == 200);
    const auto next = stage.get(stage.media(), {{"_HLS_msn", "1"}, {"_HLS_part", "2"}});
    const auto whole = stage.get(stage.media(), {{"_HLS_msn", "1"}});
    const auto beyond = stage.get(stage.media(), {{"_HLS_msn", "1"}, {"_HLS_part", "5"}});
    CHECK(next->count == 0);
    stage.grow();
    CHECK(next->status() == 200);
    CHECK(Playlist(next->text()).entries.back().parts.size() == 3);
    stage.grow(2);
    CHECK(whole->count == 0);
    stage.window->close();
    stage.presentation.changed();
    CHECK(whole->status() == 200);
    // Beyond the last part of a segment is part 0 of the next.
    CHECK(beyond->count == 0);
    stage.grow();
    CHECK(beyond->status() == 200);
    CHECK(stage.presentation.held() == 0);
    CHECK(next->count == 1);
    // What is long gone is answered with what there is.
    stage.grow(100);
    CHECK(stage.get(stage.media(), {{"_HLS_msn", "0"}, {"_HLS_part", "3"}})->status() == 200);
}

TEST_CASE("a reload too far ahead or malformed is a bad request") {
    Stage stage;
    stage.begin();
    stage.grow(7);
    using Query = std::map<std::string, std::string>;
    for (const Query& query :
         {Query{{"_HLS_msn", "4"}}, Query{{"_HLS_part", "1"}}, Query{{"_HLS_msn", "-1"}},
          Query{{"_HLS_msn", "x"}}, Query{{"_HLS_msn", "99999999999999999999"}},
          Query{{"_HLS_msn", "1"}, {"_HLS_part", "x"}}, Query{{"_HLS_msn", "18446744073709551615"}},
          Query{{"_HLS_msn", "1"}, {"_HLS_part", "18"}}, Query{{"_HLS_msn", "2"}, {"_HLS_part", "16"}}}) {
        const auto answer = stage.get(stage.media(), query);
        CHECK(answer->status() == 400);
    }
    CHECK(stage.get(stage.media(), {{"_HLS_msn", "3"}})->count == 0);
    CHECK(stage.get(stage.media(), {{"_HLS_msn", "1"}, {"_HLS_part", "17"}})->count == 0);
    // The last segment may have more parts than may be asked for in advance.
    CHECK(stage.get(stage.media(), {{"_HLS_msn", "0"}, {"_HLS_part", "5"}})->status() == 200);
}

TEST_CASE("a reload that waited for three target durations is given up") {
    Stage stage;
    stage.begin();
    stage.grow(7);
    const auto answer = stage.get(stage.media(), {{"_HLS_msn", "1"}, {"_HLS_part", "2"}});
    stage.clock.advance(milliseconds(5900));
    stage.presentation.tick();
    CHECK(answer->count == 0);
    stage.clock.advance(milliseconds(200));
    stage.presentation.tick();
    CHECK(answer->status() == 503);
    stage.grow();
    CHECK(answer->count == 1);
}

TEST_CASE("the end answers everything that waits") {
    Stage stage;
    stage.begin();
    stage.grow(7);
    const auto answer = stage.get(stage.media(), {{"_HLS_msn", "1"}, {"_HLS_part", "2"}});
    stage.presentation.end({Code::not_found, "the camera was unplugged"});
    CHECK(answer->status() == 404);
    CHECK(answer->text().find("the camera was unplugged") != std::string::npos);
}

TEST_CASE("as many requests may wait as are allowed") {
    Stage stage;
    stage.begin();
    stage.grow(7);
    for (int i = 0; i < 1024; ++i)
        CHECK(stage.get(stage.media(), {{"_HLS_msn", "2"}})->count == 0);
    CHECK(stage.get(stage.media(), {{"_HLS_msn", "2"}})->status() == 429);
    stage.grow(10);
    CHECK(stage.presentation.held() == 0);
}

TEST_CASE("the hinted part is held until it exists, others are not") {
    Stage stage;
    stage.begin();
    stage.grow(4);
    const Names& names = stage.presentation.names();
    const auto hinted = stage.get(names.part(4));
    CHECK(hinted->count == 0);
    CHECK(stage.get(names.part(5))->status() == 404);
    stage.grow();
    CHECK(hinted->status() == 200);
    CHECK(hinted->text() == "part");
    CHECK(hinted->response->content_type == "video/mp4");
}

TEST_CASE("files are found by their names as long as they are kept") {
    Stage stage;
    stage.begin();
    stage.grow(12);
    const Names& names = stage.presentation.names();
    CHECK(stage.get(names.init(0))->text() == "init");
    CHECK(stage.get(names.segment(0))->text() == "partpartpartpartpart");
    CHECK(stage.get(names.segment(0), {}, "bytes=2-5")->text() == "rtpa");
    CHECK(stage.get(names.segment(0), {}, "bytes=100-")->status() == 416);
    CHECK(stage.get(names.segment(2))->status() == 404);  // in progress
    stage.grow(1000);
    CHECK(stage.get(names.segment(0))->status() == 404);
    CHECK(stage.get(names.part(0))->status() == 404);
    for (const std::string& name :
         {std::string("x.mp4"), names.id + "_.mp4", names.id + "_seg.mp4", names.id + "_seg1x.mp4",
          names.id + "_part-1.mp4", names.id + "_segment1.mp4", names.id + "_seg1.ts",
          std::string("_seg1.mp4"), "0" + names.segment(1), std::string("other_stream.m3u8")}) {
        INFO(name);
        CHECK(stage.get(name)->status() == 404);
    }
}

TEST_CASE("no two presentations share a name") {
    FakeClock clock;
    CHECK(Presentation(clock).names().id != Presentation(clock).names().id);
    CHECK(Presentation(clock).names().id.size() == 12);
}
