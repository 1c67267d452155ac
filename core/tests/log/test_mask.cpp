#include "catch.hpp"

#include <rill/log.hpp>

#include <array>

using rill::mask_credentials;

namespace {

struct Case {
    std::string_view text;
    std::string_view masked;
};

}  // namespace

TEST_CASE("credentials of URLs are masked") {
    constexpr auto cases = std::to_array<Case>({
        {"rtsp://user:pass@host/path", "rtsp://***@host/path"},
        {"rtsp://user@host/path", "rtsp://***@host/path"},
        {"rtsp://user:p@ss:w0rd@host/path", "rtsp://***@host/path"},
        {"rtsp://user:p@ss:w0rd@host:8554/a@b", "rtsp://***@b"},
        {"rtsp://user:pa/ss@host/path", "rtsp://***@host/path"},
        {"rtsp://user:p@ss/w0rd@host/path", "rtsp://***@host/path"},
        {"rtsp://user:pa#ss@10.0.0.1:554/s", "rtsp://***@10.0.0.1:554/s"},
        {"rtsp://user:pa?ss@10.0.0.1:554/s", "rtsp://***@10.0.0.1:554/s"},
        {"rtsp://admin:12/34@cam", "rtsp://***@cam"},
        {"rtsp://u:a\"b@h.x", "rtsp://***@h.x"},
        {"rtsp://u:p@[2001:db8::1]:554/x@y", "rtsp://***@[2001:db8::1]:554/x@y"},
        {"rtsp://u:p@10.0.0.1/x?mail=a@b.c", "rtsp://***@10.0.0.1/x?mail=a@b.c"},
        {"rtsp://u:p@localhost/x@y", "rtsp://***@localhost/x@y"},
        {"rtsp://:@h", "rtsp://***@h"},
        {"rtsp://@h", "rtsp://***@h"},
        {"rtsp://u:p@", "rtsp://***@"},
        {"rtsps://a:b@h.x/1 and rtsp+http://c:d@[::1]/2.", "rtsps://***@h.x/1 and rtsp+http://***@[::1]/2."},
        {"\"rtsp://u:p@h.x\",\"rtsp://v:q@h.y\"", "\"rtsp://***@h.x\",\"rtsp://***@h.y\""},
        {"http://p.x/?u=rtsp://u:p@h.y/", "http://p.x/?u=rtsp://***@h.y/"},
    });
    for (const Case& c : cases) {
        INFO(c.text);
        CHECK(mask_credentials(c.text) == c.masked);
    }
}

TEST_CASE("what holds no credentials stays") {
    for (const std::string_view text :
         {"", "no URL", "me@example.com", "rtsp://host/path", "rtsp://host/p@th", "rtsp://10.0.0.1:554/p@th",
          "rtsp://cam.local:554/a?b=c@d.e", "see rtsp://h.x/a, and write to me@example.com",
          "{\"url\":\"http://h/x\",\"mail\":\"a@b.c\"}", "://u:p@h", "-://u:p@h", "rtsp://"}) {
        INFO(text);
        CHECK(mask_credentials(text) == text);
    }
}

TEST_CASE("masking ends on hostile text") {
    std::string text;
    for (int i = 0; i < 50'000; ++i)
        text += "a://";
    CHECK(mask_credentials(text) == text);
    CHECK(mask_credentials("a://" + std::string(200'000, '@')).size() < 200'004);
}
