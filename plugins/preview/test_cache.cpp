// What the cache keeps, and how large things are.
#include "catch.hpp"
#include "decoder.hpp"
#include "picture_cache.hpp"

#include <fmt/format.h>

using namespace rill;
using namespace rill::preview;

namespace {

Picture picture(std::size_t bytes, std::int64_t utc_us) {
    const std::vector<std::uint8_t> data(bytes);
    return {Ref<GBytes>::adopt(g_bytes_new(data.data(), data.size())), utc_us, "\"tag\""};
}

Format format(int width, int height) {
    Format format;
    format.width = width;
    format.height = height;
    return format;
}

}  // namespace

TEST_CASE("the cache forgets what was not asked for longest") {
    PictureCache cache(9'000);
    cache.put("a", picture(3000, 1));
    cache.put("b", picture(3000, 2));
    REQUIRE(cache.find("a"));
    cache.put("c", picture(3000, 3));
    CHECK(cache.find("a"));
    CHECK_FALSE(cache.find("b"));
    CHECK(cache.find("c")->utc_us == 3);
}

TEST_CASE("the cache stays within its bound, whatever comes") {
    PictureCache cache(100'000);
    for (int i = 0; i < 1000; ++i) {
        cache.put(fmt::format("{}", i), picture(static_cast<std::size_t>(i * 37 % 9000), i));
        CHECK(cache.bytes() <= 100'000);
    }
    CHECK(cache.size() > 10);
    const auto kept = cache.size();
    // Too large by itself: it does not drive out the others.
    cache.put("large", picture(100'000, 0));
    CHECK_FALSE(cache.find("large"));
    CHECK(cache.size() == kept);
    cache.put("999", picture(10, 0));
    CHECK(cache.find("999")->utc_us == 999);
}

TEST_CASE("small pictures count with what they are kept by") {
    PictureCache cache(100'000);
    for (int i = 0; i < 10'000; ++i)
        cache.put(fmt::format("{}", i), picture(0, i));
    CHECK(cache.size() < 1000);
}

TEST_CASE("a cache of nothing keeps nothing") {
    PictureCache cache(0);
    cache.put("a", picture(1, 1));
    CHECK_FALSE(cache.find("a"));
    CHECK(cache.bytes() == 0);
}

TEST_CASE("sizes are even and keep the shape") {
    CHECK(size_of(format(1920, 1080), 160) == Size{160, 90});
    CHECK(size_of(format(640, 480), 160) == Size{160, 120});
    CHECK(size_of(format(1080, 1920), 160) == Size{160, 284});
    CHECK(size_of(format(704, 576), 98) == Size{98, 80});
    // However odd it is.
    CHECK(size_of(format(16384, 1), 64) == Size{64, 2});
    CHECK(size_of(format(1, 16384), 640) == Size{640, 2160});
    CHECK(size_of(format(0, 0), 64) == Size{64, 64});
}
