#include "answers.hpp"
#include "catch.hpp"

using namespace rill;
using namespace rill::hls;

namespace {

const cmaf::Chunks digits = {Ref<GBytes>::adopt(g_bytes_new_static("0123", 4)),
                             Ref<GBytes>::adopt(g_bytes_new_static("456789", 6))};

std::string body(const http::Response& response) {
    std::string text;
    for (const auto& chunk : response.body) {
        gsize size = 0;
        const auto* data = static_cast<const char*>(g_bytes_get_data(chunk.get(), &size));
        text.append(data, size);
    }
    return text;
}

std::string header(const http::Response& response, const std::string& name) {
    for (const auto& [key, value] : response.headers)
        if (key == name) return value;
    return {};
}

}  // namespace

TEST_CASE("byte ranges of a segment") {
    const auto get = [](const char* range) { return media_answer("video/mp4", in_memory(digits), range); };
    CHECK(get("").status == 200);
    CHECK(body(get("")) == "0123456789");
    CHECK(get("bytes=0-0").status == 206);
    CHECK(body(get("bytes=0-0")) == "0");
    CHECK(body(get("bytes=2-5")) == "2345");
    CHECK(header(get("bytes=2-5"), "Content-Range") == "bytes 2-5/10");
    CHECK(body(get("bytes=4-")) == "456789");
    CHECK(body(get("bytes=-3")) == "789");
    CHECK(body(get("bytes=-30")) == "0123456789");
    CHECK(body(get("bytes=9-100")) == "9");
    for (const char* outside : {"bytes=10-", "bytes=11-12", "bytes=-0", "bytes=18446744073709551615-"}) {
        INFO(outside);
        CHECK(get(outside).status == 416);
        CHECK(header(get(outside), "Content-Range") == "bytes */10");
    }
    for (const char* ignored : {"bytes=", "bytes=a-b", "bytes=5-2", "bytes=0-1,3-4", "lines=1-2", "bytes=-",
                                "bytes=99999999999999999999-"}) {
        INFO(ignored);
        CHECK(get(ignored).status == 200);
    }
}

TEST_CASE("what may be cached says so") {
    CHECK(header(playlist_answer("#EXTM3U"), "Cache-Control") == "no-cache");
    CHECK(playlist_answer("#EXTM3U").content_type == "application/vnd.apple.mpegurl");
    CHECK(header(media_answer("video/mp4", in_memory(digits), ""), "Cache-Control") ==
          "max-age=3600, immutable");
}
