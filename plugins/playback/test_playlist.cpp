// How a listing is written.
#include "catch.hpp"
#include "playlist.hpp"
#include "playlist_source.hpp"
#include "resource.hpp"
#include "testing.hpp"
#include "times.hpp"

#include <algorithm>

using namespace rill;
using namespace rill::playback;
using playback::testing::ten_us;

namespace {

/// Two files that follow each other, and one after an hour.
std::shared_ptr<Listing> listing_of_three(bool grows) {
    auto listing = std::make_shared<Listing>();
    listing->path = "cam1";
    listing->range = {ten_us + 1'500'000, ten_us + 7'200'000'000};
    listing->grows = grows;
    const auto slice = [](std::int64_t at_us, std::int64_t length_us, std::uint64_t first) {
        return Slice{ten_us + at_us, ten_us + at_us + length_us, first, first + 500, true};
    };
    listing->slices = {slice(0, 4'000'000, 1000), slice(4'000'000, 2'500'000, 1500),
                       slice(6'500'000, 4'000'001, 1000), slice(3'600'123'456, 4'600'000, 1000)};
    listing->files = {{1, ten_us, 7, 0, 2, false},
                      {2, ten_us + 6'500'000, 7, 2, 3, false},
                      {3, ten_us + 3'600'123'456, 8, 3, 4, true}};
    return listing;
}

std::string written(const std::shared_ptr<Listing>& listing, std::size_t at_once = 1'000'000) {
    PlaylistText text(listing, {recorded_folder});
    std::string all;
    while (true) {
        const std::string piece = text.next(at_once);
        if (piece.empty()) return all;
        all += piece;
    }
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a recording that is over is a VOD playlist") {
    CHECK(written(listing_of_three(false)) ==
          "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:5\n#EXT-X-PLAYLIST-TYPE:VOD\n"
          "#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-INDEPENDENT-SEGMENTS\n"
          "#EXT-X-START:TIME-OFFSET=1.500,PRECISE=YES\n"
          "#EXT-X-MAP:URI=\"~recorded/1767866400000000_init.mp4\"\n"
          "#EXT-X-PROGRAM-DATE-TIME:2026-01-08T10:00:00.000Z\n#EXTINF:4.000000,\n"
          "~recorded/1767866400000000_1000-1500.mp4\n"
          "#EXT-X-PROGRAM-DATE-TIME:2026-01-08T10:00:04.000Z\n#EXTINF:2.500000,\n"
          "~recorded/1767866400000000_1500-2000.mp4\n"
          "#EXT-X-PROGRAM-DATE-TIME:2026-01-08T10:00:06.500Z\n#EXTINF:4.000001,\n"
          "~recorded/1767866406500000_1000-1500.mp4\n"
          "#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"~recorded/1767870000123456_init.mp4\"\n"
          "#EXT-X-PROGRAM-DATE-TIME:2026-01-08T11:00:00.123Z\n#EXTINF:4.600000,\n"
          "~recorded/1767870000123456_1000-1500.mp4\n#EXT-X-ENDLIST\n");
}

TEST_CASE("a recording that goes on is an EVENT playlist, whose target duration never changes") {
    const std::string text = written(listing_of_three(true));
    CHECK(has(text, "#EXT-X-PLAYLIST-TYPE:EVENT\n"));
    CHECK(has(text, "#EXT-X-TARGETDURATION:12\n"));
    CHECK_FALSE(has(text, "ENDLIST"));
    CHECK_FALSE(has(text, "INDEPENDENT"));
}

TEST_CASE("an EVENT playlist that is over keeps its promises, and gets an end") {
    const auto growing = listing_of_three(true);
    growing->range.end_us = all_time.end_us;
    const auto over = listing_of_three(false);
    over->range.end_us = all_time.end_us;
    CHECK(written(over) == written(growing) + "#EXT-X-ENDLIST\n");
}

TEST_CASE("segments without a keyframe are not said to be independent") {
    const auto listing = listing_of_three(false);
    listing->slices[1].keyframe = false;
    CHECK_FALSE(has(written(listing), "INDEPENDENT"));
}

TEST_CASE("a playlist is the same whatever its pieces") {
    for (const bool grows : {false, true}) {
        const std::string whole = written(listing_of_three(grows));
        CHECK(written(listing_of_three(grows), 1) == whole);
        CHECK(written(listing_of_three(grows), 150) == whole);
    }
}

TEST_CASE("the date is right on both sides of midnight, and before 1970") {
    const auto listing = listing_of_three(false);
    listing->slices[1].start_us = ten_us + std::int64_t{14} * 3'600'000'000 - 1000;
    listing->slices[2].start_us = ten_us + std::int64_t{14} * 3'600'000'000;
    listing->slices[3].start_us = -1'000;
    const std::string text = written(listing);
    CHECK(has(text, "TIME:2026-01-08T23:59:59.999Z"));
    CHECK(has(text, "TIME:2026-01-09T00:00:00.000Z"));
    CHECK(has(text, "TIME:1969-12-31T23:59:59.999Z"));
}

TEST_CASE("a multivariant playlist fixes the time, and says the highest rate") {
    CHECK(multivariant_text("index.m3u8?start=x", 8000) ==
          "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-STREAM-INF:BANDWIDTH=8000\nindex.m3u8?start=x\n");
    CHECK(peak_bandwidth(*listing_of_three(false)) == 1600);
}

TEST_CASE("names say which bytes of which file, and others say nothing") {
    for (const Resource& resource : {Resource{ten_us, 0, 0}, Resource{ten_us, 1320, 250'000},
                                     Resource{-5, 0, 1}, Resource{ten_us, 1, Resource::one_part}}) {
        std::string uri;
        append_uri(uri, resource, {recorded_folder});
        REQUIRE(uri.starts_with("~recorded/"));
        const auto parsed = parse_resource(std::string_view(uri).substr(recorded_folder.size() + 1));
        REQUIRE(parsed);
        CHECK(*parsed == resource);
    }
    for (const char* name : {"",
                             "_",
                             "5",
                             "5_",
                             "5_init",
                             "5_init.mp4x",
                             "x_init.mp4",
                             "5_1-2",
                             "5_1-2.mp4x",
                             "5_2-1.mp4",
                             "5_1-1.mp4",
                             "5_0-0.mp4",
                             "5_-1-2.mp4",
                             "5_1--2.mp4",
                             "5_1-.mp4",
                             "99999999999999999999_1-2.mp4",
                             "5_1-99999999999999999999.mp4",
                             "5_1-2.ts",
                             "9223372036854775807_init.mp4",
                             "-9223372036854775808_init.mp4"}) {
        INFO(name);
        CHECK_FALSE(parse_resource(name));
    }
}

TEST_CASE("what takes gzip") {
    for (const char* header :
         {"gzip", "gzip, deflate, br", "deflate,gzip;q=0.5", "*", "GZIP", "br, gzip ; q=1"})
        CHECK(accepts_gzip(header));
    for (const char* header :
         {"", "deflate", "gzip;q=0", "gzip;q=0.0", "xgzip", "gzi", "identity;q=1, *;q=0"})
        CHECK_FALSE(accepts_gzip(header));
}
