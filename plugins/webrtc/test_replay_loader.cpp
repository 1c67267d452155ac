// What the player's tests do not see: reading for nobody, and an index that fails in the midst of a look.
#include "catch.hpp"
#include "replay_loader.hpp"
#include "test_recordings.hpp"

#include <atomic>
#include <future>

using namespace rill;
using namespace rill::webrtc;
using namespace rill::webrtc::test;

namespace {

struct LoaderRig {
    rill::test::MemoryArchive archive;
    Recordings recordings{archive};
    std::shared_ptr<ReplayLoader> loader = make();

    std::shared_ptr<ReplayLoader> make() {
        return std::make_shared<ReplayLoader>(archive, "cam1", Codec::h264);
    }
    /// Asks, and waits for the answer.
    ReplayPart answer(const std::function<void(ReplayLoader::Done)>& ask) {
        std::promise<ReplayPart> part;
        ask([&part](ReplayPart found) { part.set_value(std::move(found)); });
        archive.settle();
        return part.get_future().get();
    }
    ReplayPart seek(double seconds) {
        return answer([&](ReplayLoader::Done done) { loader->seek(at_us(seconds), false, std::move(done)); });
    }
    ReplayPart next() {
        return answer([&](ReplayLoader::Done done) { loader->next(std::move(done)); });
    }
    ReplayPart next_keyframe(double seconds) {
        return answer(
            [&](ReplayLoader::Done done) { loader->next_keyframe(at_us(seconds), false, std::move(done)); });
    }
};

void check_refused(const ReplayPart& part) {
    CHECK(part.kind == ReplayPart::Kind::failed);
    CHECK(part.error.message == "locked");
}

void check_units(const ReplayPart& part, double start) {
    REQUIRE(part.kind == ReplayPart::Kind::units);
    CHECK(part.time.start_us == at_us(start));
    CHECK_FALSE(part.jumped);
}

}  // namespace

TEST_CASE("for a loader that was let go of nothing is read", "[player]") {
    LoaderRig rig;
    rig.recordings.add(0, {.parts = 1, .picture_bytes = 200'000});
    std::promise<void> gate;
    rig.archive.read("cam1", [opened = gate.get_future().share()](ArchiveView&) { opened.wait(); });
    std::atomic<int> answers = 0;
    const std::size_t before = rig.archive.turns();
    for (int jump = 0; jump < 10; ++jump) {
        rig.loader = rig.make();
        rig.loader->seek(at_us(0.5), false, [&answers](const ReplayPart&) { ++answers; });
    }
    gate.set_value();
    rig.archive.settle();
    CHECK(answers == 1);
    // Five megabytes for the last one, a turn for each of the others.
    CHECK(rig.archive.turns() - before <= 9 + 6);
}

TEST_CASE("parts that cannot be told now are waited for", "[player]") {
    LoaderRig rig;
    const auto id = rig.recordings.add(0, {.parts = 1});
    rig.recordings.add(1, {.parts = 1});
    SECTION("of the file that is jumped to") {
        rig.archive.refuse_parts({Code::unavailable, "locked"});
        check_refused(rig.seek(0.5));
        check_refused(rig.next_keyframe(0));
        rig.archive.relent();
        check_units(rig.seek(0.5), 0);
    }
    SECTION("of the next file") {
        check_units(rig.seek(0.5), 0);
        rig.archive.refuse_parts({Code::unavailable, "locked"});
        for (int attempt = 0; attempt < 3; ++attempt)
            check_refused(rig.next());
        rig.archive.relent();
        check_units(rig.next(), 1);
    }
    SECTION("of the same file, which grows") {
        const auto open = rig.recordings.add(2, {.parts = 1, .open = true});
        check_units(rig.seek(2.5), 2);
        rig.recordings.grow(open, 1);
        rig.archive.refuse_parts({Code::unavailable, "locked"});
        check_refused(rig.next());
        rig.archive.relent();
        check_units(rig.next(), 3);
    }
    SECTION("not those of a file that was deleted") {
        RecordedSegment gone = rig.archive.segment(id);
        gone.time = {at_us(5), at_us(6)};
        gone.file = "/nowhere/05.mp4";
        rig.archive.add("cam1", gone);
        const ReplayPart part = rig.seek(5.5);
        CHECK(part.kind == ReplayPart::Kind::skipped);
        CHECK_THAT(part.error.message, Catch::Matchers::StartsWith("the recording 05.mp4 cannot be opened"));
    }
}

TEST_CASE("what is passed over is named by its file", "[player]") {
    LoaderRig rig;
    SECTION("another codec") {
        for (int segment = 0; segment < 256; ++segment) {
            rig.archive.add("cam1", {.file = "/root/cam1/other.mp4",
                                     .time = {at_us(segment), at_us(segment + 1)},
                                     .codecs = "hvc1.1.6.L60.90"});
        }
        const ReplayPart part = rig.seek(0.5);
        CHECK(part.kind == ReplayPart::Kind::skipped);
        CHECK(part.time.end_us == at_us(256));
        CHECK(part.error.message == "the recording other.mp4 is of hvc1.1.6.L60.90, not H264");
    }
    RecordedSegment like = rig.archive.segment(rig.recordings.add(1000, {.parts = 1}));
    const std::string name = like.file.filename().string();
    SECTION("no keyframe") {
        for (const double start : {500.0, 501.0}) {
            like.time = {at_us(start), at_us(start)};
            like.open = true;
            const auto id = rig.archive.add("cam1", like);
            rig.archive.append(id, {.time = {at_us(start), at_us(start + 1)}, .bytes = 100});
            rig.archive.finish(id);
        }
        const ReplayPart part = rig.next_keyframe(500.5);
        CHECK(part.kind == ReplayPart::Kind::skipped);
        CHECK(part.error.message == "the recording " + name + " has no keyframe there");
    }
    SECTION("no parts") {
        like.time = {at_us(500), at_us(501)};
        rig.archive.add("cam1", like);
        const ReplayPart part = rig.seek(500.5);
        CHECK(part.kind == ReplayPart::Kind::skipped);
        CHECK(part.error.message == "the recording " + name + " is damaged: the index knows no part of it");
        CHECK(rig.next().time.start_us == at_us(1000));
    }
}
