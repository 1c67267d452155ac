#include "catch.hpp"
#include "units.hpp"

#include <atomic>
#include <thread>

using namespace rill;
using namespace rill::test;
using namespace std::chrono_literals;

namespace {

std::shared_ptr<Stream> stream() {
    return std::make_shared<Stream>(GopCache::Bounds{10s, 1 << 20});
}

LinkSpec live(std::size_t max_units = 512, std::size_t max_bytes = 1 << 20) {
    LinkSpec spec;
    spec.start = StartAt::live;
    spec.max_units = max_units;
    spec.max_bytes = max_bytes;
    return spec;
}

std::vector<UnitPtr> take_all(Link& link) {
    std::vector<UnitPtr> out;
    while (UnitPtr unit = link.take())
        out.push_back(std::move(unit));
    return out;
}

}  // namespace

TEST_CASE("a link begins with a keyframe") {
    const auto s = stream();
    const auto source = s->begin_source();
    const auto track = s->claim(source, Kind::video);
    const auto link = s->link(track, live());
    s->push(source, track, raw(Kind::video, false));
    s->push(source, track, raw(Kind::video, true));
    s->push(source, track, raw(Kind::video, false));
    const auto units = take_all(*link);
    REQUIRE(units.size() == 2);
    CHECK(units[0]->keyframe);
    CHECK(link->statistics().dropped == 0);
    CHECK(link->statistics().delivered == 2);
}

TEST_CASE("a cached start comes at once and is followed by what is live") {
    const auto s = stream();
    const auto source = s->begin_source();
    const auto track = s->claim(source, Kind::video);
    s->push(source, track, raw(Kind::video, true));
    s->push(source, track, raw(Kind::video, false));
    int calls = 0;
    LinkSpec spec;
    spec.max_units = 1;  // the cached part is exempt
    spec.ready = [&] { ++calls; };
    const auto link = s->link(track, std::move(spec));
    CHECK(calls == 1);
    s->push(source, track, raw(Kind::video, false));
    const auto units = take_all(*link);
    REQUIRE(units.size() == 3);
    CHECK(units[0]->keyframe);
    CHECK(units[2]->sequence == 3);
    s->push(source, track, raw(Kind::video, false));
    CHECK(calls == 2);
}

TEST_CASE("a slow link loses whole groups, is marked, and counts what it lost") {
    for (const bool by_bytes : {false, true}) {
        const auto s = stream();
        const auto source = s->begin_source();
        const auto track = s->claim(source, Kind::video);
        const auto slow = s->link(track, by_bytes ? live(1000, 400) : live(4));
        const auto quick = s->link(track, live());
        for (int i = 0; i < 10; ++i)
            s->push(source, track, raw(Kind::video, i == 0 || i == 7));
        // 0…3 are held, 4 overflows and takes them along, 5 and 6 wait for a keyframe, 7…9 are held.
        const auto units = take_all(*slow);
        REQUIRE(units.size() == 3);
        CHECK(units[0]->keyframe);
        CHECK(units[0]->discontinuity);
        CHECK(units[0]->sequence == 8);
        CHECK_FALSE(units[1]->discontinuity);
        CHECK(slow->statistics().dropped == 7);
        CHECK(s->counters().dropped == 7);
        const auto all = take_all(*quick);
        CHECK(all.size() == 10);
        for (const auto& unit : all)
            CHECK_FALSE(unit->discontinuity);
    }
}

TEST_CASE("what a link lost is still counted when it is gone") {
    const auto s = stream();
    const auto source = s->begin_source();
    const auto track = s->claim(source, Kind::video);
    auto link = s->link(track, live(1));
    for (int i = 0; i < 3; ++i)
        s->push(source, track, raw(Kind::video, i == 0));
    link.reset();
    CHECK(s->counters().dropped == 3);
}

TEST_CASE("a rebuilt source fills the same slots and marks the gap") {
    const auto s = stream();
    const auto first = s->begin_source();
    const auto video = s->claim(first, Kind::video);
    const auto audio = s->claim(first, Kind::audio);
    const auto link = s->link(video, live());
    s->push(first, video, raw(Kind::video, true));
    s->push(first, audio, raw(Kind::audio, true));
    CHECK(s->tracks().size() == 2);

    const auto second = s->begin_source();
    CHECK(s->tracks().empty());
    CHECK(s->claim(second, Kind::audio) == audio);
    CHECK(s->claim(second, Kind::video) == video);
    CHECK(s->push(first, video, raw(Kind::video, true)) == Stream::Pushed::ended);
    s->push(second, video, raw(Kind::video, false));  // refers to nothing that anybody has
    s->push(second, video, raw(Kind::video, true));
    s->push(second, video, raw(Kind::video, false));
    const auto units = take_all(*link);
    REQUIRE(units.size() == 3);
    CHECK(units[1]->keyframe);
    CHECK(units[1]->discontinuity);
    CHECK_FALSE(units[2]->discontinuity);
    CHECK(units[1]->dts > units[0]->dts);
    CHECK(s->tracks().size() == 1);
    CHECK(s->claim(second, Kind::video) == 2);  // a second video track is a slot of its own
}

TEST_CASE("what a source pushes after its end reaches nobody") {
    const auto s = stream();
    const auto first = s->begin_source();
    const auto video = s->claim(first, Kind::video);
    const auto link = s->link(video, live());
    CHECK(s->push(first, video, raw(Kind::video, true)) == Stream::Pushed::taken);
    s->end();
    CHECK(s->push(first, video, raw(Kind::video, true)) == Stream::Pushed::ended);
    CHECK(take_all(*link).size() == 1);
    LinkSpec from_cache = live();
    from_cache.start = StartAt::cached_keyframe;
    const auto late = s->link(video, std::move(from_cache));
    CHECK_FALSE(late->take());
    CHECK(s->tracks().size() == 1);  // as it was, for those who ask what the path had
    CHECK(s->push(s->begin_source(), video, raw(Kind::video, true)) == Stream::Pushed::taken);
}

TEST_CASE("a link may be destroyed from inside ready") {
    const auto s = stream();
    const auto source = s->begin_source();
    const auto track = s->claim(source, Kind::audio);
    std::unique_ptr<Link> link;
    int calls = 0;
    LinkSpec spec = live();
    spec.ready = [&] {
        ++calls;
        link.reset();
    };
    link = s->link(track, std::move(spec));
    s->push(source, track, raw(Kind::audio, true));
    s->push(source, track, raw(Kind::audio, true));
    CHECK(calls == 1);
    CHECK_FALSE(link);
}

TEST_CASE("links come and go while units flow") {
    const auto s = stream();
    const auto source = s->begin_source();
    const auto track = s->claim(source, Kind::video);
    std::atomic<bool> done{false};
    std::atomic<int> wrong{0};
    std::atomic<std::uint64_t> taken{0};

    std::thread producer([&] {
        for (int i = 0; !done; ++i)
            s->push(source, track, raw(Kind::video, i % 10 == 0, 10));
    });
    const auto consume = [&](StartAt start) {
        for (int round = 0; round < 200; ++round) {
            std::atomic<bool> first{true};
            std::atomic<bool> gone{false};
            std::uint64_t last = 0;
            std::atomic<int> inside{0};
            std::atomic<int> seen{0};
            Link* self = nullptr;
            std::mutex mutex;
            LinkSpec spec;
            spec.start = start;
            spec.max_units = 20;
            spec.ready = [&] {
                if (++inside != 1 || gone) ++wrong;
                const std::lock_guard lock(mutex);
                while (UnitPtr unit = self != nullptr ? self->take() : nullptr) {
                    if (first.exchange(false) && !unit->keyframe) ++wrong;
                    if (last != 0 && unit->sequence != last + 1 && !unit->discontinuity) ++wrong;
                    last = unit->sequence;
                    ++seen;
                }
                --inside;
            };
            std::unique_ptr<Link> link = s->link(track, std::move(spec));
            {
                const std::lock_guard lock(mutex);
                self = link.get();
            }
            while (seen < 5 && round % 3 != 0) {
                // A `ready` from before `self` was known took nothing; nobody calls again until the queue ran
                // over.
                std::this_thread::yield();
            }
            link.reset();
            gone = true;
            taken += static_cast<std::uint64_t>(seen);
        }
    };
    std::thread a([&] { consume(StartAt::live); });
    std::thread b([&] { consume(StartAt::cached_keyframe); });
    a.join();
    b.join();
    done = true;
    producer.join();
    CHECK(wrong == 0);
    CHECK(taken > 0);
}
