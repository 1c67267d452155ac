#include "await.hpp"
#include "catch.hpp"
#include "encoded_stream.hpp"

#include <rill/clock.hpp>
#include <rill/pipeline.hpp>
#include <rill/sound_transcoder.hpp>

#include <future>

using namespace rill;
using namespace rill::test;
using namespace std::chrono_literals;

TEST_CASE("recorded sound becomes another codec's, at its times") {
    const EncodedStream stream = encode(
        "audiotestsrc num-buffers=100 samplesperbuffer=480 ! audio/x-raw,rate=48000,channels=2 "
        "! avenc_aac ! aacparse ! audio/mpeg,mpegversion=4,stream-format=raw");
    const Codec codec = GENERATE(Codec::opus, Codec::pcmu);
    Loop loop("test-sound");
    std::vector<UnitPtr> made;  // the loop's
    std::unique_ptr<SoundTranscoder> transcoder;
    const auto run = [&loop](const std::function<void()>& work) {
        std::promise<void> done;
        loop.post([&] {
            work();
            done.set_value();
        });
        done.get_future().get();
    };
    const Nanoseconds shift = running_time() - stream.units.front()->pts;
    std::string failure;
    run([&] {
        auto created =
            SoundTranscoder::create({.format = stream.format,
                                     .codec = codec,
                                     .loop = &loop,
                                     .log = Log("test"),
                                     .made = [&](const UnitPtr& unit) { made.push_back(unit); },
                                     .failed = [&](const Error& error) { failure = error.message; }});
        REQUIRE(created);
        transcoder = *std::move(created);
        for (std::size_t at = 0; at < 40; ++at) {
            AccessUnit unit = *stream.units.at(at);
            unit.pts += shift;
            transcoder->push(unit);
        }
    });
    const auto count = [&] {
        std::size_t units = 0;
        run([&] { units = made.size(); });
        return units;
    };
    CHECK(await([&] { return count() >= 30; }));
    run([&] { transcoder.reset(); });
    CHECK(failure.empty());
    REQUIRE_FALSE(made.empty());
    CHECK(made.front()->format->codec == codec);
    CHECK(made.front()->format->sample_rate == (codec == Codec::opus ? 48'000 : 8'000));
    CHECK(std::chrono::abs(made.front()->pts - stream.units.front()->pts - shift) < 60ms);
    // The first is shorter by what the encoder looks ahead.
    for (std::size_t at = 2; at < made.size(); ++at) {
        const Nanoseconds step = made[at]->pts - made[at - 1]->pts;
        CHECK(step > 15ms);
        CHECK(step < 25ms);
    }
    CHECK(Pipeline::wait_for_disposals(5s));
}
