#include "test_player_rig.hpp"

using namespace rill;
using namespace rill::webrtc;
using namespace rill::webrtc::test;

namespace {

/// From its capture to when it is heard or seen.
Nanoseconds shift(const Sent& one) {
    return one.media_time - std::chrono::microseconds(one.utc_us);
}

void check_is_whole(const std::vector<Sent>& sound) {
    for (std::size_t at = 1; at < sound.size(); ++at)
        CHECK(sound[at].utc_us - sound[at - 1].utc_us == 20'000);
}

}  // namespace

TEST_CASE("recorded sound of another codec is heard in the viewer's, with its picture") {
    PlayerRig rig(Codec::opus);
    rig.recordings.add(0, {.parts = 10, .sound = true});
    rig.seek(2.5);
    rig.pass(3s);
    const auto sound = rig.sound();
    REQUIRE(sound.size() > 140);
    CHECK(sound.front().utc_us == at_us(2.5));
    check_is_whole(sound);
    const Sent picture = rig.pictures().back();
    for (const Sent& one : sound)
        CHECK(std::chrono::abs(shift(one) - shift(picture)) < 1ms);
    CHECK(rig.making_begun == 1);
    // What is read ahead is made when it is soon to be heard.
    CHECK(rig.pushed - sound.size() <= 25);
}

TEST_CASE("sound is made only where it is heard") {
    PlayerRig rig(Codec::opus);
    rig.recordings.add(0, {.parts = 30, .sound = true});
    rig.seek(1, 0);
    rig.pass(1s);
    CHECK(rig.making_begun == 0);
    rig.player->set_rate(2, rig.answer());
    rig.pass(2s);
    CHECK(rig.making_begun == 0);
    rig.player->set_rate(1, rig.answer());
    rig.pass(2s);
    CHECK(rig.making_begun == 1);
    const auto before = rig.sound();
    REQUIRE(before.size() > 80);
    check_is_whole(before);
    SECTION("a pause") {
        rig.player->set_rate(0, rig.answer());
        rig.pass(5s);
        CHECK(rig.sound().size() == before.size());
        rig.player->set_rate(1, rig.answer());
        rig.pass(2s);
        CHECK(rig.making_begun == 2);
        const auto sound = rig.sound();
        CHECK(sound.size() > before.size() + 80);
        check_is_whole(sound);
    }
    SECTION("a jump") {
        rig.seek(20);
        rig.pass(1s);
        CHECK(rig.making_begun == 2);
        const auto sound = rig.sound();
        REQUIRE(sound.size() > before.size() + 40);
        CHECK(sound[before.size()].utc_us == at_us(20));
    }
}

TEST_CASE("sound that cannot be made is silent, is told once, and tried again after a jump") {
    PlayerRig rig(Codec::opus);
    rig.recordings.add(0, {.parts = 10, .sound = true});
    rig.can_make = false;
    rig.seek(1);
    rig.pass(2s);
    CHECK(rig.sound().empty());
    CHECK(rig.pictures().size() > 50);
    CHECK(rig.troubles == std::vector<std::string>{"no encoder is installed"});
    rig.can_make = true;
    rig.seek(1);
    rig.pass(2s);
    CHECK(rig.sound().size() > 80);
}
