// Byte ranges and conditional requests.
#include "catch.hpp"
#include "harness.hpp"
#include "http_date.hpp"
#include "pattern_source.hpp"

#include <rill/http_range.hpp>

#include <fmt/format.h>

using namespace rill;
using namespace rill::http;
using namespace rill::http::test;

namespace {

constexpr std::uint64_t huge = std::uint64_t{5} << 40;
constexpr std::int64_t changed_at = 784111777;
const std::string changed_date = "Sun, 06 Nov 1994 08:49:37 GMT";

ByteRange part(std::uint64_t first, std::uint64_t count) {
    return {ByteRange::Kind::part, first, count};
}

Request with_header(const std::string& name, const std::string& value) {
    Request request;
    request.headers[name] = value;
    return request;
}

/// Serves a pattern of `size` bytes to requests for ranges.
struct Resumable : Harness {
    explicit Resumable(std::uint64_t size) : control(std::make_shared<SourceControl>()) {
        control->size = size;
        server().on_request([this](Exchange exchange) {
            auto source = std::make_unique<PatternSource>(control);
            exchange.respond(resumable_answer(exchange.request(), "video/mp4", std::move(source),
                                              {"\"tag\"", changed_at}));
        });
    }
    ~Resumable() {
        CHECK(until([this] { return control->alive == 0; }));
    }
    Reply get_with(std::string_view headers) {
        const auto reply = call(get("/", headers));
        REQUIRE(reply);
        return *reply;
    }
    const std::shared_ptr<SourceControl> control;
};

}  // namespace

TEST_CASE("a Range header is read", "[http][ranges]") {
    struct Row {
        const char* header;
        std::uint64_t size;
        ByteRange expected;
    };
    const ByteRange whole;
    const ByteRange outside{ByteRange::Kind::unsatisfiable};
    const Row rows[] = {
        {"bytes=0-0", 10, part(0, 1)},
        {"bytes=2-5", 10, part(2, 4)},
        {"bytes=9-9", 10, part(9, 1)},
        {"bytes=9-", 10, part(9, 1)},
        {"bytes=0-", 10, part(0, 10)},
        {"bytes=4-100", 10, part(4, 6)},
        {"bytes=0-18446744073709551615", 10, part(0, 10)},
        {"bytes=-1", 10, part(9, 1)},
        {"bytes=-10", 10, part(0, 10)},
        {"bytes=-11", 10, part(0, 10)},
        {"BYTES=1-2", 10, part(1, 2)},
        {"bytes=5497558138879-", huge, part(huge - 1, 1)},
        {"bytes=10-", 10, outside},
        {"bytes=10-20", 10, outside},
        {"bytes=18446744073709551615-", 10, outside},
        {"bytes=-0", 10, outside},
        {"bytes=0-", 0, outside},
        {"bytes=0-0", 0, outside},
        {"bytes=-0", 0, outside},
        {"bytes=-5", 0, whole},
        {"", 10, whole},
        {"bytes", 10, whole},
        {"bytes=", 10, whole},
        {"bytes=-", 10, whole},
        {"bytes=5", 10, whole},
        {"bytes=5-4", 10, whole},
        {"bytes=0-1,3-4", 10, whole},
        {"bytes=0-1,", 10, whole},
        {"bytes=a-b", 10, whole},
        {"bytes=+1-2", 10, whole},
        {"bytes=1-+2", 10, whole},
        {"bytes=--1", 10, whole},
        {"bytes=1--1", 10, whole},
        {"bytes= 1-2", 10, whole},
        {"bytes=0x1-2", 10, whole},
        {"bytes=99999999999999999999-", 10, whole},
        {"lines=1-2", 10, whole},
    };
    for (const Row& row : rows) {
        INFO(row.header << " of " << row.size);
        CHECK(parse_range(row.header, row.size) == row.expected);
    }
}

TEST_CASE("conditions compare tags and dates", "[http][ranges]") {
    const Validators strong{"\"a,b\"", changed_at};
    const Validators weak{"W/\"a\"", std::nullopt};
    const auto unchanged = [](const std::string& tags, const Validators& validators) {
        return is_unchanged(with_header("if-none-match", tags), validators);
    };
    const auto obeyed = [](const std::string& condition, const Validators& validators) {
        return obeys_range(with_header("if-range", condition), validators);
    };
    CHECK(http_date(changed_at) == changed_date);

    for (const char* tags : {"\"a,b\"", "W/\"a,b\"", "*", "\"x\", \"a,b\"", "\"x\",W/\"a,b\" , \"y\""}) {
        INFO(tags);
        CHECK(unchanged(tags, strong));
    }
    for (const char* tags : {"\"a\"", "a,b", "\"a,b", "W/", "\"x\" \"", ",,", "\"*\""}) {
        INFO(tags);
        CHECK_FALSE(unchanged(tags, strong));
    }
    CHECK(unchanged("\"a\"", weak));
    CHECK_FALSE(unchanged("\"\"", {}));

    CHECK(is_unchanged(with_header("if-modified-since", changed_date), strong));
    CHECK_FALSE(is_unchanged(with_header("if-modified-since", http_date(changed_at + 1)), strong));
    CHECK_FALSE(is_unchanged(with_header("if-modified-since", changed_date), weak));
    Request both = with_header("if-modified-since", changed_date);
    both.headers["if-none-match"] = "\"other\"";
    CHECK_FALSE(is_unchanged(both, strong));

    CHECK(obeys_range(Request(), strong));
    CHECK(obeyed("\"a,b\"", strong));
    CHECK(obeyed(changed_date, strong));
    CHECK_FALSE(obeyed("\"a\"", strong));
    CHECK_FALSE(obeyed("W/\"a,b\"", strong));
    CHECK_FALSE(obeyed("W/\"a\"", weak));
    CHECK_FALSE(obeyed(http_date(changed_at - 1), strong));
    CHECK_FALSE(obeyed(changed_date, weak));
    CHECK_FALSE(obeyed("*", strong));
}

TEST_CASE("ranges are exact to the byte", "[http][ranges]") {
    constexpr std::size_t size = 3 * 1024 * 1024 + 7;
    Resumable serving(size);
    const auto fetch = [&](std::uint64_t first, std::uint64_t last) {
        const auto reply = serving.get_with(fmt::format("Range: bytes={}-{}\r\n", first, last));
        CHECK(reply.status == 206);
        CHECK(reply.headers.at("content-range") == fmt::format("bytes {}-{}/{}", first, last, size));
        CHECK(reply.headers.at("content-type") == "video/mp4");
        return reply.body == pattern(first, static_cast<std::size_t>(last - first + 1));
    };
    CHECK(fetch(0, 0));
    CHECK(fetch(1, 8));
    CHECK(fetch(size - 1, size - 1));
    CHECK(fetch((256u << 10) - 1, 512u << 10));
    CHECK(fetch(0, size - 1));
    CHECK(fetch(13, size - 1));
    CHECK(serving.get_with("Range: bytes=-9\r\n").body == pattern(size - 9, 9));
    CHECK(serving.get_with("Range: bytes=3145730-\r\n").body == pattern(3145730, size - 3145730));
}

TEST_CASE("answers say what can be resumed", "[http][ranges]") {
    Resumable serving(1000);
    for (const char* headers : {"", "Range: bytes=0-1,5-6\r\n", "Range: bytes=x\r\n",
                                "Range: bytes=0-1\r\nIf-Range: \"other\"\r\n"}) {
        INFO(headers);
        const auto reply = serving.get_with(headers);
        CHECK(reply.status == 200);
        CHECK(reply.body == pattern(0, 1000));
        CHECK(reply.headers.at("accept-ranges") == "bytes");
        CHECK(reply.headers.at("etag") == "\"tag\"");
        CHECK(reply.headers.at("last-modified") == changed_date);
        CHECK_FALSE(reply.headers.contains("content-range"));
    }
    CHECK(serving.get_with("Range: bytes=0-1\r\nIf-Range: \"tag\"\r\n").status == 206);
    CHECK(serving.get_with(fmt::format("Range: bytes=0-1\r\nIf-Range: {}\r\n", changed_date)).status == 206);

    const int reads = serving.control->reads;
    const auto outside = serving.get_with("Range: bytes=1000-\r\n");
    CHECK(outside.status == 416);
    CHECK(outside.headers.at("content-range") == "bytes */1000");
    CHECK_FALSE(outside.error().empty());

    const auto unchanged = serving.get_with("Range: bytes=0-1\r\nIf-None-Match: \"tag\"\r\n");
    CHECK(unchanged.status == 304);
    CHECK(unchanged.headers.at("etag") == "\"tag\"");
    CHECK_FALSE(unchanged.headers.contains("content-length"));

    const auto head =
        serving.call("HEAD / HTTP/1.1\r\nHost: t\r\nRange: bytes=0-1\r\nConnection: close\r\n\r\n");
    REQUIRE(head);
    CHECK(head->status == 200);
    CHECK(head->headers.at("content-length") == "1000");
    CHECK(head->headers.at("accept-ranges") == "bytes");
    CHECK(serving.control->reads == reads);
}

TEST_CASE("ranges of nothing", "[http][ranges]") {
    Resumable serving(0);
    CHECK(serving.get_with("").status == 200);
    CHECK(serving.get_with("").headers.at("content-length") == "0");
    CHECK(serving.get_with("Range: bytes=-1\r\n").status == 200);
    const auto outside = serving.get_with("Range: bytes=0-\r\n");
    CHECK(outside.status == 416);
    CHECK(outside.headers.at("content-range") == "bytes */0");
    CHECK(serving.control->reads == 0);
}

TEST_CASE("a body of unknown size has no ranges", "[http][ranges]") {
    Resumable serving(1000);
    serving.control->says_size = false;
    const auto reply = serving.get_with("Range: bytes=0-1\r\n");
    CHECK(reply.status == 200);
    CHECK(reply.headers.at("transfer-encoding") == "chunked");
    CHECK_FALSE(reply.headers.contains("accept-ranges"));
}
