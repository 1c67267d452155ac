// The sink with core's own runner and stream: when it decodes, for whom, and what survives.
#include "await.hpp"
#include "census.hpp"
#include "test_bench.hpp"

#include <rill/clock.hpp>

#include <algorithm>

using namespace rill;
using namespace rill::frames;
using namespace rill::frames::testing;
using rill::test::await;

namespace {

Wanted gray(int width) {
    return {PixelFormat::gray, {width, 0}};
}

std::shared_ptr<Collector> collector() {
    return std::make_shared<Collector>();
}

Settings short_lived() {
    Settings settings;
    settings.close_after = std::chrono::milliseconds(50);
    return settings;
}

}  // namespace

TEST_CASE("nobody asks, nothing is decoded") {
    Bench bench;
    bench.push(50);
    bench.settle();
    CHECK(bench.counters().starts == 0);
    CHECK(bench.counters().decoded == 0);
}

TEST_CASE("all share one decoder, and those who want the same one conversion") {
    Bench bench;
    std::vector<std::shared_ptr<Collector>> collectors;
    std::vector<std::unique_ptr<Attachment>> attachments;
    for (const int width : {64, 64, 64, 32, 100}) {
        collectors.push_back(collector());
        auto attached = bench.attach(gray(width), collectors.back());
        REQUIRE(attached);
        attachments.push_back(std::move(*attached));
    }
    bench.push_until([&] {
        return std::ranges::all_of(collectors, [](const auto& each) { return each->count() >= 10; });
    });
    CHECK(bench.counters().starts == 1);
    CHECK(bench.counters().conversions == 3);
    CHECK(bench.counters().clients == 5);
    CHECK(bench.counters().converted <= 3 * bench.counters().decoded);
    // The very same bytes.
    const auto first = collectors[0]->pictures().back();
    const auto second = collectors[1]->pictures();
    CHECK(std::ranges::any_of(second, [&](const PicturePtr& each) { return each == first; }));
    CHECK(collectors[3]->pictures()[0]->description.size == Size{32, 24});
    std::uint64_t last = 0;
    for (const PicturePtr& picture : collectors[4]->pictures()) {
        CHECK(picture->description.stamp.sequence > last);
        last = picture->description.stamp.sequence;
    }
}

TEST_CASE("a size that is said and one that follows from the source are made once") {
    Bench bench;
    const auto said = collector(), native = collector();
    const auto one = bench.attach({PixelFormat::gray, {320, 240}}, said);
    const auto two = bench.attach({PixelFormat::gray, {}}, native);
    REQUIRE(one);
    REQUIRE(two);
    bench.push_until([&] { return said->count() > 5 && native->count() > 5; });
    const auto pictures = said->pictures();
    const auto last = native->pictures().back();
    bench.push_until([&] { return said->count() > pictures.size(); });
    CHECK(std::ranges::count(said->pictures(), last) == 1);
}

TEST_CASE("the decoder goes a while after the last client, and comes back for the next") {
    Bench bench(short_lived());
    const auto first = collector(), second = collector();
    auto attached = bench.attach(gray(64), first);
    REQUIRE(attached);
    bench.push_until([&] { return first->count() > 0; });
    CHECK(bench.counters().decoders == 1);
    attached->reset();
    REQUIRE(await([&] { return bench.counters().decoders == 0; }));
    bench.settle();
    CHECK(bench.counters().clients == 0);
    CHECK(bench.counters().conversions == 0);
    const std::uint64_t decoded = bench.counters().decoded;
    bench.push(50);
    bench.settle();
    CHECK(bench.counters().decoded == decoded);

    auto again = bench.attach(gray(64), second);
    REQUIRE(again);
    bench.push_until([&] { return second->count() > 0; });
    CHECK(bench.counters().starts == 2);
    CHECK(second->pictures()[0]->description.stamp.sequence >
          first->pictures().back()->description.stamp.sequence);
}

TEST_CASE("for a snapshot alone no decoder is kept") {
    Settings settings;
    settings.close_after = std::chrono::hours(1);
    Bench bench(settings);
    auto attached = bench.attach(gray(64), collector(), FramesSink::Stay::briefly);
    REQUIRE(attached);
    CHECK(bench.counters().decoders == 1);
    attached->reset();
    CHECK(await([&] { return bench.counters().decoders == 0; }));
}

TEST_CASE("who comes in the middle of a group of pictures gets the newest one first") {
    Bench bench;
    bench.push(20);
    const auto newest = running_time();
    const auto late = collector();
    const auto attached = bench.attach(gray(64), late);
    REQUIRE(attached);
    REQUIRE(await([&] { return late->count() > 0; }));
    // 21 units are cached; what is shown is the last of them, though all were decoded.
    CHECK(late->count() == 1);
    CHECK(bench.counters().decoded == 21);
    CHECK(late->pictures()[0]->description.stamp.sequence == 1);
    CHECK(late->pictures()[0]->description.stamp.running > newest - std::chrono::seconds(1));
}

TEST_CASE("the number of conversions is bounded, and a place becomes free with its last client") {
    Bench bench;
    std::vector<std::unique_ptr<Attachment>> attachments;
    for (std::size_t i = 0; i < most_conversions; ++i) {
        auto attached = bench.attach(gray(static_cast<int>(10 + i)), collector());
        REQUIRE(attached);
        attachments.push_back(std::move(*attached));
    }
    const auto refused = bench.attach(gray(500), collector());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::unavailable);
    CHECK(refused.error().message.find("16") != std::string::npos);
    CHECK(bench.attach(gray(10), collector()));
    attachments.pop_back();
    bench.settle();
    CHECK(bench.attach(gray(500), collector()));
}

TEST_CASE("a camera that changes its codec keeps its clients") {
    Bench bench;
    const auto client = collector();
    const auto attached = bench.attach(gray(64), client);
    REQUIRE(attached);
    bench.push_until([&] { return client->count() > 2; });
    bench.become("h265");
    const std::size_t before = client->count();
    bench.push_until([&] { return client->count() > before + 30; });
    CHECK(bench.counters().starts == 2);
    CHECK(client->reason().empty());
}

TEST_CASE("clients are told when the path stops") {
    Bench bench;
    const auto client = collector();
    const auto attached = bench.attach(gray(64), client);
    REQUIRE(attached);
    bench.push_until([&] { return client->count() > 0; });
    bench.stop();
    CHECK(await([&] { return client->reason() == "stopped by the test"; }));
    CHECK(bench.counters().decoders == 0);
    CHECK(bench.counters().clients == 0);
}

TEST_CASE("clients are asked now and then, also without pictures") {
    Bench bench;
    const auto client = collector();
    const auto attached = bench.attach(gray(64), client);
    REQUIRE(attached);
    CHECK(await([&] { return client->ticks() > 1; }));
}

TEST_CASE("sound has no pictures") {
    Bench bench({}, "sound");
    const auto refused = bench.attach(gray(64), collector());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::unavailable);
    CHECK(refused.error().message.find("sound") != std::string::npos);
}

TEST_CASE("encoded pictures are made once, and are pictures") {
    Bench bench;
    const auto jpeg = collector(), png = collector();
    const auto one = bench.attach({PixelFormat::jpeg, {}}, jpeg);
    const auto two = bench.attach({PixelFormat::png, {33, 21}}, png);
    REQUIRE(one);
    REQUIRE(two);
    bench.push_until([&] { return jpeg->count() > 2 && png->count() > 2; });
    gsize size = 0;
    const auto* bytes =
        static_cast<const std::uint8_t*>(g_bytes_get_data(jpeg->pictures()[0]->payload.get(), &size));
    CHECK(bytes[0] == 0xff);
    CHECK(bytes[size - 1] == 0xd9);
    CHECK(jpeg->pictures()[0]->description.size == Size{320, 240});
    CHECK(png->pictures()[0]->description.size == Size{33, 21});
}

TEST_CASE("nothing remains") {
    const auto once = [] {
        Bench bench;
        const auto client = collector();
        const auto jpeg = bench.attach({PixelFormat::jpeg, {64, 48}}, client);
        const auto attached = bench.attach(gray(64), client);
        REQUIRE(attached);
        bench.push_until([&] { return client->count() > 5; });
    };
    once();
    const test::Census before;
    for (int round = 0; round < 5; ++round)
        once();
    CHECK(before.surplus() == test::nothing);
}
