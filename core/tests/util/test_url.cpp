#include "catch.hpp"

#include <rill/log.hpp>
#include <rill/url.hpp>

#include <vector>

using namespace rill;

namespace {

struct Row {
    const char* text;
    const char* user;  ///< null: none
    const char* password;
    const char* host;
    int port;
    const char* target;
};

// What a URL means when it is written as the RFC says, and what it most likely means when it is not.
const std::vector<Row> rows{
    {"rtsp://host", nullptr, "", "host", 0, ""},
    {"rtsp://host/", nullptr, "", "host", 0, "/"},
    {"RTSP://Host:554/a/b?c=d", nullptr, "", "Host", 554, "/a/b?c=d"},
    {"rtsp://10.0.0.5:8554/live", nullptr, "", "10.0.0.5", 8554, "/live"},
    {"rtsp://host:/x", nullptr, "", "host", 0, "/x"},
    {"rtsp://host?a=b", nullptr, "", "host", 0, "?a=b"},
    {"rtsp://[::1]:554/x", nullptr, "", "::1", 554, "/x"},
    {"rtsp://[2001:db8::1]/x", nullptr, "", "2001:db8::1", 0, "/x"},
    {"rtsp://[fe80::1%25eth0]/x", nullptr, "", "fe80::1%25eth0", 0, "/x"},
    {"rtsp://user:pw@host/x", "user", "pw", "host", 0, "/x"},
    {"rtsp://user@host/x", "user", "", "host", 0, "/x"},
    {"rtsp://:pw@host/x", "", "pw", "host", 0, "/x"},
    {"rtsp://user:@host/x", "user", "", "host", 0, "/x"},
    {"rtsp://user:a:b@host/x", "user", "a:b", "host", 0, "/x"},
    {"rtsp://user:p%40ss%2Fw%3Ard@host/x", "user", "p@ss/w:rd", "host", 0, "/x"},
    {"rtsp://us%3aer:pw@host/x", "us:er", "pw", "host", 0, "/x"},
    {"rtsp://user:p@ss@host/x", "user", "p@ss", "host", 0, "/x"},
    {"rtsp://user@mail.example:pw@10.0.0.5/x", "user@mail.example", "pw", "10.0.0.5", 0, "/x"},
    {"rtsp://user:p/w@host/x", "user", "p/w", "host", 0, "/x"},
    {"rtsp://user:p?w@host/x", "user", "p?w", "host", 0, "/x"},
    {"rtsp://user:p#w@host/x", "user", "p#w", "host", 0, "/x"},
    {"rtsp://admin:p@ss#1/x:y@host:554/s?a=b", "admin", "p@ss#1/x:y", "host", 554, "/s?a=b"},
    {"rtsp://admin:12/34@10.0.0.5/s", "admin", "12/34", "10.0.0.5", 0, "/s"},
    {"rtsp://admin:a%20b@10.0.0.5/s", "admin", "a b", "10.0.0.5", 0, "/s"},
    {"rtsp://admin:100%@10.0.0.5/s", "admin", "100%", "10.0.0.5", 0, "/s"},
    {"rtsp://admin:100%zz@10.0.0.5/s", "admin", "100%zz", "10.0.0.5", 0, "/s"},
    {"rtsp://admin:a%00b@10.0.0.5/s", "admin", "a%00b", "10.0.0.5", 0, "/s"},
    {"rtsp://admin:[x]@10.0.0.5/s", "admin", "[x]", "10.0.0.5", 0, "/s"},
    {"rtsp://user:pw@[::1]:554/x", "user", "pw", "::1", 554, "/x"},
    {"rtsp://user:pw@localhost/x@y", "user", "pw", "localhost", 0, "/x@y"},
    {"rtsp://cam:554/stream@2", nullptr, "", "cam", 554, "/stream@2"},
    {"rtsp://cam/stream@2", nullptr, "", "cam", 0, "/stream@2"},
    {"rtsp://user:pw@cam/stream@2", "user", "pw", "cam", 0, "/stream@2"},
    {"rtsp://user:pw@cam/s?mail=a@example.com", "user", "pw", "cam", 0, "/s?mail=a@example.com"},
    {"rtsp://10.0.0.5/s?to=a@b.c", nullptr, "", "10.0.0.5", 0, "/s?to=a@b.c"},
    {"rtsp://host/a b\"c<d>", nullptr, "", "host", 0, "/a%20b%22c%3Cd%3E"},
    {"rtsp://host/a%20b%zz#f", nullptr, "", "host", 0, "/a%20b%25zz%23f"},
    {"rtsp://host/\xc3\xa4", nullptr, "", "host", 0, "/%C3%A4"},
    {"rtsps+http://host/x", nullptr, "", "host", 0, "/x"},
    {"file://host/x", nullptr, "", "host", 0, "/x"},
};

const std::vector<std::string> malformed{
    "",
    "rtsp",
    "rtsp:/host",
    "://host",
    "rt sp://host",
    "rtsp://",
    "rtsp:///x",
    "rtsp://:554/x",
    "rtsp://?x",
    "rtsp://user:secret@",
    "rtsp://user:secret@/x",
    "rtsp://user:secret@:554/x",
    "rtsp://user:secret@host:0/x",
    "rtsp://user:secret@host:65536/x",
    "rtsp://user:secret@host:999999999999/x",
    "rtsp://user:secret@host:5a/x",
    "rtsp://user:secret@[::1/x",
    "rtsp://user:secret@[zz]/x",
    "rtsp://user:secret@ho st/x",
    "rtsp://user:sec ret@host/x",
    "rtsp://user:sec ret@host/x",
    "rtsp://us er:secret@host/x",
    "rtsp://user:secret@1.2.3.4.5/x",
    "rtsp://user:secret@300.1.1.1/x",
    "rtsp://user:secret@.host/x",
    "rtsp://user:secret@a..b/x",
    "rtsp://user:secret@-host/x",
    "rtsp://user:secret@host\r\nX: y/x",
    "rtsp://user:secret%0d%0aX@host/x",
    "rtsp://user:secret@h\x01st/x",
    "rtsp://user:secret@" + std::string(300, 'a'),
    "rtsp://user:secret@host/" + std::string(5000, 'a'),
};

}  // namespace

TEST_CASE("URLs are taken apart") {
    for (const Row& row : rows) {
        INFO(row.text);
        const auto url = split_url(row.text);
        REQUIRE(url);
        CHECK(url->has_user == (row.user != nullptr));
        CHECK(url->user == (row.user != nullptr ? row.user : ""));
        CHECK(url->password == row.password);
        CHECK(url->host == row.host);
        CHECK(url->port == row.port);
        CHECK(url->target == row.target);
    }
}

TEST_CASE("a URL without its credentials means the same") {
    for (const Row& row : rows) {
        INFO(row.text);
        auto url = split_url(row.text);
        REQUIRE(url);
        const auto again = split_url(without_credentials(*url));
        REQUIRE(again);
        url->has_user = false;
        url->user.clear();
        url->password.clear();
        CHECK(*again == *url);
    }
}

TEST_CASE("malformed URLs are refused, and their passwords kept secret") {
    for (const std::string& text : malformed) {
        INFO(text);
        const auto url = split_url(text);
        REQUIRE_FALSE(url);
        CHECK(url.error().code == Code::invalid_config);
        CHECK(url.error().message.find("secret") == std::string::npos);
    }
}

TEST_CASE("what is read as credentials is masked in logs") {
    for (const Row& row : rows) {
        if (row.user == nullptr || std::string_view(row.password).empty()) continue;
        INFO(row.text);
        const auto url = split_url(row.text);
        REQUIRE(url);
        const std::string masked = mask_credentials(row.text);
        CHECK(masked.find(row.password) == std::string::npos);
        CHECK(masked.find("***@") != std::string::npos);
    }
}
