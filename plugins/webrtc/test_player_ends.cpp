// Gaps, ends, and what cannot be read.
#include "test_player_rig.hpp"

using namespace rill;
using namespace rill::webrtc;
using namespace rill::webrtc::test;

TEST_CASE("a gap is jumped over, forwards and backwards", "[player]") {
    PlayerRig rig;
    rig.recordings.add(0, {.parts = 10, .sound = true});
    rig.recordings.add(500, {.parts = 10, .sound = true});
    SECTION("while it plays") {
        rig.seek(8);
        const int moved = rig.moved;
        rig.pass(4s);
        const auto pictures = rig.pictures();
        const auto after =
            std::ranges::find_if(pictures, [](const Sent& one) { return seconds(one) >= 500; });
        REQUIRE(after != pictures.end());
        CHECK(after->keyframe);
        CHECK(seconds(*(after - 1)) == Approx(9.96));
        CHECK(std::chrono::abs(after->media_time - (after - 1)->media_time - 40ms) < 1ms);
        check_places({after, pictures.end()}, 0.04, 40ms);
        CHECK(rig.moved == moved + 1);
        CHECK(rig.position_error() < 0.041);
        CHECK(seconds(rig.sound().back()) > 501);
        CHECK(std::ranges::is_sorted(rig.sound(), {}, &Sent::media_time));
    }
    SECTION("at once, into it") {
        rig.seek(100);
        REQUIRE(rig.answers.size() == 1);
        CHECK(rig.answers[0].kind == Sought::Kind::shown);
        CHECK(rig.player->position() == at_us(500));
        rig.pass(1s);
        CHECK(seconds(rig.pictures().front()) == 500.0);
    }
    SECTION("backwards") {
        rig.seek(503, -4);
        rig.pass(2s);
        const auto pictures = rig.pictures();
        const auto after = std::ranges::find_if(pictures, [](const Sent& one) { return seconds(one) < 500; });
        REQUIRE(after != pictures.end());
        CHECK(seconds(*after) == 9.0);
        CHECK(after->send_at - (after - 1)->send_at < 150ms);
    }
    SECTION("fast") {
        rig.seek(5, 16);
        rig.pass(700ms);
        CHECK(seconds(rig.pictures().back()) >= 500);
    }
}

TEST_CASE("the end of the recording: what grows is waited for, what ends leads to live", "[player]") {
    PlayerRig rig;
    const auto id = rig.recordings.add(0, {.parts = 5, .open = true});
    rig.seek(2);
    for (int part = 0; part < 5; ++part) {
        rig.pass(1s);
        rig.recordings.grow(id, 1);
    }
    CHECK(rig.edges == 0);
    // A file ends, the next one begins without a gap.
    rig.archive.finish(id);
    const auto next = rig.recordings.add(10, {.parts = 1, .open = true});
    rig.pass(3s);
    CHECK(rig.edges == 0);
    check_places(rig.pictures(1), 0.04, 40ms);
    // Nothing comes any more.
    rig.archive.finish(next);
    rig.pass(2s);
    CHECK(rig.edges == 1);
    CHECK(seconds(rig.pictures().back()) == Approx(10.96));
}

TEST_CASE("a jump behind the end says where that is, and changes nothing", "[player]") {
    PlayerRig rig;
    rig.recordings.add(0, {.parts = 10});
    SECTION("from live") {
        rig.seek(60);
        REQUIRE(rig.answers.size() == 1);
        CHECK(rig.answers[0].kind == Sought::Kind::nothing);
        CHECK(rig.answers[0].before_us == at_us(10));
        CHECK(rig.begun == 0);
        CHECK_FALSE(rig.player->has_begun());
    }
    SECTION("from a recording") {
        rig.seek(2);
        rig.pass(1s);
        rig.seek(60);
        CHECK(rig.answers.back().kind == Sought::Kind::nothing);
        rig.pass(1s);
        check_places(rig.pictures(1), 0.04, 40ms);
        CHECK(seconds(rig.pictures().back()) > 3.9);
    }
}

TEST_CASE("of two jumps the newer one counts", "[player]") {
    PlayerRig rig;
    rig.recordings.add(0, {.parts = 20});
    rig.player->seek(at_us(3), 1, false, rig.answer());
    rig.player->seek(at_us(9), 1, false, rig.answer());
    REQUIRE(rig.answers.size() == 1);
    CHECK(rig.answers[0].kind == Sought::Kind::replaced);
    rig.pass(1s);
    CHECK(rig.answers.size() == 2);
    CHECK(seconds(rig.pictures().front()) == 9.0);
    CHECK(rig.begun == 1);
}

TEST_CASE("another codec is passed over like a gap, and told once", "[player]") {
    PlayerRig rig;
    rig.recordings.add(0, {.parts = 3});
    for (int segment = 0; segment < 5; ++segment)
        rig.recordings.add(3 + segment, {.parts = 1, .codec = Codec::h265});
    rig.recordings.add(8, {.parts = 5});
    SECTION("while it plays") {
        rig.seek(1);
        rig.pass(4s);
        const auto pictures = rig.pictures();
        const auto after = std::ranges::find_if(pictures, [](const Sent& one) { return seconds(one) >= 8; });
        REQUIRE(after != pictures.end());
        CHECK(after->send_at - (after - 1)->send_at < 60ms);
        CHECK(after->keyframe);
    }
    SECTION("at once, into it") {
        rig.seek(4.5);
        CHECK(rig.player->position() == at_us(8));
        rig.pass(1s);
        CHECK(seconds(rig.pictures().front()) == 8.0);
    }
    CHECK(rig.edges == 0);
}

TEST_CASE("what is damaged is passed over, up to a keyframe", "[player]") {
    PlayerRig rig;
    const auto id = rig.recordings.add(0, {.parts = 10, .keyframe_every = 50});
    rig.recordings.add(10, {.parts = 10, .keyframe_every = 50});
    SECTION("a part") {
        rig.recordings.damage(id, 4);
        rig.seek(2);
        rig.pass(4s);
        const auto pictures = rig.pictures();
        const auto after = std::ranges::find_if(pictures, [](const Sent& one) { return seconds(one) >= 4; });
        REQUIRE(after != pictures.end());
        CHECK(seconds(*after) == 6.0);
        CHECK(after->keyframe);
        CHECK(rig.troubles.size() == 1);
    }
    SECTION("the part that is jumped to") {
        rig.recordings.damage(id, 4);
        rig.seek(4.2);
        CHECK(rig.answers.back().kind == Sought::Kind::shown);
        CHECK(rig.player->position() == at_us(6));
    }
    SECTION("a file that ends too early") {
        rig.recordings.truncate(id, 5);
        rig.seek(3);
        rig.pass(4s);
        const auto pictures = rig.pictures();
        const auto after = std::ranges::find_if(pictures, [](const Sent& one) { return seconds(one) >= 5; });
        REQUIRE(after != pictures.end());
        CHECK(seconds(*after) == 10.0);
        CHECK(after->keyframe);
    }
    SECTION("a file that is deleted while it plays") {
        rig.seek(3);
        rig.pass(100ms);
        rig.recordings.erase(id);
        rig.pass(10s);
        // It was open, and is read to its end.
        check_places(rig.pictures(26), 0.04, 40ms);
        CHECK(seconds(rig.pictures().back()) > 12.9);
        CHECK(rig.troubles.empty());
    }
    SECTION("everything") {
        for (std::size_t part = 0; part < 10; ++part)
            rig.recordings.damage(id, part);
        rig.seek(2);
        CHECK(rig.player->position() == at_us(10));
    }
    CHECK(rig.edges == 0);
}

TEST_CASE("an index that cannot be read: a jump fails, and what plays goes on later", "[player]") {
    PlayerRig rig;
    rig.recordings.add(0, {.parts = 3});
    rig.recordings.add(3, {.parts = 10});
    SECTION("a jump") {
        rig.archive.refuse({Code::unavailable, "locked"});
        rig.seek(2);
        REQUIRE(rig.answers.size() == 1);
        CHECK(rig.answers[0].kind == Sought::Kind::failed);
        CHECK(rig.answers[0].error.message == "locked");
        CHECK(rig.begun == 0);
    }
    SECTION("what plays") {
        rig.seek(0);
        rig.pass(500ms);
        rig.archive.refuse({Code::unavailable, "locked"});
        rig.pass(5s);
        CHECK(rig.edges == 0);
        CHECK(rig.player->position() == at_us(2.96));
        CHECK(rig.troubles == std::vector<std::string>{"locked"});
        rig.archive.relent();
        rig.pass(3s);
        CHECK(seconds(rig.pictures().back()) > 5);
        CHECK(rig.position_error() < 0.041);
    }
}

TEST_CASE("large parts are read a megabyte a turn", "[player]") {
    PlayerRig rig;
    rig.recordings.add(0, {.parts = 3, .picture_bytes = 200'000});
    rig.seek(0);
    CHECK(rig.archive.turns() >= 5);
    rig.pass(900ms);
    CHECK(rig.pictures().size() > 15);
}

TEST_CASE("backwards over files whose pictures begin late", "[player]") {
    PlayerRig rig;
    for (int segment = 0; segment < 4; ++segment)
        rig.recordings.add(segment * 10, {.parts = 10, .sound = true, .pictures_after = 400ms});
    rig.seek(35);
    rig.pass(100ms);
    const std::size_t before = rig.pictures().size();
    rig.player->set_rate(-2, rig.answer());
    rig.pass(20s);
    const auto pictures = rig.pictures(before);
    CHECK(pictures.size() > 30);
    for (std::size_t at = 1; at < pictures.size(); ++at)
        CHECK(pictures[at].utc_us < pictures[at - 1].utc_us);
    CHECK(rig.player->position() == at_us(0.4));
    CHECK(rig.player->rate() == 0);
}
