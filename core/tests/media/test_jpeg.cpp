#include "catch.hpp"
#include "encoded_stream.hpp"
#include "media/jpeg.hpp"

#include <fmt/format.h>

#include <random>
#include <vector>

using namespace rill;
using namespace rill::test;

namespace {

using ByteVector = std::vector<std::uint8_t>;

ByteVector segment(std::uint8_t marker, const ByteVector& content) {
    const std::size_t length = content.size() + 2;
    ByteVector bytes{0xFF, marker, static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length)};
    bytes.insert(bytes.end(), content.begin(), content.end());
    return bytes;
}

/// SOF's content: 8 bits, height, width, components of three bytes.
ByteVector frame(int width, int height, std::uint8_t components = 3, std::uint8_t precision = 8) {
    const auto high = [](int value) { return static_cast<std::uint8_t>(value >> 8); };
    const auto low = [](int value) { return static_cast<std::uint8_t>(value); };
    ByteVector bytes{precision, high(height), low(height), high(width), low(width), components};
    bytes.resize(bytes.size() + std::size_t{3} * components);
    return bytes;
}

ByteVector joined(const std::vector<ByteVector>& pieces) {
    ByteVector bytes;
    for (const ByteVector& piece : pieces)
        bytes.insert(bytes.end(), piece.begin(), piece.end());
    return bytes;
}

const ByteVector begin{0xFF, 0xD8};
const ByteVector scan = joined({segment(0xDA, {1, 1, 0, 0, 63, 0}), {0x12, 0x34, 0xFF, 0xD9}});

ByteVector picture(std::uint8_t marker, const ByteVector& header) {
    return joined({begin, segment(marker, header), scan});
}

bool is_none(const ByteVector& bytes) {
    return !jpeg::parse_size(bytes);
}

ByteVector bytes_of(const UnitPtr& unit) {
    const MappedBuffer mapped(unit->buffer.get());
    return {mapped.bytes().begin(), mapped.bytes().end()};
}

}  // namespace

TEST_CASE("the size of a JPEG is that of its frame header") {
    for (const auto& [width, height] : {std::pair(16, 8), std::pair(641, 479), std::pair(2040, 16)}) {
        const auto stream = encode(fmt::format(
            "videotestsrc num-buffers=1 ! video/x-raw,width={},height={} ! jpegenc", width, height));
        const auto size = jpeg::parse_size(bytes_of(stream.units.front()));
        REQUIRE(size);
        CHECK(size->width == width);
        CHECK(size->height == height);
    }
    for (const int marker : {0xC0, 0xC1, 0xC2})
        CHECK_FALSE(is_none(picture(static_cast<std::uint8_t>(marker), frame(16'384, 1, 1))));
    // Fill bytes, markers without content, and segments that are of no interest.
    const ByteVector filled = joined({begin,
                                      {0xFF},
                                      segment(0xE0, {1, 2, 3}),
                                      {0xFF, 0x01},
                                      segment(0xC4, {}),
                                      segment(0xC0, frame(8, 8)),
                                      scan});
    CHECK_FALSE(is_none(filled));
}

TEST_CASE("what decoders do not show is no picture") {
    CHECK(is_none({}));
    CHECK(is_none(begin));
    CHECK(is_none(joined({{0, 0, 0, 1}, scan})));
    CHECK(is_none(joined({begin, scan})));
    CHECK(is_none(joined({begin, {0xFF, 0xD9}})));
    CHECK(is_none(joined({begin, {0xFF, 0xC0, 0, 1}})));
    CHECK(is_none(picture(0xC0, frame(0, 8))));
    CHECK(is_none(picture(0xC0, frame(8, 0))));
    CHECK(is_none(picture(0xC0, frame(16'385, 8))));
    CHECK(is_none(picture(0xC0, frame(8, 65'535))));
    CHECK(is_none(picture(0xC0, frame(8, 8, 4))));
    CHECK(is_none(picture(0xC0, frame(8, 8, 0))));
    CHECK(is_none(picture(0xC1, frame(8, 8, 3, 12))));
    CHECK(is_none(picture(0xC3, frame(8, 8))));  // lossless
    CHECK(is_none(picture(0xC9, frame(8, 8))));  // arithmetic codes
    CHECK(is_none(picture(0xC0, {8, 0, 8, 0, 8, 3, 1})));
    CHECK(is_none(joined({begin, segment(0xC0, frame(8, 8)), segment(0xC0, frame(8, 8)), scan})));
    // Nothing behind the scan's header.
    CHECK(is_none(joined({begin, segment(0xC0, frame(8, 8)), segment(0xDA, {1, 1, 0, 0, 63, 0})})));
}

TEST_CASE("JPEGs that break off or are damaged are none or have a size") {
    const auto stream = encode("videotestsrc num-buffers=1 ! video/x-raw,width=64,height=48 ! jpegenc");
    const ByteVector whole = bytes_of(stream.units.front());
    for (std::size_t length = 0; length < whole.size(); ++length) {
        const ByteVector cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
        const auto size = jpeg::parse_size(cut);
        if (size) CHECK(size->width == 64);
    }
    std::mt19937 random(1);
    for (int round = 0; round < 20'000; ++round) {
        ByteVector damaged = whole;
        for (int times = 0; times < 4; ++times)
            damaged[random() % 700 % damaged.size()] = static_cast<std::uint8_t>(random());
        const auto size = jpeg::parse_size(damaged);
        if (!size) continue;
        REQUIRE(size->width >= 1);
        REQUIRE(size->width <= 16'384);
        REQUIRE(size->height >= 1);
        REQUIRE(size->height <= 16'384);
    }
}
