#include "catch.hpp"
#include "handover.hpp"

using namespace rill;
using namespace rill::record;
using namespace std::chrono_literals;

namespace {

UnitPtr unit(Codec codec, Nanoseconds dts) {
    auto format = std::make_shared<Format>();
    format->kind = Kind::audio;
    format->codec = codec;
    auto made = std::make_shared<AccessUnit>();
    made->format = std::move(format);
    made->dts = made->pts = dts;
    return made;
}

/// Sound in units of 20 ms, and what is made of it `lag` later; looked at every `interval`.
struct Run {
    Nanoseconds lag, interval, made_from;
    std::optional<Nanoseconds> gop = {};
    Nanoseconds phase{0};

    Handover handover = {};
    std::vector<UnitPtr> written = {};

    void look(Nanoseconds now) {
        const auto keyframe = gop ? std::optional(now - now % *gop) : std::nullopt;
        for (const UnitPtr& unit : handover.take(keyframe))
            written.push_back(unit);
    }
    /// When the rendition began in the file.
    std::optional<Nanoseconds> run() {
        for (Nanoseconds now{0}; now < 10s; now += 1ms) {
            if (now % 20ms == 0ms) handover.push_own(unit(Codec::pcmu, now));
            if (const auto of = now - lag; of >= made_from && of % 20ms == 7ms)
                handover.push_made(unit(Codec::aac, of));
            if (now % interval == phase) look(now);
            if (handover.is_over()) break;
        }
        const auto first =
            std::ranges::find(written, Codec::aac, [](const UnitPtr& unit) { return unit->format->codec; });
        if (first == written.end()) return std::nullopt;
        return (*first)->dts;
    }
    void check_whole() const {
        for (std::size_t at = 1; at < written.size(); ++at) {
            CHECK(written[at]->dts > written[at - 1]->dts);
            CHECK(written[at]->dts - written[at - 1]->dts <= 40ms);
        }
    }
};

}  // namespace

TEST_CASE("the rendition begins with a keyframe, also where it comes later than each look at it") {
    // A part is looked at just after its end, which is a keyframe.
    for (const Nanoseconds lag : {0ms, 10ms, 100ms, 600ms}) {
        INFO("lag " << lag.count());
        Run run{.lag = lag, .interval = 500ms, .made_from = 1200ms, .gop = 1s, .phase = 20ms};
        CHECK(run.run() == 2007ms);
        run.check_whole();
    }
}

TEST_CASE("where each picture is a keyframe") {
    Run run{.lag = 100ms, .interval = 500ms, .made_from = 1200ms, .gop = 40ms, .phase = 20ms};
    const auto begun = run.run();
    REQUIRE(begun);
    CHECK(*begun < 2100ms);
    run.check_whole();
}

TEST_CASE("sound that leads changes anywhere") {
    Run run{.lag = 100ms, .interval = 500ms, .made_from = 1200ms};
    const auto begun = run.run();
    REQUIRE(begun);
    CHECK(*begun < 2100ms);
    run.check_whole();
}

TEST_CASE("without a rendition, or with one that comes too late, the camera's own sound is written") {
    Run run{.lag = GENERATE(20s, 3s), .interval = 500ms, .made_from = 1200ms, .gop = 1s, .phase = 20ms};
    CHECK_FALSE(run.run());
    // What is held is less than what the cutter waits for.
    CHECK(run.written.back()->dts > 8s);
    for (const UnitPtr& unit : run.handover.take_rest())
        run.written.push_back(unit);
    CHECK(run.written.back()->dts == 9980ms);
    run.check_whole();
}
