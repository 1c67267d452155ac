// What a window lists, and how it moves.
#include "catch.hpp"
#include "testing.hpp"
#include "window.hpp"

#include <string>

using namespace rill;
using namespace rill::playback;
using playback::testing::ten_us;

namespace {

constexpr std::int64_t second_us = 1'000'000;
constexpr std::int64_t hour_us = 3600 * second_us;

/// A file of parts of a second; "K" begins with a keyframe.
WindowFile file_of(double start, const std::string& keyframes, bool open = false, bool continues = true) {
    WindowFile file{ten_us + static_cast<std::int64_t>(start * 1e6), open, continues, {}};
    std::int64_t at_us = file.start_us;
    std::uint64_t offset = 1000;
    for (const char c : keyframes) {
        file.parts.push_back({{at_us, at_us + second_us}, offset, 100, c == 'K'});
        at_us += second_us;
        offset += 100;
    }
    return file;
}

std::string repeated(const std::string& gop, int times) {
    std::string text;
    for (int i = 0; i < times; ++i)
        text += gop;
    return text;
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

std::size_t count(const std::string& text, std::string_view part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
        ++found;
    return found;
}

}  // namespace

TEST_CASE("a window lists segments, the parts of the newest, and the part to come") {
    const Window window(hour_us, {file_of(0, "KkKkK", true)});
    CHECK(window.text(false, {rewind_folder}) ==
          "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:5\n"
          "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=3.000,CAN-SKIP-UNTIL=30\n"
          "#EXT-X-PART-INF:PART-TARGET=1.000\n#EXT-X-MEDIA-SEQUENCE:0\n"
          "#EXT-X-MAP:URI=\"~rewind/1767866400000000_init.mp4\"\n"
          "#EXT-X-PROGRAM-DATE-TIME:2026-01-08T10:00:00.000Z\n"
          "#EXT-X-PART:DURATION=1.000000,URI=\"~rewind/1767866400000000_1000-part.mp4\",INDEPENDENT=YES\n"
          "#EXT-X-PART:DURATION=1.000000,URI=\"~rewind/1767866400000000_1100-part.mp4\"\n"
          "#EXT-X-PART:DURATION=1.000000,URI=\"~rewind/1767866400000000_1200-part.mp4\",INDEPENDENT=YES\n"
          "#EXT-X-PART:DURATION=1.000000,URI=\"~rewind/1767866400000000_1300-part.mp4\"\n"
          "#EXTINF:4.000000,\n~rewind/1767866400000000_1000-1400.mp4\n"
          "#EXT-X-PROGRAM-DATE-TIME:2026-01-08T10:00:04.000Z\n"
          "#EXT-X-PART:DURATION=1.000000,URI=\"~rewind/1767866400000000_1400-part.mp4\",INDEPENDENT=YES\n"
          "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"~rewind/1767866400000000_1500-part.mp4\"\n");
}

TEST_CASE("a window never ends with a segment") {
    const Window window(hour_us, {file_of(0, "KkKk")});
    CHECK(window.text(false, {rewind_folder}).ends_with("-1400.mp4\n# what follows has not begun\n"));
}

TEST_CASE("what was listed stays as it was when the window is told more") {
    Window window(hour_us, {file_of(0, "KkKk", true)});
    CHECK_FALSE(has(window.text(false, {rewind_folder}), "EXTINF"));
    CHECK(window.awaits_part(ten_us, 1400));
    CHECK_FALSE(window.awaits_part(ten_us, 1300));
    window.update({file_of(0, "KkKkKkK", true)});
    window.update({file_of(0, "KkKkKkK", true)});
    const std::string text = window.text(false, {rewind_folder});
    CHECK(count(text, "EXTINF") == 1);
    CHECK(count(text, "EXT-X-PART:") == 7);
    CHECK_FALSE(window.awaits_part(ten_us, 1400));

    window.update({file_of(0, "KkKkKkKk"), file_of(8, "Kk", true)});
    CHECK(count(window.text(false, {rewind_folder}), "EXTINF") == 2);
    CHECK_FALSE(has(window.text(false, {rewind_folder}), "DISCONTINUITY"));
    CHECK(count(window.text(false, {rewind_folder}), "EXT-X-MAP") == 1);
    CHECK(window.awaits_part(ten_us + 8 * second_us, 1200));
    CHECK_FALSE(window.awaits_part(ten_us, 1800));
}

TEST_CASE("a gap is a discontinuity, and counted when it has left") {
    Window window(20 * second_us, {file_of(0, "KkKkKkKk"), file_of(60, "Kk", true, false)});
    std::string text = window.text(false, {rewind_folder});
    CHECK(count(text, "#EXT-X-DISCONTINUITY\n") == 1);
    CHECK(has(text, "#EXT-X-MEDIA-SEQUENCE:2\n"));
    CHECK(has(text, "#EXT-X-MAP:URI=\"~rewind/1767866460000000_init.mp4\""));
    CHECK_FALSE(has(text, "DISCONTINUITY-SEQUENCE"));
    window.update({file_of(60, repeated("Kk", 20), true, false)});
    text = window.text(false, {rewind_folder});
    CHECK(count(text, "#EXT-X-DISCONTINUITY\n") == 0);
    CHECK(has(text, "#EXT-X-DISCONTINUITY-SEQUENCE:1\n"));
    CHECK(has(text, "#EXT-X-MEDIA-SEQUENCE:7\n"));
}

TEST_CASE("numbers go on when segments leave, in time and because they were deleted") {
    Window window(30 * second_us, {file_of(0, repeated("Kkkk", 10)), file_of(40, "Kkkk", true)});
    CHECK(has(window.text(false, {rewind_folder}), "#EXT-X-MEDIA-SEQUENCE:3\n"));
    CHECK(window.segments() == 8);
    window.forget_before(ten_us);
    CHECK(window.segments() == 8);
    window.forget_before(ten_us + 40 * second_us);
    CHECK(window.segments() == 1);
    CHECK(has(window.text(false, {rewind_folder}), "#EXT-X-MEDIA-SEQUENCE:10\n"));
    CHECK(has(window.text(false, {rewind_folder}), "#EXT-X-MAP:URI=\"~rewind/1767866400000000_init.mp4\""));
}

TEST_CASE("the formats of a long chain are named by a file that is still there") {
    std::vector<WindowFile> files;
    files.reserve(30);
    for (int i = 0; i < 30; ++i)
        files.push_back(file_of(60.0 * i, repeated("Kkkk", 15)));
    const Window window(hour_us, files);
    CHECK(count(window.text(false, {rewind_folder}), "EXT-X-MAP") == 3);
    CHECK_FALSE(has(window.text(false, {rewind_folder}), "DISCONTINUITY"));
}

TEST_CASE("a window keeps its promise of a target duration, also without keyframes") {
    Window window(hour_us, {file_of(0, repeated("Kkkk", 3), true)});
    CHECK(window.target_s() == 5);
    window.update({file_of(0, repeated("Kkkk", 3) + "K" + std::string(20, 'k'), true)});
    const std::string text = window.text(false, {rewind_folder});
    CHECK(count(text, "#EXTINF:5.000000,") == 4);
    CHECK(count(text, "#EXTINF:4.000000,") == 3);
    CHECK(Window(hour_us, {file_of(0, repeated("Kkkkkkk", 3))}).target_s() == 8);
    CHECK(Window(hour_us, {file_of(0, "K" + std::string(50, 'k'))}).target_s() == 12);
}

TEST_CASE("a delta update skips what is far behind") {
    const Window window(hour_us, {file_of(0, repeated("Kkkk", 25), true)});
    const std::string whole = window.text(false, {rewind_folder});
    const std::string delta = window.text(true, {rewind_folder});
    CHECK(count(whole, "EXTINF") == 24);
    // 100 s of which the last 30 are listed.
    CHECK(has(delta, "#EXT-X-SKIP:SKIPPED-SEGMENTS=17\n"));
    CHECK(count(delta, "EXTINF") == 7);
    CHECK(whole.ends_with(delta.substr(delta.find("#EXT-X-PROGRAM"))));
    CHECK_FALSE(has(Window(hour_us, {file_of(0, "Kkkk", true)}).text(true, {rewind_folder}), "#EXT-X-SKIP"));
}

TEST_CASE("a player waits for the part that follows, and for nothing that is far") {
    const Window window(hour_us, {file_of(0, "KkKkKk", true)});  // 0: four parts; 1: two parts
    CHECK(window.contains({0, {}}));
    CHECK(window.contains({0, 3}));
    CHECK(window.contains({0, 4}));  // is part 0 of the next
    CHECK(window.contains({1, 1}));
    CHECK_FALSE(window.contains({1, 2}));
    CHECK_FALSE(window.contains({1, {}}));
    CHECK_FALSE(window.contains({2, {}}));
    CHECK_FALSE(window.is_too_far({2, {}}));
    CHECK_FALSE(window.is_too_far({1, 5}));
    CHECK(window.is_too_far({1, 6}));
    CHECK(window.is_too_far({4, {}}));
}

TEST_CASE("what has left a window is there for who waits for it") {
    Window window(10 * second_us, {file_of(0, repeated("Kkkk", 25), true)});
    CHECK(window.contains({0, {}}));
    CHECK(window.contains({0, 99}));
}
