// The wire format of WebSockets, without sockets.
#include "catch.hpp"
#include "websocket_client.hpp"

#include <fmt/format.h>

using namespace rill;
using namespace rill::http;
using namespace rill::http::test;

namespace {

/// "t:hello" for messages, "failed 1002", "more".
std::string next(FrameReader& reader) {
    const auto event = reader.next();
    if (const auto* failure = std::get_if<FrameReader::Failure>(&event)) {
        return fmt::format("failed {}", static_cast<int>(failure->code));
    }
    if (const auto* message = std::get_if<FrameReader::Message>(&event)) {
        return fmt::format("{:x}:{}", static_cast<unsigned>(message->opcode), message->payload);
    }
    return "more";
}

std::string first_of(std::string_view bytes, std::size_t limit = 1000) {
    FrameReader reader(limit);
    reader.feed(bytes);
    return next(reader);
}

}  // namespace

TEST_CASE("WebSocket frames are taken apart in pieces of every size", "[http][websocket]") {
    const std::string long_text(70'000, 'x');
    const std::string input = frame(fin | text, "hello") + frame(binary, "ab") + frame(fin | ping, "p") +
                              frame(0, "") + frame(fin, "cd") + frame(fin | text, std::string(200, 'y')) +
                              frame(fin | binary, long_text) + frame(fin | closing, "\x03\xe8");
    for (const std::size_t size :
         {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7}, std::size_t{1000}, input.size()}) {
        FrameReader reader(100'000);
        std::vector<std::string> events;
        for (std::size_t at = 0; at < input.size(); at += size) {
            reader.feed(std::string_view(input).substr(at, size));
            for (std::string event = next(reader); event != "more"; event = next(reader))
                events.push_back(event);
        }
        CHECK(events == std::vector<std::string>{"1:hello", "9:p", "2:abcd", "1:" + std::string(200, 'y'),
                                                 "2:" + long_text, "8:\x03\xe8"});
    }
}

TEST_CASE("WebSocket frames that are refused", "[http][websocket]") {
    using namespace std::string_view_literals;
    CHECK(first_of("\x81\x05hello") == "failed 1002");                // not masked
    CHECK(first_of(frame(fin | 0x40 | text, "a")) == "failed 1002");  // reserved bit
    CHECK(first_of(frame(fin | 0x3, "a")) == "failed 1002");
    CHECK(first_of(frame(fin | 0xb, "a")) == "failed 1002");
    CHECK(first_of(frame(ping, "a")) == "failed 1002");  // fragmented control frame
    CHECK(first_of(frame(fin | ping, std::string(126, 'a'))) == "failed 1002");
    CHECK(first_of(frame(fin, "a")) == "failed 1002");  // continues nothing
    CHECK(first_of(frame(text, "a") + frame(fin | text, "b")) == "failed 1002");
    CHECK(first_of(frame(fin | text, "\xff")) == "failed 1007");
    CHECK(first_of(frame(text, "\xc3") + frame(fin, "\xa4")) == "1:\xc3\xa4");
    CHECK(first_of(frame(fin | text, "a\0b"sv)) == "1:a\0b"sv);
    CHECK(first_of(frame(fin | text, std::string(1000, 'a'))) == "1:" + std::string(1000, 'a'));
    CHECK(first_of(frame(fin | text, std::string(1001, 'a'))) == "failed 1009");
    CHECK(first_of(frame(text, std::string(600, 'a')) + frame(0, std::string(401, 'a'))) == "failed 1009");
    CHECK(first_of("\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff") == "failed 1009");

    FrameReader reader(1000);
    for (int count = 0; count < 100'000; ++count)
        reader.feed(frame(count == 0 ? text : 0, ""));
    CHECK(next(reader) == "more");
}

TEST_CASE("a close reason is cut between characters", "[http][websocket]") {
    std::string reason(122, 'a');
    reason += "\xc3\xa4";
    CHECK(close_payload(1000, reason) == "\x03\xe8" + std::string(122, 'a'));
    CHECK(close_payload(1008, "why") == "\x03\xf0why");
}
