#include "await.hpp"
#include "go_time.hpp"
#include "segments_body.hpp"
#include "testing.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <ctime>
#include <future>

using namespace rill;
using namespace rill::api::testing;

namespace {

/// The process is in this time zone, and in UTC afterwards.
struct InZone {
    explicit InZone(const char* zone) {
        ::setenv("TZ", zone, 1);
        ::tzset();
    }
    InZone(const InZone&) = delete;
    InZone& operator=(const InZone&) = delete;
    ~InZone() {
        ::setenv("TZ", "UTC", 1);
        ::tzset();
    }
};

/// The next bytes of a body.
Result<std::string> read(http::BodySource& body, std::size_t at_most) {
    std::promise<Result<std::string>> answer;
    body.read(0, at_most, [&answer](Result<http::BodySource::Piece> piece) {
        if (!piece) return answer.set_value(piece.error());
        std::string text;
        for (const Ref<GBytes>& bytes : *piece) {
            gsize size = 0;
            const auto* data = static_cast<const char*>(g_bytes_get_data(bytes.get(), &size));
            text.append(data, size);
        }
        answer.set_value(std::move(text));
    });
    auto future = answer.get_future();
    REQUIRE(future.wait_for(test::patience()) == std::future_status::ready);
    return future.get();
}

std::string delete_url(const std::string& path, const std::string& start) {
    return "/v3/recordings/deletesegment?path=" + path + "&start=" + start;
}

}  // namespace

TEST_CASE("times are written as Go writes them") {
    {
        const InZone zone("UTC");
        CHECK(api::go_time(ten_us) == "2026-01-08T10:00:00Z");
        CHECK(api::go_time(ten_us + 120'000) == "2026-01-08T10:00:00.12Z");
        CHECK(api::go_time(ten_us + 1) == "2026-01-08T10:00:00.000001Z");
        CHECK(api::go_time(-1) == "1969-12-31T23:59:59.999999Z");
    }
    {
        const InZone zone("IST-5:30");  // POSIX counts the other way round
        CHECK(api::go_time(ten_us + 500'000) == "2026-01-08T15:30:00.5+05:30");
    }
    const InZone zone("BRT+3");
    CHECK(api::go_time(ten_us) == "2026-01-08T07:00:00-03:00");
    for (const std::int64_t time : {ten_us, ten_us + 123'456, std::int64_t{-1}})
        CHECK(*parse_rfc3339(api::go_time(time)) == time);
}

TEST_CASE("a recording is listed as Go would write it") {
    const InZone zone("CET-1");
    ApiSite site;
    site.add(0, 10, 1);
    site.add(10.25, 20, 1);
    const auto reply = site.get("/v3/recordings/get/cam1");
    CHECK(reply.status == 200);
    CHECK(reply.headers.at("content-type") == "application/json");
    CHECK(reply.body == R"({"name":"cam1","segments":[{"start":"2026-01-08T11:00:00+01:00"},)"
                        R"({"start":"2026-01-08T11:00:10.25+01:00"}]})");
    CHECK(site.call("HEAD", "/v3/recordings/get/none").status == 404);
    CHECK(site.get("/v3/recordings/get/none").status == 404);
    CHECK_FALSE(site.get("/v3/recordings/get/none").error().empty());
}

TEST_CASE("lists are paged") {
    ApiSite site;
    for (const std::string name : {"a", "b/c", "d\"e", "f", "g"}) {
        site.add(0, 10, 1, name);
        site.add(10, 20, 1, name);
    }
    const Json all = site.json("GET", "/v3/recordings/list");
    CHECK(all["pageCount"].integer() == 1);
    CHECK(all["itemCount"].integer() == 5);
    REQUIRE(all["items"].items().size() == 5);
    CHECK(all["items"].items()[2]["name"].text() == "d\"e");
    CHECK(all["items"].items()[4]["segments"].items().size() == 2);
    const Json second = site.json("GET", "/v3/recordings/list?itemsPerPage=2&page=1");
    CHECK(second["pageCount"].integer() == 3);
    CHECK(second["itemCount"].integer() == 5);
    REQUIRE(second["items"].items().size() == 2);
    CHECK(second["items"].items()[0]["name"].text() == "d\"e");
    CHECK(site.json("GET", "/v3/recordings/list?itemsPerPage=2&page=2")["items"].items().size() == 1);
    CHECK(site.json("GET", "/v3/recordings/list?itemsPerPage=2&page=3")["items"] == Json::array());
    for (const std::string query : {"itemsPerPage=0", "itemsPerPage=x", "page=-1", "page=1.5"})
        CHECK(site.get("/v3/recordings/list?" + query).status == 400);
}

TEST_CASE("an empty list is a list") {
    ApiSite site;
    CHECK(site.get("/v3/recordings/list").body == R"({"pageCount":0,"itemCount":0,"items":[]})");
}

TEST_CASE("a list of many segments is made a turn at a time") {
    ApiSite site;
    constexpr int many = 12'000;
    for (int i = 0; i < many; ++i)
        site.add(i, i + 1, 1);
    for (int i = 0; i < 1000; ++i)  // ends with a turn
        site.add(i, i + 1, 1, "cam2");
    const Json list = site.json("GET", "/v3/recordings/list");
    REQUIRE(list["items"].items().size() == 2);
    const auto segments = list["items"].items()[0]["segments"].items();
    REQUIRE(segments.size() == many);
    for (int i = 0; i < many; ++i)
        REQUIRE(segments[static_cast<std::size_t>(i)]["start"].text() == api::go_time(at_us(i)));
    CHECK(list["items"].items()[1]["segments"].items().size() == 1000);
    CHECK(site.recordings().largest_look() <= api::segments_a_turn + 2);
    CHECK(site.recordings().looks() >= 14);
}

TEST_CASE("a list comes in pieces of any size") {
    const InZone zone("UTC");
    test::MemoryArchive archive;
    archive.add("a", ApiSite::segment(0, 10, 1));
    archive.add("a", ApiSite::segment(10, 20, 1));
    for (const std::size_t at_most : {1u, 7u, 1u << 18}) {
        INFO(at_most);
        api::SegmentsBody body(archive, {"a", "gone", "a"}, "[", "]");
        std::string text;
        for (;;) {
            const auto piece = read(body, at_most);
            REQUIRE(piece);
            REQUIRE(piece->size() <= at_most);
            if (piece->empty()) break;
            text += *piece;
        }
        const std::string a =
            R"({"name":"a","segments":[{"start":"2026-01-08T10:00:00Z"},{"start":"2026-01-08T10:00:10Z"}]})";
        CHECK(text == fmt::format(R"([{},{{"name":"gone","segments":[]}},{}])", a, a));
    }
}

TEST_CASE("a list that cannot be begun is an error, not half a list") {
    test::MemoryArchive archive;
    archive.refuse({Code::unavailable, "the disk is gone"});
    api::SegmentsBody body(archive, {"a"}, "[", "]");
    const auto piece = read(body, 1000);
    REQUIRE_FALSE(piece);
    CHECK(piece.error().message == "the disk is gone");
}

TEST_CASE("a segment is deleted by its start, however the zone is written") {
    const InZone zone("UTC");
    ApiSite site;
    for (int i = 0; i < 4; ++i)
        site.add(i * 10.5, i * 10.5 + 10.5, 1);
    CHECK(site.json("DELETE", delete_url("cam1", "2026-01-08T10:00:10.5Z")).dump() == R"({"status":"ok"})");
    CHECK(site.json("DELETE", delete_url("cam1", "2026-01-08T12:00:00%2B02:00")).dump() ==
          R"({"status":"ok"})");
    const Json rest = site.json("GET", "/v3/recordings/get/cam1");
    REQUIRE(rest["segments"].items().size() == 2);
    CHECK(rest["segments"].items()[0]["start"].text() == "2026-01-08T10:00:21Z");
    const std::string start = rest["segments"].items()[1]["start"].text().value_or("");
    CHECK(site.call("DELETE", delete_url("cam1", start)).status == 200);
    CHECK(site.json("GET", "/v3/recordings/get/cam1")["segments"].items().size() == 1);
}

TEST_CASE("what is not to be deleted stays") {
    ApiSite site;
    site.add(0, 10, 1);
    auto open = ApiSite::segment(10, 15, 1);
    open.open = true;
    site.recordings().add("cam1", open);
    auto locked = ApiSite::segment(20, 30, 2);
    locked.locked = true;
    site.recordings().add("cam1", locked);
    site.add(40, 60, 3);
    site.add(45, 50, 4);  // the clock was set back
    CHECK(site.call("DELETE", delete_url("cam1", at(1))).status == 404);
    CHECK(site.call("DELETE", delete_url("cam2", at(0))).status == 404);
    CHECK(site.call("DELETE", delete_url("cam1", at(10))).status == 409);
    CHECK(site.call("DELETE", delete_url("cam1", at(20))).status == 409);
    CHECK(site.call("DELETE", delete_url("cam1", at(40))).status == 409);
    CHECK(site.call("DELETE", delete_url("cam1", "")).status == 400);
    CHECK(site.call("DELETE", delete_url("cam1", "yesterday")).status == 400);
    CHECK(site.call("DELETE", delete_url("", at(0))).status == 400);
    CHECK(site.json("GET", "/v3/recordings/get/cam1")["segments"].items().size() == 5);
    CHECK(site.call("DELETE", delete_url("cam1", at(45))).status == 200);
    CHECK(site.call("DELETE", delete_url("cam1", at(40))).status == 200);
}

TEST_CASE("MediaMTX's requests have their methods, and others are not there") {
    ApiSite site;
    site.add(0, 10, 1);
    CHECK(site.call("POST", "/v3/recordings/list").status == 405);
    CHECK(site.call("DELETE", "/v3/recordings/get/cam1").status == 405);
    const auto get = site.get(delete_url("cam1", at(0)));
    CHECK(get.status == 405);
    CHECK(get.headers.at("allow") == "DELETE");
    for (const std::string target : {"/v3/recordings/", "/v3/recordings/get/", "/v3/recordings/lists"})
        CHECK(site.get(target).status == 404);
    CHECK(site.call("OPTIONS", "/v3/recordings/list").status == 204);
}
