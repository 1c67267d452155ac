// Headers, and what is answered where there is no picture.
#include "testing.hpp"

#include <rill/json.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

using namespace rill;
using namespace rill::preview::testing;

namespace {

const std::string url = "/api/v1/streams/cam1/preview.jpg?time=" + at(0.5);

/// `before` and `after`, "" for what is null.
std::pair<std::string, std::string> neighbours(const http::test::Reply& reply) {
    REQUIRE(reply.status == 404);
    CHECK_FALSE(reply.error().empty());
    CHECK(reply.headers.at("cache-control") == "no-store");
    const auto body = Json::parse(reply.body);
    REQUIRE(body);
    CHECK(body->contains("before"));
    CHECK(body->contains("after"));
    return {(*body)["before"].text().value_or(""), (*body)["after"].text().value_or("")};
}

using Bytes = std::vector<std::uint8_t>;

/// A recording of its own that the test breaks behind the index' back.
struct Breakable {
    PreviewSite& site;
    TemporaryFile file;
    std::int64_t id = 0;

    explicit Breakable(PreviewSite& at_site) : site(at_site) {
        file.write(recorded_bytes("hd"));
        id = site.recordings().add("cam1", file.path(), at_us(100), 2);
    }
    void break_with(const std::function<void(Bytes&, const std::vector<RecordedPart>&)>& change) const {
        Bytes bytes = recorded_bytes("hd");
        change(bytes, site.recordings().parts(id));
        file.write(bytes);
    }
    /// The answer for it, and a look whether the site still works.
    http::test::Reply ask() const {
        auto reply = site.preview(at(100.5));
        CHECK(site.preview(at(0.5)).status == 200);
        return reply;
    }
};

}  // namespace

TEST_CASE("an answer can be kept and asked for again") {
    PreviewSite site;
    site.add("hd", 0);
    const auto reply = site.get(url);
    REQUIRE(reply.status == 200);
    CHECK(reply.headers.at("content-type") == "image/jpeg");
    CHECK(reply.headers.at("content-length") == std::to_string(reply.body.size()));
    CHECK(reply.headers.at("cache-control") == "private, max-age=86400, immutable");
    const std::string etag = reply.headers.at("etag");
    CHECK(etag.size() > 4);
    CHECK(site.preview(at(0.7)).headers.at("etag") == etag);
    CHECK(site.preview(at(1.7)).headers.at("etag") != etag);
    CHECK(site.preview(at(0.5), "&width=320").headers.at("etag") != etag);

    const auto unchanged = site.call("GET", url, fmt::format("If-None-Match: {}\r\n", etag));
    CHECK(unchanged.status == 304);
    CHECK(unchanged.body.empty());
    CHECK(unchanged.headers.at("etag") == etag);
    CHECK(site.call("GET", url, "If-None-Match: \"other\"\r\n").body == reply.body);

    const auto head = site.call("HEAD", url);
    CHECK(head.status == 200);
    CHECK(head.headers.at("content-length") == reply.headers.at("content-length"));
    CHECK(head.headers.at("etag") == etag);
}

TEST_CASE("pages from elsewhere may read previews") {
    PreviewSite site;
    site.add("hd", 0);
    const auto reply = site.call("GET", url, "Origin: https://example.org\r\n");
    CHECK(reply.headers.at("access-control-allow-origin") == "*");
    CHECK(reply.headers.at("access-control-expose-headers").find("x-rill-time") != std::string::npos);
    const auto preflight = site.call("OPTIONS", url, "Origin: https://example.org\r\n");
    CHECK(preflight.status == 204);
    CHECK(preflight.headers.at("access-control-allow-methods") == "OPTIONS, GET, HEAD");
    CHECK(site.preview(at(50)).headers.at("access-control-allow-origin") == "*");
}

TEST_CASE("other methods are refused") {
    PreviewSite site;
    for (const std::string method : {"POST", "PUT", "DELETE", "PATCH"}) {
        const auto reply = site.call(method, url);
        CHECK(reply.status == 405);
        CHECK(reply.headers.at("allow") == "GET, HEAD, OPTIONS");
    }
}

TEST_CASE("where nothing is recorded the nearest times are told") {
    PreviewSite site;
    site.add("hd", 0, 1);
    site.add("hd", 100, 2);
    CHECK(neighbours(site.preview(at(50))) == std::pair(at(3), at(100)));
    CHECK(neighbours(site.preview(at(-1))) == std::pair(std::string(), at(0)));
    CHECK(neighbours(site.preview(at(1000))) == std::pair(at(103), std::string()));
    CHECK(neighbours(site.preview("1800-01-01T00:00:00Z")) == std::pair(std::string(), at(0)));
    const auto unknown = site.get("/api/v1/streams/no/such/preview.jpg?time=" + at(0));
    CHECK(neighbours(unknown) == std::pair(std::string(), std::string()));
    CHECK(unknown.error().find("no/such") != std::string::npos);
}

TEST_CASE("names of paths may have slashes") {
    PreviewSite site;
    site.recordings().add("site/door", recording("hd").path(), at_us(0), 1);
    CHECK(site.get("/api/v1/streams/site/door/preview.jpg?time=" + at(0.5)).status == 200);
}

TEST_CASE("what makes no sense is refused") {
    PreviewSite site;
    site.add("hd", 0);
    const std::string time = "time=" + at(0.5);
    for (const std::string& query : {std::string(),
                                     std::string("time="),
                                     std::string("width=160"),
                                     std::string("time=yesterday"),
                                     std::string("time=-1"),
                                     std::string("time=-0.001"),
                                     std::string("time=1e300"),
                                     std::string("time=1e11"),
                                     std::string("time=nan"),
                                     std::string("time=inf"),
                                     std::string("time=30s"),
                                     std::string("time=99999999999999999999"),
                                     std::string("time=%00"),
                                     std::string("time=2026-13-01T00:00:00Z"),
                                     time + "&width=0",
                                     time + "&width=-160",
                                     time + "&width=62",
                                     time + "&width=642",
                                     time + "&width=161",
                                     time + "&width=160.5",
                                     time + "&width=160px",
                                     time + "&width=99999999999999999999",
                                     time + "&width=1e2",
                                     time + "&width=%ff"}) {
        INFO(query);
        const auto reply = site.get("/api/v1/streams/cam1/preview.jpg?" + query);
        CHECK(reply.status == 400);
        CHECK_FALSE(reply.error().empty());
    }
    CHECK(site.get(url).status == 200);
}

TEST_CASE("sound alone has no pictures") {
    PreviewSite site;
    site.add("sound", 0);
    const auto reply = site.preview(at(0.5));
    CHECK(reply.status == 404);
    CHECK(reply.error().find("sound") != std::string::npos);
}

TEST_CASE("a file that is gone has no pictures") {
    PreviewSite site;
    site.add("hd", 0);
    const Breakable broken(site);
    std::filesystem::remove(broken.file.path());
    CHECK(broken.ask().status == 404);
}

TEST_CASE("a damaged file is said to be damaged, and the next picture comes") {
    PreviewSite site;
    site.add("hd", 0);
    const Breakable broken(site);
    const auto check_damaged =
        [&](const std::string& what,
            const std::function<void(Bytes&, const std::vector<RecordedPart>&)>& change) {
            INFO(what);
            broken.break_with(change);
            const auto reply = broken.ask();
            INFO(reply.error());
            CHECK(reply.status == 500);
            CHECK(reply.error().find("damaged") != std::string::npos);
        };
    check_damaged("no head", [](Bytes& bytes, const auto&) { bytes.resize(100); });
    check_damaged("no bytes", [](Bytes& bytes, const auto&) { bytes.clear(); });
    check_damaged("zeros in the head", [](Bytes& bytes, const auto& parts) {
        std::fill_n(bytes.begin(), parts[0].offset, std::uint8_t{0});
    });
    check_damaged("no part", [](Bytes& bytes, const auto& parts) { bytes.resize(parts[0].offset); });
    check_damaged("half a moof", [](Bytes& bytes, const auto& parts) { bytes.resize(parts[0].offset + 60); });
    check_damaged("half a picture", [](Bytes& bytes, const auto& parts) {
        bytes.resize(parts[0].offset + std::min<std::size_t>(parts[0].bytes - 1, 600));
    });
    for (const std::uint8_t junk : {0x00, 0xff, 0x55}) {
        check_damaged(fmt::format("a moof of {}", junk), [junk](Bytes& bytes, const auto& parts) {
            for (std::size_t part = 0; part < 3; ++part)
                std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(parts[part].offset), 400, junk);
        });
    }
}

TEST_CASE("a picture that cannot be decoded is an error, and the next one comes") {
    PreviewSite site;
    site.add("hd", 0);
    const Breakable broken(site);
    for (const std::uint8_t junk : {0x00, 0xff, 0x55}) {
        INFO(int{junk});
        broken.break_with([junk](Bytes& bytes, const std::vector<RecordedPart>& parts) {
            // From the first picture's first slice to the end of the part, but for the moof.
            const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(parts[0].offset);
            const std::string_view name = "mdat";
            const auto data = std::search(begin, bytes.end(), name.begin(), name.end()) + 4;
            std::fill(data, begin + parts[0].bytes, junk);
        });
        const auto reply = broken.ask();
        CHECK(reply.status == 500);
        CHECK_FALSE(reply.error().empty());
    }
}

TEST_CASE("without recordings there are no previews") {
    PreviewSite site;
    site.lose_archive();
    const auto reply = site.get(url);
    CHECK(reply.status == 503);
    CHECK(reply.headers.at("retry-after") == "1");
}

TEST_CASE("who comes after the end is answered") {
    PreviewSite site;
    site.add("hd", 0);
    CHECK(site.get(url).status == 200);
    site.stop();
    CHECK(site.get(url).status == 503);
}
