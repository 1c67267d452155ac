// How files are cut into segments of HLS.
#include "catch.hpp"
#include "slices.hpp"

#include <string>

using namespace rill;
using namespace rill::playback;

namespace {

constexpr TimeRange always{INT64_MIN, INT64_MAX};

/// Parts of so many milliseconds each, of 100 bytes, from time 0 and byte 1000 on; "K" begins with a
/// keyframe.
std::vector<RecordedPart> parts_of(const std::string& keyframes, std::int64_t ms) {
    std::vector<RecordedPart> parts;
    std::int64_t start_us = 0;
    std::uint64_t offset = 1000;
    for (const char c : keyframes) {
        parts.push_back({{start_us, start_us + ms * 1000}, offset, 100, c == 'K'});
        start_us += ms * 1000;
        offset += 100;
    }
    return parts;
}

/// The lengths of slices in milliseconds, "!" where one has no keyframe.
std::string lengths(const std::vector<Slice>& slices) {
    std::string text;
    for (const Slice& slice : slices) {
        text += std::to_string((slice.end_us - slice.start_us) / 1000) + (slice.keyframe ? " " : "! ");
    }
    return text;
}

std::string cut(const std::string& keyframes, std::int64_t ms, TimeRange range = always, bool grows = false) {
    return lengths(cut_slices(parts_of(keyframes, ms), range, grows));
}

}  // namespace

TEST_CASE("slices last four seconds and begin with a keyframe") {
    CHECK(cut("KKKKKKKKKK", 1000) == "4000 4000 2000 ");
    CHECK(cut("KkKkKkKkKk", 1000) == "4000 4000 2000 ");
    CHECK(cut("KkkKkkKkkK", 1000) == "6000 4000 ");
    CHECK(cut("KkkkkkKkkk", 1000) == "6000 4000 ");
    CHECK(cut("K", 200) == "200 ");
    CHECK(cut("", 1000).empty());
}

TEST_CASE("keyframes that come a little early or late make no longer slices") {
    CHECK(cut("KKKKKKKKK", 990) == "3960 3960 990 ");
    CHECK(cut("KKKKKKKKK", 1010) == "4040 4040 1010 ");
}

TEST_CASE("without keyframes a slice ends all the same") {
    CHECK(cut("K" + std::string(29, 'k'), 1000) == "12000 12000! 6000! ");
    CHECK(cut("Kkkk", 10'000) == "10000 10000! 10000! 10000! ");
}

TEST_CASE("slices are parts in a row") {
    const auto slices = cut_slices(parts_of("KKKKKK", 1000), always, false);
    REQUIRE(slices.size() == 2);
    CHECK(slices[0] == Slice{0, 4'000'000, 1000, 1400, true});
    CHECK(slices[1] == Slice{4'000'000, 6'000'000, 1400, 1600, true});
}

TEST_CASE("a range begins with the keyframe before it, and does not move the cuts") {
    const std::string file = "KkKkKkKkKkKk";
    CHECK(cut(file, 1000, {3'500'000, INT64_MAX}) == "2000 4000 4000 ");
    CHECK(cut(file, 1000, {4'000'000, INT64_MAX}) == "4000 4000 ");
    CHECK(cut(file, 1000, {6'999'999, 9'000'001}) == "2000 2000 ");
    CHECK(cut(file, 1000, {-5, 1}) == "1000 ");
    CHECK(cut(file, 1000, {4'000'000, 8'000'000}) == "4000 ");
    CHECK(cut(file, 1000, {20'000'000, 30'000'000}) == "2000 ");
    CHECK(cut(file, 1000, {-9, 0}).empty());
}

TEST_CASE("of what is being written the last slice may still grow") {
    CHECK(cut("KKKKKKKKKK", 1000, always, true) == "4000 4000 ");
    CHECK(cut("KKKK", 1000, always, true).empty());
    CHECK(cut("KKKKK", 1000, always, true) == "4000 ");
    CHECK(cut("", 1000, always, true).empty());
}
