#include "catch.hpp"
#include "silence.hpp"
#include "sound.hpp"
#include "testing.hpp"

using namespace rill;
using namespace rill::hls;
using namespace rill::hls::testing;

namespace {

void check_contiguous(const std::vector<UnitPtr>& units, Nanoseconds step) {
    for (std::size_t i = 1; i < units.size(); ++i)
        CHECK(units[i]->dts - units[i - 1]->dts == step);
}

}  // namespace

TEST_CASE("sound is taken up to the time of the picture") {
    Sound sound;
    Camera microphone{.format = opus(), .step = milliseconds(20), .gop = 1};
    sound.restart(microphone.format, microphone.now);
    const Nanoseconds start = microphone.now;
    for (int i = 0; i < 20; ++i)
        sound.push(microphone.next());
    CHECK(sound.take(start + milliseconds(200)).size() == 10);
    CHECK(sound.end() == start + milliseconds(200));
    // What is late by less than the patience is waited for.
    CHECK(sound.take(start + milliseconds(600)).size() == 10);
    CHECK(sound.take(start + milliseconds(800)).empty());
    CHECK(sound.end() == start + milliseconds(400));
}

TEST_CASE("silence follows sound that stopped, and gives way to sound that comes back") {
    Sound sound;
    Camera microphone{.format = opus(), .step = milliseconds(20), .gop = 1};
    const Nanoseconds start = microphone.now;
    sound.restart(microphone.format, start);
    auto units = sound.take(start + milliseconds(520));
    CHECK(units.size() == 26);
    check_contiguous(units, milliseconds(20));
    CHECK(sound.take(start + milliseconds(600)).size() == 4);
    // Sound of the past is too late, the next is not.
    for (int i = 0; i < 40; ++i)
        sound.push(microphone.next());
    units = sound.take(start + milliseconds(800));
    CHECK(units.size() == 10);
    CHECK(units.front()->dts == start + milliseconds(600));
    CHECK(units.front()->sequence != 0);
}

TEST_CASE("a hole in the sound is filled when its end is known") {
    Sound sound;
    Camera microphone{.format = opus(), .step = milliseconds(20), .gop = 1};
    const Nanoseconds start = microphone.now;
    sound.restart(microphone.format, start);
    for (int i = 0; i < 20; ++i) {
        const auto unit = microphone.next();
        if (i < 4 || i > 12) sound.push(unit);
    }
    const auto units = sound.take(start + milliseconds(400));
    CHECK(units.size() == 20);
    check_contiguous(units, milliseconds(20));
}

TEST_CASE("sound without a picture that takes it is bounded") {
    Sound sound;
    Camera microphone{.format = opus(), .step = milliseconds(20), .gop = 1};
    sound.restart(microphone.format, microphone.now);
    for (int i = 0; i < 5000; ++i)
        sound.push(microphone.next());
    sound.restart(microphone.format, seconds(0));
    CHECK(sound.take(microphone.now).size() > 400);
}

TEST_CASE("every usual layout of AAC has a silent frame") {
    auto format = std::make_shared<Format>(*aac());
    for (unsigned configuration = 0; configuration < 16; ++configuration) {
        // AAC-LC, 48 kHz.
        format->config = {0x11, static_cast<std::uint8_t>(0x80 | configuration << 3)};
        CHECK(silent_frame(*format).empty() == (configuration == 0 || configuration > 7));
    }
    format->config = {0x11};
    CHECK(silent_frame(*format).empty());
    format->config = {};
    CHECK(silent_frame(*format).empty());
}
