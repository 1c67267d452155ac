// Jumps, speeds and steps.
#include "test_player_rig.hpp"

using namespace rill;
using namespace rill::webrtc;
using namespace rill::webrtc::test;

TEST_CASE("speeds", "[player]") {
    for (const double good : {0.0, 0.25, 1.0, 4.0, 64.0, -0.25, -1.0, -64.0})
        CHECK(is_speed(good));
    for (const double bad : {0.2, -0.1, 64.1, -65.0, 1e300, std::nan(""), double(INFINITY)})
        CHECK_FALSE(is_speed(bad));
}

TEST_CASE("a jump: what lies before the target in a burst, then each picture at its place", "[player]") {
    PlayerRig rig;
    rig.recordings.add(0, {.parts = 20, .sound = true});
    rig.seek(5.5);
    REQUIRE(rig.answers.size() == 1);
    CHECK(rig.answers[0].kind == Sought::Kind::shown);
    CHECK(rig.begun == 1);
    CHECK(rig.sent_before_begin == 0);
    CHECK(rig.moved == 1);
    CHECK(rig.player->position() == at_us(5.5));

    const Nanoseconds asked = rig.clock.at;
    rig.pass(3s);
    const auto pictures = rig.pictures();
    REQUIRE(pictures.size() > 50);
    CHECK(pictures.front().keyframe);
    CHECK(seconds(pictures.front()) == 5.0);
    const auto target = std::ranges::find_if(pictures, [](const Sent& one) { return seconds(one) > 5.5; });
    // Thirteen small pictures leave within a millisecond, one behind the other.
    CHECK((target - 1)->send_at < asked + 2ms);
    CHECK(std::ranges::is_sorted(pictures, {}, &Sent::send_at));
    check_places({target, pictures.end()}, 0.04, 40ms);
    CHECK(std::chrono::abs(target->send_at - asked - 20ms) < 3ms);
    CHECK(rig.position_error() < 0.041);
    CHECK(std::abs(static_cast<double>(rig.player->position() - at_us(8.5))) < 45'000);
    CHECK(rig.edges == 0);

    const auto sound = rig.sound();
    REQUIRE(sound.size() > 140);
    CHECK(seconds(sound.front()) >= 5.5);
    check_places(sound, 0.02, 20ms);
    // In step with the pictures.
    CHECK(std::chrono::abs((sound.front().media_time - target->media_time) -
                           (sound.front().utc_us - target->utc_us) * 1us) < 1ms);
}

TEST_CASE("little is handed out ahead of its time, so that a jump is heeded at once", "[player]") {
    PlayerRig rig;
    rig.recordings.add(0, {.parts = 30, .keyframe_every = 100, .picture_bytes = 20'000});
    rig.seek(3.9);
    rig.pass(10ms);
    // 97 pictures of 20 kB take 390 ms at 5 MB/s.
    for (const Sent& one : rig.pictures())
        CHECK(one.send_at <= rig.clock.at + 25ms);
    CHECK(rig.pictures().size() < 12);
    const std::size_t before = rig.pictures().size();
    rig.seek(8.0);
    rig.pass(1ms);
    const auto after = rig.pictures(before);
    REQUIRE_FALSE(after.empty());
    CHECK(after.front().keyframe);
    CHECK(seconds(after.front()) == 8.0);
    CHECK(after.front().send_at <= rig.clock.at + 25ms);
}

TEST_CASE("a player wakes when something can be sent, not before", "[player]") {
    PlayerRig rig;
    SECTION("more than the line takes") {
        // 6.25 MB a second, of which 5 leave.
        rig.recordings.add(0, {.parts = 5, .picture_bytes = 250'000});
        rig.seek(0);
    }
    SECTION("up to a gap") {
        for (int segment = 0; segment < 5; ++segment)
            rig.recordings.add(segment * 100, {.parts = 1});
        rig.seek(0.5);
    }
    const int before = rig.wakes;
    rig.pass(2s);
    REQUIRE(rig.pictures().size() > 30);
    CHECK(static_cast<std::size_t>(rig.wakes - before) <= rig.pictures().size() + 5);
}

TEST_CASE("a target far behind its keyframe is approached over several parts", "[player]") {
    PlayerRig rig;
    rig.recordings.add(0, {.parts = 30, .keyframe_every = 250, .picture_bytes = 5'000});
    rig.seek(17.0);
    const Nanoseconds asked = rig.clock.at;
    rig.pass(4s);
    const auto pictures = rig.pictures();
    CHECK(seconds(pictures.front()) == 10.0);
    const auto target = std::ranges::find_if(pictures, [](const Sent& one) { return seconds(one) > 17.0; });
    REQUIRE(target != pictures.end());
    // 175 pictures of 5 kB.
    CHECK(std::chrono::abs((target - 1)->send_at - asked - 175ms) < 30ms);
    check_places({target, pictures.end()}, 0.04, 40ms);
    CHECK(rig.position_error() < 0.041);
}

TEST_CASE("slower and faster, with every picture, and without sound", "[player]") {
    const double rate = GENERATE(0.25, 0.5, 2.0, 4.0);
    CAPTURE(rate);
    PlayerRig rig;
    rig.recordings.add(0, {.parts = 60, .sound = true});
    rig.seek(10);
    rig.pass(1s);
    const std::size_t before = rig.pictures().size();
    const std::size_t heard = rig.sound().size();
    rig.player->set_rate(rate, rig.answer());
    REQUIRE(rig.answers.size() == 2);
    const std::int64_t from_us = rig.player->position();
    rig.pass(3s);
    const auto pictures = rig.pictures(before);
    check_places({pictures.begin() + 1, pictures.end()}, 0.04,
                 std::chrono::duration_cast<Nanoseconds>(40ms / rate));
    // No jump, no keyframe out of turn.
    CHECK(seconds(pictures[0]) - seconds(rig.pictures()[before - 1]) == Approx(0.04));
    CHECK(rig.sound().size() <= heard + 1);
    CHECK(std::abs(static_cast<double>(rig.player->position() - from_us) / 1e6 - 3 * rate) < 0.1);
    CHECK(rig.player->rate() == rate);
    // And sound again at 1.
    rig.player->set_rate(1, rig.answer());
    rig.pass(4s);
    CHECK(rig.sound().size() > heard + 90);
    CHECK(rig.position_error() < 0.041);
}

TEST_CASE("on the way the newest speed counts, and puts nothing off", "[player]") {
    PlayerRig rig;
    rig.recordings.add(0, {.parts = 20, .open = true});
    SECTION("to what is there") {
        rig.player->seek(at_us(10), 1, false, rig.answer());
        for (const double rate : {2.0, 0.5, -8.0, 4.0})
            rig.player->set_rate(rate, rig.answer());
        REQUIRE(rig.answers.size() == 4);
        for (const Sought& replaced : rig.answers)
            CHECK(replaced.kind == Sought::Kind::replaced);
        rig.settle();
        REQUIRE(rig.answers.size() == 5);
        CHECK(rig.answers.back().kind == Sought::Kind::shown);
        CHECK(rig.player->rate() == 4);
        CHECK(rig.player->position() == at_us(10));
    }
    SECTION("to what is to be recorded soon") {
        rig.seek(60, 0.5, true);
        rig.pass(3s);
        rig.player->set_rate(0.25, rig.answer());
        rig.pass(3s);
        REQUIRE(rig.answers.size() == 2);
        CHECK(rig.answers.front().kind == Sought::Kind::replaced);
        CHECK(rig.answers.back().kind == Sought::Kind::nothing);
    }
}

TEST_CASE("above four, and backwards, keyframes alone, each at its place", "[player]") {
    const double rate = GENERATE(8.0, 64.0, -0.5, -1.0, -8.0, -64.0);
    CAPTURE(rate);
    PlayerRig rig;
    for (int segment = 0; segment < 40; ++segment)
        rig.recordings.add(segment * 10, {.parts = 10, .sound = true});
    rig.seek(200);
    rig.pass(100ms);
    const std::size_t before = rig.pictures().size();
    const std::size_t heard = rig.sound().size();
    rig.player->set_rate(rate, rig.answer());
    rig.settle();
    const Nanoseconds asked = rig.clock.at;
    rig.pass(3s);
    const auto pictures = rig.pictures(before);
    REQUIRE(pictures.size() >= 2);
    CHECK(pictures.size() <= 35);
    CHECK(rig.sound().size() == heard);
    for (std::size_t at = 0; at < pictures.size(); ++at) {
        CHECK(pictures[at].keyframe);
        if (at == 0) continue;
        const double passed = seconds(pictures[at]) - seconds(pictures[at - 1]);
        CHECK(passed / rate > 0);
        const Nanoseconds apart = pictures[at].media_time - pictures[at - 1].media_time;
        CHECK(std::abs(std::chrono::duration<double>(apart).count() - passed / rate) < 0.002);
    }
    // At 64, 13 keyframes lie between two that are shown.
    CHECK(
        (rig.edges == 1 || std::abs(seconds(pictures.back()) - 200 - 3 * rate) < std::abs(rate) * 0.3 + 1.1));
    CHECK(pictures.front().send_at - asked < 50ms);
    CHECK(rig.player->position() == pictures.back().utc_us);
}

TEST_CASE("backwards it ends at the first picture, and holds it", "[player]") {
    PlayerRig rig;
    rig.recordings.add(0, {.parts = 10});
    rig.seek(3);
    rig.player->set_rate(-4, rig.answer());
    rig.pass(3s);
    CHECK(rig.player->rate() == 0);
    CHECK(rig.player->position() == at_us(0));
    CHECK(rig.edges == 0);
    CHECK(seconds(rig.pictures().back()) == 0.0);
    rig.player->set_rate(1, rig.answer());
    rig.pass(1s);
    CHECK(std::abs(static_cast<double>(rig.player->position() - at_us(1))) < 90'000);
}

TEST_CASE("held, nothing is sent, and steps show one picture", "[player]") {
    PlayerRig rig;
    rig.recordings.add(0, {.parts = 20, .sound = true});
    rig.seek(5);
    rig.pass(1s);
    rig.player->set_rate(0, rig.answer());
    const std::size_t before = rig.sent.size();
    const std::int64_t held_us = rig.player->position();
    CHECK(held_us == rig.pictures().back().utc_us);
    rig.pass(10s);
    CHECK(rig.sent.size() == before);
    CHECK(rig.player->position() == held_us);

    SECTION("one further") {
        rig.answers.clear();
        for (std::int64_t step = 1; step <= 30; ++step) {
            rig.player->step(1, rig.answer());
            rig.pass(100ms);
            REQUIRE(rig.answers.size() == static_cast<std::size_t>(step));
            CHECK(rig.player->position() == held_us + step * 40'000);
            CHECK(rig.pictures().back().utc_us == rig.player->position());
        }
        // In the order of decoding: each picture was sent once.
        CHECK(rig.sent.size() == before + 30);
    }
    SECTION("many, of which nothing stays in memory") {
        for (int step = 0; step < 200; ++step) {
            rig.player->step(1, rig.answer());
            rig.pass(10ms);
        }
        CHECK(rig.player->position() == held_us + 200 * 40'000);
        CHECK(rig.fragments.alive() >= 1);
        CHECK(rig.fragments.alive() <= 3);
    }
    SECTION("one back, also before the keyframe") {
        rig.answers.clear();
        for (std::int64_t step = 1; step <= 30; ++step) {
            rig.player->step(-1, rig.answer());
            rig.pass(100ms);
            REQUIRE(rig.answers.size() == static_cast<std::size_t>(step));
            CHECK(rig.player->position() == held_us - step * 40'000);
            CHECK(rig.pictures().back().utc_us == rig.player->position());
        }
        CHECK(rig.player->rate() == 0);
        CHECK(rig.sound().size() < before);
    }
    SECTION("a jump shows its picture and holds it") {
        rig.seek(12.34, 0);
        rig.pass(1s);
        CHECK(seconds(rig.pictures().back()) == Approx(12.32));
        CHECK(rig.player->position() == rig.pictures().back().utc_us);
        rig.pass(1s);
        rig.player->set_rate(1, rig.answer());
        rig.pass(1s);
        CHECK(seconds(rig.pictures().back()) == Approx(13.32).margin(0.07));
    }
    SECTION("and on") {
        rig.player->set_rate(1, rig.answer());
        rig.pass(1s);
        const auto pictures = rig.pictures();
        const auto next =
            std::ranges::find_if(pictures, [&](const Sent& one) { return one.utc_us > held_us; });
        CHECK(next->utc_us == held_us + 40'000);
        check_places({next, pictures.end()}, 0.04, 40ms);
    }
    SECTION("at the first picture there is none before") {
        rig.seek(0, 0);
        rig.pass(100ms);
        rig.answers.clear();
        rig.player->step(-1, rig.answer());
        rig.pass(100ms);
        REQUIRE(rig.answers.size() == 1);
        CHECK(rig.answers[0].kind == Sought::Kind::nothing);
        CHECK(rig.player->position() == at_us(0));
    }
}

TEST_CASE("what is held live steps into what is recorded a little later", "[player]") {
    PlayerRig rig;
    const auto id = rig.recordings.add(0, {.parts = 5, .open = true});
    rig.player->hold(at_us(5.6));
    CHECK(rig.player->position() == at_us(5.6));
    rig.player->step(1, rig.answer());
    rig.pass(1s);
    CHECK(rig.answers.empty());
    rig.recordings.grow(id, 1);
    rig.pass(1s);
    REQUIRE(rig.answers.size() == 1);
    CHECK(rig.player->position() == at_us(5.64));
    CHECK(rig.player->rate() == 0);
    rig.player->step(-1, rig.answer());
    rig.pass(1s);
    CHECK(rig.player->position() == at_us(5.6));
}

TEST_CASE("the same picture's time may differ a little, live and recorded", "[player]") {
    PlayerRig rig;
    rig.recordings.add(0, {.parts = 20});
    const std::int64_t off_us = GENERATE(-900, 900);
    CAPTURE(off_us);
    rig.player->hold(at_us(5.6) + off_us);
    SECTION("back") {
        rig.player->step(-1, rig.answer());
        rig.pass(100ms);
        CHECK(rig.player->position() == at_us(5.56));
    }
    SECTION("on") {
        rig.player->step(1, rig.answer());
        rig.pass(100ms);
        CHECK(rig.player->position() == at_us(5.64));
    }
}

TEST_CASE("a step on the way to a time shows what comes after that time", "[player]") {
    PlayerRig rig;
    rig.recordings.add(0, {.parts = 30, .keyframe_every = 250, .picture_bytes = 20'000});
    rig.seek(9);
    rig.pass(10ms);
    REQUIRE(rig.player->position() == at_us(9));
    REQUIRE(seconds(rig.pictures().back()) < 1);
    rig.player->step(1, rig.answer());
    rig.pass(3s);
    CHECK(rig.player->position() == at_us(9.04));
    CHECK(rig.pictures().back().utc_us == at_us(9.04));
}

TEST_CASE("a step before anything is shown goes on from where playing was to begin", "[player]") {
    PlayerRig rig;
    rig.recordings.add(0, {.parts = 20});
    rig.player->seek(at_us(5), 1, false, rig.answer());
    rig.player->step(1, rig.answer());
    rig.pass(1s);
    REQUIRE(rig.answers.size() == 2);
    CHECK(rig.answers.front().kind == Sought::Kind::replaced);
    CHECK(rig.player->position() == at_us(5.04));
}

TEST_CASE("on the way to the next picture the position stays where it is", "[player]") {
    PlayerRig rig;
    rig.recordings.add(0, {.parts = 20});
    rig.player->hold(at_us(5.6));
    rig.on_sent = [&rig] { CHECK(rig.player->position() >= at_us(5.6)); };
    rig.player->step(1, rig.answer());
    rig.pass(100ms);
    CHECK(rig.answers.size() == 1);
    CHECK(seconds(rig.sent.front()) == 5.0);
    CHECK(rig.player->position() == at_us(5.64));
}

TEST_CASE("a viewer that lost the picture gets it again from its keyframe", "[player]") {
    PlayerRig rig;
    rig.recordings.add(0, {.parts = 20});
    rig.seek(5);
    rig.pass(520ms);
    const std::int64_t position_us = rig.player->position();
    const std::size_t before = rig.pictures().size();
    rig.player->refresh();
    rig.pass(5ms);
    const auto again = rig.pictures(before);
    REQUIRE(again.size() > 5);
    CHECK(again.front().keyframe);
    CHECK(seconds(again.front()) == 5.0);
    CHECK(std::abs(static_cast<double>(rig.player->position() - position_us)) < 45'000);

    // What is held, too, but not when nothing has come for so long that a browser asks because of that.
    rig.player->set_rate(0, rig.answer());
    std::size_t sent = rig.pictures().size();
    rig.player->refresh();
    rig.pass(500ms);
    CHECK(rig.pictures().size() > sent);
    CHECK(rig.pictures().back().utc_us == rig.player->position());
    rig.pass(2s);
    sent = rig.pictures().size();
    rig.player->refresh();
    rig.pass(500ms);
    CHECK(rig.pictures().size() == sent);
}

TEST_CASE("of a recording, too, what is shown out of order and referred to by nothing is left out",
          "[player]") {
    PlayerRig rig;
    rig.recordings.add(0, {.parts = 10, .reordered = true});
    rig.seek(2);
    rig.pass(3s);
    const auto pictures = rig.pictures(4);
    CHECK(std::ranges::is_sorted(pictures, {}, &Sent::utc_us));
    CHECK(std::ranges::is_sorted(pictures, {}, &Sent::media_time));
    CHECK(pictures.size() < 50);
    CHECK(rig.position_error() < 0.09);
}
