// Sizes, colours, headers, requests.
#include "arrivals.hpp"
#include "catch.hpp"
#include "converter.hpp"
#include "header.hpp"
#include "pace.hpp"
#include "picture_memory.hpp"
#include "request.hpp"
#include "snapshots.hpp"

#include <array>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

using namespace rill;
using namespace rill::frames;

namespace {

struct Yuv {
    std::uint8_t y, u, v;
};

/// One colour all over, I420 of `matrix`.
Decoded uniform(Size size, Yuv colour, const char* colorimetry) {
    Decoded decoded;
    gst_video_info_set_format(&decoded.info, GST_VIDEO_FORMAT_I420, static_cast<guint>(size.width),
                              static_cast<guint>(size.height));
    REQUIRE(gst_video_colorimetry_from_string(&decoded.info.colorimetry, colorimetry));
    decoded.buffer = Ref<GstBuffer>::adopt(gst_buffer_new_allocate(nullptr, decoded.info.size, nullptr));
    for (unsigned plane = 0; plane < 3; ++plane) {
        const gsize end = plane < 2 ? decoded.info.offset[plane + 1] : decoded.info.size;
        const std::uint8_t value = plane == 0 ? colour.y : plane == 1 ? colour.u : colour.v;
        gst_buffer_memset(decoded.buffer.get(), decoded.info.offset[plane], value,
                          end - decoded.info.offset[plane]);
    }
    return decoded;
}

/// With a byte behind it that must stay.
std::vector<std::uint8_t> convert(const Decoded& decoded, PixelFormat format, Size size) {
    std::vector<std::uint8_t> out(bytes_of(source_of(format), size) + 1, 0x5a);
    Converter converter;
    REQUIRE(converter.convert(decoded, format, size, std::span(out).first(out.size() - 1)));
    CHECK(out.back() == 0x5a);
    out.pop_back();
    return out;
}

bool is_about(int found, int expected) {
    return std::abs(found - expected) <= 2;
}

http::Request asking(std::map<std::string, std::string> query) {
    http::Request request;
    request.query = std::move(query);
    return request;
}

std::string error_of(std::map<std::string, std::string> query) {
    const auto wanted = parse_wanted(asking(std::move(query)));
    return wanted ? "" : wanted.error().message;
}

}  // namespace

TEST_CASE("rows have no padding") {
    CHECK(bytes_of(PixelFormat::bgr, {641, 479}) == std::size_t{641} * 479 * 3);
    CHECK(stride_of(PixelFormat::rgb, {641, 479}) == 641 * 3);
    CHECK(bytes_of(PixelFormat::gray, {641, 479}) == std::size_t{641} * 479);
    CHECK(bytes_of(PixelFormat::i420, {33, 21}) == std::size_t{33} * 21 + std::size_t{2} * 17 * 11);
    CHECK(stride_of(PixelFormat::jpeg, {33, 21}) == 0);
    CHECK(bytes_of(PixelFormat::bgr, {1, 1}) == 3);
}

TEST_CASE("a side that is not said follows from the source") {
    GstVideoInfo source;
    gst_video_info_set_format(&source, GST_VIDEO_FORMAT_I420, 704, 576);
    CHECK(resolve({}, source) == Size{704, 576});
    CHECK(resolve({352, 0}, source) == Size{352, 288});
    CHECK(resolve({0, 1}, source) == Size{1, 1});
    CHECK(resolve({10, 20}, source) == Size{10, 20});
    source.par_n = 16;
    source.par_d = 11;
    CHECK(resolve({1024, 0}, source) == Size{1024, 576});
    gst_video_info_set_format(&source, GST_VIDEO_FORMAT_I420, 16, 1000);
    CHECK(resolve({8192, 0}, source).height <= most_side);
}

TEST_CASE("colours are those of the stream") {
    // Red of full saturation, narrow range: BT.601 and BT.709.
    const auto [colorimetry, yuv] =
        GENERATE(std::pair("2:4:5:4", Yuv{81, 90, 240}), std::pair("2:3:5:1", Yuv{63, 102, 240}));
    INFO(colorimetry);
    const Decoded red = uniform({64, 48}, yuv, colorimetry);
    for (const Size size : {Size{64, 48}, Size{33, 21}, Size{100, 7}, Size{1, 1}}) {
        INFO(size.width << "x" << size.height);
        const auto bgr = convert(red, PixelFormat::bgr, size);
        const auto rgb = convert(red, PixelFormat::rgb, size);
        CHECK((is_about(bgr[0], 0) && is_about(bgr[1], 0) && is_about(bgr[2], 255)));
        CHECK((is_about(rgb[0], 255) && is_about(rgb[1], 0) && is_about(rgb[2], 0)));
        CHECK(is_about(bgr[bgr.size() - 1], 255));
        // Luma in full range.
        const auto gray = convert(red, PixelFormat::gray, size);
        CHECK(is_about(gray.back(), (yuv.y - 16) * 255 / 219));
        const auto i420 = convert(red, PixelFormat::i420, size);
        CHECK((is_about(i420.front(), yuv.y) && is_about(i420.back(), yuv.v)));
        // What JFIF says red is, whatever the stream's matrix.
        const auto jfif = convert(red, PixelFormat::jpeg, size);
        CHECK((is_about(jfif.front(), 76) && is_about(jfif.back(), 255)));
    }
}

TEST_CASE("the header is what the documentation says") {
    std::array<std::uint8_t, header_bytes> out{};
    Description picture;
    picture.format = PixelFormat::i420;
    picture.size = {640, 480};
    picture.stamp = {
        .sequence = 0x0102030405060708, .utc_us = 1'767'866'400'123'456, .running = Nanoseconds(77)};
    picture.colour = {.matrix = 1, .is_full_range = false};
    write_header(out, picture, 460'800);
    const auto number = [&](std::size_t at, unsigned bytes) {
        std::uint64_t value = 0;
        for (unsigned i = bytes; i > 0; --i)
            value = value << 8 | out[at + i - 1];
        return value;
    };
    CHECK(std::string(out.begin(), out.begin() + 4) == "RILF");
    CHECK(number(4, 2) == 1);
    CHECK(number(6, 2) == 64);
    CHECK(number(8, 4) == 4);
    CHECK(number(12, 4) == 640);
    CHECK(number(16, 4) == 480);
    CHECK(number(20, 4) == 640);
    CHECK(number(24, 8) == 0x0102030405060708);
    CHECK(number(32, 8) == 1'767'866'400'123'456);
    CHECK(number(40, 8) == 77);
    CHECK(number(48, 4) == 460'800);
    CHECK(number(52, 1) == 1);
    CHECK(number(53, 1) == 0);
}

TEST_CASE("what a request wants is understood or refused by name") {
    CHECK(*parse_wanted(asking({})) == Wanted{PixelFormat::bgr, {0, 0}});
    CHECK(*parse_wanted(asking({{"format", "png"}, {"width", "8192"}})) ==
          Wanted{PixelFormat::png, {8192, 0}});
    for (const std::string bad :
         {"0", "-1", "8193", "100000", "99999999999", "1.5", "x", "", " 1", "1 ", "0x10"}) {
        INFO(bad);
        CHECK(error_of({{"width", bad}}).rfind("width: ", 0) == 0);
        CHECK(error_of({{"height", bad}}).rfind("height: ", 0) == 0);
    }
    for (const std::string bad : {"", "BGR", "yuv", "bgr "})
        CHECK(error_of({{"format", bad}}).rfind("format: ", 0) == 0);
    CHECK(error_of({{"width", "8192"}, {"height", "8192"}}).rfind("width, height: ", 0) == 0);
    CHECK(error_of({{"width", std::string(100'000, '9')}}).size() < 200);
    CHECK(*parse_pace(asking({{"fps", "10"}})) == std::chrono::milliseconds(100));
    for (const std::string bad : {"0", "-1", "nan", "inf", "1e9", "x", ""})
        CHECK_FALSE(parse_pace(asking({{"fps", bad}})));
    CHECK(*parse_max_age(asking({{"max-age", "0.5"}})) == std::chrono::milliseconds(500));
    CHECK_FALSE(parse_max_age(asking({{"max-age", "nan"}})));
    CHECK(*parse_after(asking({{"after", "18446744073709551615"}})) == UINT64_MAX);
    CHECK_FALSE(parse_after(asking({{"after", "18446744073709551616"}})));
}

TEST_CASE("10 of 25 pictures a second are 10") {
    Pace pace(std::chrono::milliseconds(100));
    int taken = 0;
    for (int i = 0; i < 250; ++i) {
        Stamp stamp;
        stamp.running = std::chrono::seconds(5) + std::chrono::milliseconds(40 * i);
        if (!pace.is_due(stamp)) continue;
        pace.taken(stamp);
        ++taken;
    }
    CHECK(taken == Approx(100).margin(1));
    Pace all(Nanoseconds(0));
    Stamp stamp;
    for (int i = 0; i < 10; ++i) {
        CHECK(all.is_due(stamp));
        all.taken(stamp);
    }
}

TEST_CASE("pictures count until the last who holds them lets go") {
    const auto used = std::make_shared<PictureMemory::Count>(0);
    PictureMemory memory(1000, used);
    auto first = memory.take(600);
    REQUIRE(first);
    CHECK_FALSE(memory.take(401));
    CHECK(*used == 600);
    Ref<GBytes> sealed = (*std::move(first)).seal();
    auto part = Ref<GBytes>::adopt(g_bytes_new_from_bytes(sealed.get(), 10, 20));
    sealed.reset();
    CHECK(*used == 600);
    part.reset();
    CHECK(*used == 0);
    { const auto unused = memory.take(1000); }
    CHECK(*used == 0);
}

TEST_CASE("pictures find the time of their units, and units without one are lost") {
    Arrivals arrivals(std::chrono::seconds(100));
    AccessUnit unit;
    for (const int pts : {0, 80, 40, 120}) {
        unit.pts = std::chrono::milliseconds(pts);
        unit.utc_us = 1'000'000 + pts;
        arrivals.entered(unit);
    }
    const auto left = [&](int pts, int now = 0) {
        return arrivals.left(std::chrono::milliseconds(pts), std::chrono::milliseconds(now));
    };
    CHECK_FALSE(left(0).is_live);
    arrivals.caught_up();
    const auto second = left(80);
    CHECK_FALSE(second.is_live);
    CHECK(second.lost == 1);
    CHECK(second.utc_us == 1'000'080);
    const auto last = left(120);
    CHECK(last.is_live);
    CHECK(last.lost == 0);
    CHECK_FALSE(left(121).utc_us);

    // Who never catches up shows what he has in the end.
    Arrivals slow(std::chrono::seconds(1));
    slow.entered(unit);
    CHECK(slow.left(unit.pts, std::chrono::seconds(2)).is_live);
    for (std::size_t i = 0; i < 2 * Arrivals::most_held; ++i) {
        unit.pts += std::chrono::milliseconds(1);
        slow.entered(unit);
    }
    CHECK(slow.left(unit.pts, std::chrono::seconds(2)).lost == 2 * Arrivals::most_held - 1);
}

TEST_CASE("snapshots are kept for a few forms") {
    Snapshots snapshots;
    const auto picture = [](std::int64_t utc_us, std::size_t bytes) {
        Description description;
        description.stamp.utc_us = utc_us;
        const std::vector<std::uint8_t> data(bytes);
        auto held = Ref<GBytes>::adopt(g_bytes_new(data.data(), data.size()));
        return std::make_shared<const Picture>(Picture{description, held, held});
    };
    const auto form = [](int width) { return Wanted{PixelFormat::jpeg, {width, 0}}; };
    snapshots.put(form(1), picture(100, 10));
    CHECK(snapshots.find(form(1), 100));
    CHECK_FALSE(snapshots.find(form(1), 101));
    CHECK_FALSE(snapshots.find(form(2), 0));
    for (int width = 2; width < 10; ++width)
        snapshots.put(form(width), picture(100, 10));
    CHECK_FALSE(snapshots.find(form(1), 0));
    CHECK(snapshots.find(form(9), 0));
    snapshots.put(form(9), picture(200, Snapshots::most_bytes + 1));
    CHECK_FALSE(snapshots.find(form(9), 0));
}
