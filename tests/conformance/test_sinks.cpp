// Every sink, run by core's own runner on core's own stream.
#include "catch.hpp"
#include "modules.hpp"
#include "sink_bench.hpp"
#include "stage.hpp"

#include <algorithm>
#include <functional>
#include <regex>
#include <set>
#include <string>
#include <string_view>

using namespace rill;
using namespace rill::test;

namespace {

using Codecs = std::vector<Codec>;

const std::vector<Codecs>& cameras() {
    static const std::vector<Codecs> all{
        {Codec::h264, Codec::aac},
        {Codec::h265, Codec::opus},
        {Codec::h264},
        {Codec::h265},
        {Codec::h264, Codec::pcmu},
        {Codec::pcma},
        {Codec::aac, Codec::h264},
        {Codec::opus},
        {Codec::h264, Codec::opus},
        {Codec::h265, Codec::pcma},
    };
    return all;
}

std::string describe(const Codecs& codecs) {
    std::string out;
    for (const Codec codec : codecs)
        out += (out.empty() ? "" : " and ") + std::string(to_string(codec));
    return out;
}

std::unique_ptr<Sink> make(const SinkFactory& factory, const Options& options) {
    auto made = factory.create(options);
    INFO((made ? "" : made.error().message));
    REQUIRE(made);
    return std::move(*made);
}

/// What a path may do to a sink, beginning and ending with a sink that is stopped. Units come from another
/// thread than the path's, before, between and during all of it.
struct Order {
    std::string name;
    std::function<void(SinkBench&, const Codecs& first, const Codecs& then)> run;
};
const std::vector<Order>& orders() {
    static const std::vector<Order> all{
        {"start, units, stop",
         [](SinkBench& bench, const Codecs& first, const Codecs&) {
             bench.source(first);
             bench.tell();
             bench.push(20);
             bench.stop();
         }},
        {"start, stop at once, units meanwhile",
         [](SinkBench& bench, const Codecs& first, const Codecs&) {
             bench.source(first);
             bench.tell();
             bench.stop();
             bench.push(20);
         }},
        {"start, units, other tracks, units, stop",
         [](SinkBench& bench, const Codecs& first, const Codecs& then) {
             bench.source(first);
             bench.tell();
             bench.push(20);
             bench.settle();
             bench.source(then);
             bench.tell();
             bench.push(20);
             bench.settle();
             bench.stop();
         }},
        {"start, other tracks at once, and back",
         [](SinkBench& bench, const Codecs& first, const Codecs& then) {
             bench.source(first);
             bench.tell();
             bench.source(then);
             bench.tell();
             bench.push(5);
             bench.source(first);
             bench.tell();
             bench.push(5);
             bench.stop();
         }},
        {"start, the same tracks of a new source, stop",
         [](SinkBench& bench, const Codecs& first, const Codecs&) {
             bench.source(first);
             bench.tell();
             bench.push(10);
             bench.source(first);
             bench.tell();
             bench.push(10);
             bench.stop();
             bench.push(10);
         }},
        {"start, stop, start, stop in one breath",
         [](SinkBench& bench, const Codecs& first, const Codecs&) {
             bench.source(first);
             bench.tell();
             bench.stop();
             bench.tell();
             bench.push(10);
             bench.stop();
         }},
        {"start, a failure, stop while a new start is due",
         [](SinkBench& bench, const Codecs& first, const Codecs&) {
             bench.source(first);
             bench.tell();
             bench.push(10);
             bench.settle();
             bench.fail();
             bench.push(10);
             bench.settle();
             bench.stop();
         }},
    };
    return all;
}

void run(SinkBench& bench, int round) {
    const auto& all = cameras();
    const Order& order = orders()[static_cast<std::size_t>(round) % orders().size()];
    const Codecs& first = all[static_cast<std::size_t>(round) % all.size()];
    const Codecs& then = all[static_cast<std::size_t>(round + 3) % all.size()];
    INFO("round " << round << ": " << order.name << "; " << describe(first) << ", then " << describe(then));
    order.run(bench, first, then);
    bench.rest();
}

}  // namespace

TEST_CASE("each sink starts with each camera, or says why not") {
    for (const auto& [module, factory] : offered_sinks()) {
        std::size_t started = 0;
        for (const Codecs& codecs : cameras()) {
            INFO(factory->id << " with " << describe(codecs));
            SinkBench bench(*factory, make(*factory, example_options(*module, *factory)));
            bench.source(codecs);
            bench.tell();
            bench.push(30);
            const SinkStatus status = bench.status();
            CHECK(status.running == status.reason.empty());
            started += status.running ? 1 : 0;
        }
        INFO(factory->id);
        CHECK(started > 0);
    }
}

TEST_CASE("each sink runs at the edges of its options, or says why not") {
    for (const auto& [module, factory] : offered_sinks()) {
        for (const Options& options : edges_of(factory->options)) {
            auto made = factory->create(options);
            if (!made) continue;  // with a reason: test_modules.cpp
            SinkBench bench(*factory, std::move(*made));
            bench.source({Codec::h264, Codec::aac});
            bench.tell();
            bench.push(100);
            const SinkStatus status = bench.status();
            INFO(factory->id);
            CHECK(status.running == status.reason.empty());
        }
    }
}

TEST_CASE("sinks whose tracks are gone wait for others") {
    for (const auto& [module, factory] : offered_sinks()) {
        INFO(factory->id);
        SinkBench bench(*factory, make(*factory, example_options(*module, *factory)));
        // As when a source was replaced between what it told and what the sink hears.
        for (const Codecs& codecs : {Codecs{Codec::h264, Codec::aac}, Codecs{}, Codecs{Codec::h264}}) {
            bench.source(codecs);
            bench.tell();
            bench.push(30);
            bench.settle();
        }
        const SinkStatus status = bench.status();
        INFO(status.reason);
        CHECK(status.running);
    }
}

TEST_CASE("sinks that start, change and stop a hundred times leave nothing") {
    for (const auto& [module, factory] : offered_sinks()) {
        INFO(factory->id);
        SinkBench bench(*factory, make(*factory, example_options(*module, *factory)));
        // What lives as long as the process, or as long as the sink, is made by the first of each kind.
        const int first = static_cast<int>(orders().size() * cameras().size());
        for (int round = 0; round < rounds(first); ++round)
            run(bench, round);
        const Census before;
        for (int round = 0; round < rounds(100); ++round)
            run(bench, round);
        CHECK(before.surplus() == nothing);
    }
}

TEST_CASE("what sinks count has names and help as Prometheus wants them, always the same") {
    const std::regex name("[a-z]+(_[a-z]+)*"), sentence("[^\\n\\\\]+\\.");
    for (const auto& offer : offered_sinks()) {
        const auto counters =
            make(*offer.factory, example_options(*offer.module, *offer.factory))->counters();
        if (!counters) continue;
        const auto first = counters->read();
        std::set<std::string_view> names;
        for (const SinkCounter& counter : first) {
            INFO(offer.factory->id << " " << counter.name);
            CHECK(std::regex_match(std::string(counter.name), name));
            CHECK(std::regex_match(std::string(counter.help), sentence));
            CHECK(names.insert(counter.name).second);
        }
        CHECK(std::ranges::equal(counters->read(), first, {}, &SinkCounter::name, &SinkCounter::name));
    }
}

TEST_CASE("sinks that are made and never started, or destroyed while another lives, leave nothing") {
    for (const auto& offer : offered_sinks()) {
        const SinkFactory& factory = *offer.factory;
        INFO(factory.id);
        const Options options = example_options(*offer.module, factory);
        const auto once = [&](bool started) {
            SinkBench bench(factory, make(factory, options));
            if (!started) return;
            bench.source({Codec::h264, Codec::aac});
            bench.tell();
            bench.push(10);
            bench.settle();
        };
        // What lives as long as the process is there when the first one has gone.
        once(true);
        const Census before;
        {
            SinkBench other(factory, make(factory, options));
            other.source({Codec::h264, Codec::aac});
            other.tell();
            for (int round = 0; round < rounds(50); ++round)
                once(round % 2 == 0);
            CHECK(other.status().running);
        }
        CHECK(before.surplus() == nothing);
    }
}
