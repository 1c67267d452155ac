// The parsers, without sockets: tables of what is taken and what is refused.
#include "catch.hpp"
#include "chunked_body.hpp"
#include "request_head.hpp"
#include "target.hpp"
#include "websocket_frames.hpp"

#include <rill/json.hpp>

#include <random>

using namespace rill;
using namespace rill::http;

namespace {

int refusal_of(std::string_view head) {
    const auto parsed = parse_request_head(head);
    const auto* refused = std::get_if<Refusal>(&parsed);
    return refused == nullptr ? 0 : refused->status;
}

int refusal_of_fields(std::string_view fields) {
    return refusal_of("POST / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n");
}

RequestHead head_of(std::string_view text) {
    auto parsed = parse_request_head(text);
    REQUIRE(std::holds_alternative<RequestHead>(parsed));
    return std::get<RequestHead>(std::move(parsed));
}

std::string path_of(std::string_view target) {
    const auto parsed = parse_target(target);
    return parsed ? parsed->path : "refused";
}

}  // namespace

TEST_CASE("paths are decoded, and what is ambiguous is refused", "[http][parsing]") {
    CHECK(path_of("/") == "/");
    CHECK(path_of("/cam1/index.m3u8") == "/cam1/index.m3u8");
    CHECK(path_of("/a%20b/%C3%A4") == "/a b/\xc3\xa4");
    CHECK(path_of("/100%25") == "/100%");
    CHECK(path_of("/%252e%252e/x") == "/%2e%2e/x");
    CHECK(path_of("/a//b/") == "/a//b/");
    CHECK(path_of("/...") == "/...");
    CHECK(path_of("/.well-known/x") == "/.well-known/x");
    CHECK(path_of("http://host:8080/a") == "/a");
    CHECK(path_of("HTTP://host") == "/");
    CHECK(path_of("http://host?a=b") == "/");

    for (const char* target : {"",
                               "a",
                               "*",
                               "host:80",
                               "ftp://host/a",
                               "/..",
                               "/.",
                               "/../etc/passwd",
                               "/a/../b",
                               "/a/./b",
                               "/a/..",
                               "/%2e%2e/a",
                               "/a/%2E%2e",
                               "/a/.%2e/b",
                               "/%2e",
                               "/..%2f..%2fetc",
                               "/a%2f%2E.%2Fb",
                               "/a%5cb",
                               "/..%5c..%5c",
                               "/a\\b",
                               "/a%00",
                               "/a%0d%0aX: y",
                               "/a%7f",
                               "/%",
                               "/%4",
                               "/%zz",
                               "/%ff",
                               "/%c3",
                               "/%ed%a0%80",
                               "/a#b",
                               "http://host/../a"}) {
        INFO(target);
        CHECK(path_of(target) == "refused");
    }
}

TEST_CASE("a slash that was encoded is told from the others", "[http][parsing]") {
    const auto encoded_slash_in = [](std::string_view target) {
        const auto parsed = parse_target(target);
        REQUIRE(parsed);
        return parsed->encoded_slash;
    };
    CHECK(encoded_slash_in("/a/b?c=%2F") == std::string::npos);
    CHECK(encoded_slash_in("/a%252Fb") == std::string::npos);
    CHECK(encoded_slash_in("/a%2fb%2Fc") == 2);
    CHECK(encoded_slash_in("http://host/%C3%A4/%2F") == 4);
    CHECK(path_of("/a%2fb%2Fc") == "/a/b/c");
}

TEST_CASE("queries are decoded as forms", "[http][parsing]") {
    const auto target = parse_target("/x?a=1&b=two+words&a=2&c&%64=%26%3D&e==&&f=");
    REQUIRE(target);
    CHECK(target->raw_query == "a=1&b=two+words&a=2&c&%64=%26%3D&e==&&f=");
    CHECK(target->query ==
          std::map<std::string, std::string>{
              {"a", "2"}, {"b", "two words"}, {"c", ""}, {"d", "&="}, {"e", "="}, {"f", ""}});
    CHECK_FALSE(parse_target("/x?a=%"));
    CHECK_FALSE(parse_target("/x?a=%00"));
    CHECK_FALSE(parse_target("/x?a=%ff"));
    CHECK(parse_target("/x?")->query.empty());
}

TEST_CASE("request heads", "[http][parsing]") {
    SECTION("a plain one") {
        const auto head = head_of(
            "GET /a?b=c HTTP/1.1\r\nHost: rill:8080\r\nX-Two:one \r\nx-two:\ttwo\r\nCookie: a\r\nCookie: "
            "b\r\n\r\n");
        CHECK(head.method == "GET");
        CHECK(head.target.path == "/a");
        CHECK(head.headers.at("x-two") == "one, two");
        CHECK(head.headers.at("cookie") == "a; b");
        CHECK(head.keep_alive);
        CHECK_FALSE(head.has_body());
    }
    SECTION("connections stay open or not") {
        CHECK_FALSE(head_of("GET / HTTP/1.1\r\nHost: a\r\nConnection: foo, Close\r\n\r\n").keep_alive);
        CHECK_FALSE(head_of("GET / HTTP/1.0\r\n\r\n").keep_alive);
        CHECK(head_of("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").keep_alive);
    }
    SECTION("bodies") {
        CHECK(head_of("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 42\r\n\r\n").content_length == 42);
        CHECK(head_of("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n").chunked);
        CHECK(head_of("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n\r\n").expects_continue);
    }
    SECTION("request lines that are refused") {
        for (const char* line :
             {"", "GET", "GET /", "GET  / HTTP/1.1", "GET / x HTTP/1.1", "GET / HTTP/1.1 ", " GET / HTTP/1.1",
              "G\tT / HTTP/1.1", "GET /\t HTTP/1.1", "GET /\xc3\xa4 HTTP/1.1", "GET / http/1.1",
              "GET / FTP/1.1", "GET /a\rb HTTP/1.1", "GET /../ HTTP/1.1"}) {
            INFO(line);
            CHECK(refusal_of(std::string(line) + "\r\nHost: a\r\n\r\n") == 400);
        }
        CHECK(refusal_of("PRI * HTTP/2.0\r\n\r\n") == 505);
        CHECK(refusal_of("GET / HTTP/1.2\r\nHost: a\r\n\r\n") == 505);
        CHECK(refusal_of("BREW / HTTP/1.1\r\nHost: a\r\n\r\n") == 501);
        CHECK(refusal_of("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n") == 501);
    }
    SECTION("lines that do not end with CR LF") {
        CHECK(refusal_of("GET / HTTP/1.1\nHost: a\n\n") == 400);
        CHECK(refusal_of("GET / HTTP/1.1\r\nHost: a\n\r\n") == 400);
        CHECK(refusal_of("GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n") == 400);
    }
    SECTION("fields that are refused") {
        using namespace std::string_view_literals;
        CHECK(refusal_of_fields("") == 0);
        for (const std::string_view field :
             {"X\r\n"sv, ": y\r\n"sv, "X : y\r\n"sv, "X\t: y\r\n"sv, "X Y: z\r\n"sv, " folded: y\r\n"sv,
              "X: y\r\n folded\r\n"sv, "X: a\0b\r\n"sv, "X: a\x01\r\n"sv, "X: a\x7f\r\n"sv, "Host: a\r\n"sv,
              "X\x80: y\r\n"sv}) {
            INFO(field);
            CHECK(refusal_of_fields(field) == 400);
        }
        CHECK(refusal_of("GET / HTTP/1.1\r\n\r\n") == 400);
        CHECK(refusal_of("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n") == 400);
        CHECK(refusal_of("GET / HTTP/1.1\r\nHost: user@a\r\n\r\n") == 400);
        CHECK(refusal_of("GET / HTTP/1.1\r\nHost: a b\r\n\r\n") == 400);
        CHECK(refusal_of_fields("Expect: the unexpected\r\n") == 417);
    }
    SECTION("two opinions about where the body ends") {
        for (const char* field :
             {"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
              "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n",
              "Content-Length: 1\r\nContent-Length: 1\r\n", "Content-Length: 1, 1\r\n",
              "Content-Length: +1\r\n", "Content-Length: -1\r\n", "Content-Length: 0x1\r\n",
              "Content-Length: \r\n", "Content-Length: 1 1\r\n", "Content-Length: 18446744073709551616\r\n",
              "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"}) {
            INFO(field);
            CHECK(refusal_of_fields(field) == 400);
        }
        for (const char* field :
             {"Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: chunked, identity\r\n",
              "Transfer-Encoding: \r\n", "Transfer-Encoding: xchunked\r\n"}) {
            INFO(field);
            CHECK(refusal_of_fields(field) == 501);
        }
        CHECK(refusal_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") == 400);
    }
}

TEST_CASE("chunked bodies", "[http][parsing]") {
    using State = ChunkedBody::State;
    const auto state_of = [](std::string_view input, std::size_t limit = 100) {
        ChunkedBody chunks(limit);
        std::string body;
        chunks.take(input, body);
        CHECK(body.size() <= limit);
        return chunks.state();
    };

    SECTION("in pieces of every size, with what follows left alone") {
        const std::string input =
            "4\r\nrill\r\nA;ext=\"1\"\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\nGET /next";
        for (std::size_t size = 1; size <= input.size(); ++size) {
            ChunkedBody chunks(14);
            std::string body;
            std::size_t used = 0;
            while (used < input.size() && chunks.state() != State::complete) {
                used += chunks.take(std::string_view(input).substr(used, size), body);
            }
            CHECK(chunks.state() == State::complete);
            CHECK(body == "rill0123456789");
            CHECK(input.substr(used) == "GET /next");
        }
    }
    SECTION("malformed") {
        for (const char* input : {"\r\n", "g\r\n", "-1\r\n", "0x1\r\n", "1\n", " 1\r\n", "1 \r\n",
                                  "1;a\rb\r\n", "1\r\nab\r\n", "1\r\na\n", "11111111111111111\r\n"}) {
            INFO(input);
            CHECK(state_of(input) == State::malformed);
        }
        CHECK(state_of("1;" + std::string(300, 'x')) == State::malformed);
        std::string trailers = "0\r\n";
        for (int count = 0; count < 100; ++count)
            trailers += "X: " + std::string(200, 'y') + "\r\n";
        CHECK(state_of(trailers) == State::malformed);
    }
    SECTION("too large, by one chunk or by many") {
        CHECK(state_of("65\r\n") == State::too_large);
        CHECK(state_of("ffffffffffffffff\r\n") == State::too_large);
        CHECK(state_of("3\r\nabc\r\n2\r\n", 4) == State::too_large);
        CHECK(state_of("3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n", 4) == State::complete);
    }
}

TEST_CASE("damaged input is refused or taken, and nothing worse", "[http][parsing]") {
    const std::string head = "POST /a%20b?c=d&e HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nX: y\r\n\r\n";
    const std::string chunks = "4\r\nrill\r\nA;b=c\r\n0123456789\r\n0\r\nX: y\r\n\r\n";
    const std::string frames = "\x01\x82....ab\x89\x80....\x80\xfe\x01\x10....\x88\x82....ab";
    const std::string json = "{\"a\":[1,-2.5e3,\"\\ud83d\\ude00\",true,null,{\"b\":[]}]}";
    std::mt19937 random(1);  // the same damage in every run
    const auto damaged = [&](std::string text) {
        for (unsigned count = random() % 4 + 1; count > 0; --count) {
            const std::size_t at = random() % text.size();
            switch (random() % 3) {
                case 0:
                    text[at] = static_cast<char>(random());
                    break;
                case 1:
                    text.insert(at, text, random() % text.size(), random() % 8);
                    break;
                default:
                    text.erase(at, random() % 4);
            }
            if (text.empty()) text = " ";
        }
        return text;
    };
    for (int round = 0; round < 20'000; ++round) {
        parse_request_head(damaged(head));
        std::string body;
        ChunkedBody chunked(64);
        chunked.take(damaged(chunks), body);
        REQUIRE(body.size() <= 64);
        FrameReader reader(64);
        reader.feed(damaged(frames));
        while (std::holds_alternative<FrameReader::Message>(reader.next())) {
        }
        const auto parsed = Json::parse(damaged(json));
        if (parsed) REQUIRE(Json::parse(parsed->dump()));
    }
}
