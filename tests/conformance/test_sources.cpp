// Every source, run by core's own hub.
#include "catch.hpp"
#include "modules.hpp"
#include "pardon.hpp"
#include "source_run.hpp"
#include "stage.hpp"

#include <array>

using namespace rill;
using namespace rill::test;

namespace {

/// In one message, for a log line.
constexpr std::size_t longest_message = 1000;

std::vector<std::string> hostile_urls(std::string_view scheme) {
    std::vector<std::string> out{"", " ", ":", "://", "/", "?", "%", "%00", "\n", std::string(1, '\0')};
    for (const std::string& rest : std::vector<std::string>{"",
                                                            ":",
                                                            ":/",
                                                            "://",
                                                            ":///",
                                                            ":////",
                                                            "://?",
                                                            "://#",
                                                            "://%",
                                                            "://%00",
                                                            "://%zz",
                                                            ":///%0a/%7f",
                                                            "://\r\nX: y",
                                                            "://a\001b/c",
                                                            std::string("://a\0b", 6),
                                                            "://\x7f",
                                                            "://\xff\xfe/\xc0\x80",
                                                            "://[",
                                                            "://[::1",
                                                            "://[::1]:99999/x",
                                                            "://:0",
                                                            "://127.0.0.1:-1/x",
                                                            "://127.0.0.1:65536/x",
                                                            "://@",
                                                            "://:@/",
                                                            "://a:b@",
                                                            "://a:b:c@d:e@f",
                                                            "://..",
                                                            ":///../../../..",
                                                            "://./.",
                                                            "://?a",
                                                            "://?a=",
                                                            "://?=a",
                                                            "://?&&&",
                                                            "://?unknown=1",
                                                            "://?a=1&a=2",
                                                            "://127.0.0.1:1/x?unknown=1&%00=%00",
                                                            "://%s%n%x",
                                                            "://{}{0}{x}",
                                                            "://! filesink location=/nowhere/x",
                                                            "://\" ! fakesink name=\"",
                                                            "://a b",
                                                            "://-1",
                                                            "://é/ü"}) {
        out.push_back(std::string(scheme) + rest);
    }
    for (const std::string prefix : {"", ":", "://", ":///", "://?", "://?a=", "://a:", "://127.0.0.1/"})
        out.push_back(std::string(scheme) + prefix + std::string(1 << 20, 'x'));
    return out;
}

void check_error(const Error& error) {
    CHECK_FALSE(error.message.empty());
    CHECK(error.message.size() < longest_message);
}

/// A control character would let a URL write log lines of its own.
bool is_one_line(const std::string& text) {
    return std::none_of(text.begin(), text.end(),
                        [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

/// One of several paths with the same source, started and stopped again and again.
struct Runs {
    Stage& stage;
    const std::vector<std::string>& paths;

    /// How far a start gets before the stop.
    enum class Until { at_once, connecting, first_unit, flowing };

    bool has_come(const std::string& path, Until until) const {
        const auto status = stage.hub.status(path);
        if (status->state == PathState::offline) FAIL(path << " is offline: " << status->reason);
        switch (until) {
            case Until::at_once:
                return true;
            case Until::connecting:
                return status->state != PathState::stopped;
            case Until::first_unit:
                return status->inbound_bytes > bytes.at(path);
            case Until::flowing:
                return status->state == PathState::online && status->inbound_bytes > bytes.at(path) + 1000;
        }
        return false;
    }

    void once(int round) {
        const auto until_of = [&](std::size_t i) {
            return static_cast<Until>((static_cast<std::size_t>(round) + i) % 4);
        };
        for (const std::string& path : paths) {
            bytes[path] = stage.hub.status(path)->inbound_bytes;
            CHECK(stage.hub.start(path));
        }
        for (std::size_t i = 0; i < paths.size(); ++i) {
            if (until_of(i) == Until::at_once) CHECK(stage.hub.stop(paths[i]));
        }
        for (std::size_t i = 0; i < paths.size(); ++i) {
            if (until_of(i) == Until::at_once) continue;
            INFO(paths[i] << " in round " << round);
            REQUIRE(await([&] { return has_come(paths[i], until_of(i)); }));
            CHECK(stage.hub.stop(paths[i]));
        }
        for (const std::string& path : paths)
            REQUIRE(stage.reaches(path, PathState::stopped));
    }

    std::map<std::string, std::uint64_t> bytes = {};
};

}  // namespace

TEST_CASE("each scheme leads to the one source that takes it") {
    for (const auto& [module, factory] : offered_sources()) {
        INFO(factory->id);
        const SourceContext example = example_source(*module, *factory);
        const std::string scheme = example.url.substr(0, example.url.find(':'));
        for (const std::string_view own : factory->schemes)
            CHECK(installed().source_for_scheme(own) == factory);
        CHECK(installed().source_for_scheme(scheme) == factory);
    }
    CHECK(installed().source_for_scheme("") == nullptr);
    CHECK(installed().source_for_scheme("gopher") == nullptr);
}

TEST_CASE("a hostile URL is refused in words, now or when it is built") {
    for (const auto& [module, factory] : offered_sources()) {
        std::size_t refused = 0;
        const auto urls = hostile_urls(factory->schemes.front());
        for (const std::string& url : urls) {
            INFO(factory->id << " " << url.substr(0, 80));
            const auto made = factory->create(context_of(*factory, url));
            if (!made) {
                ++refused;
                CHECK(made.error().code == Code::invalid_config);
                check_error(made.error());
                CHECK(is_one_line(made.error().message));
                continue;
            }
            // What is no error yet (a file that is missing) must be one later, or a bin.
            const auto bin = (*made)->build();
            if (!bin) {
                check_error(bin.error());
                CHECK(is_one_line(bin.error().message));
            }
        }
        INFO(factory->id);
        CHECK(refused > 10);
    }
}

TEST_CASE("sources that start and stop a hundred times leave nothing") {
    // rtspsrc 1.22, stopped at the moment that a pad of its session appears, copies the pad's events with the
    // number of no seek.
    const Pardon pardon("gst_event_set_seqnum: assertion 'seqnum != GST_SEQNUM_INVALID' failed");
    for (const auto& offer : offered_sources()) {
        const SourceFactory& factory = *offer.factory;
        INFO(factory.id);
        const SourceContext context = example_source(*offer.module, factory);
        const auto run = [&](int first, int end) {
            const std::vector<std::string> paths{"a", "b", "c", "d"};
            Stage stage;
            for (const std::string& path : paths)
                REQUIRE(stage.add(settings_for(path, factory, context)));
            stage.hub.begin();
            Runs runs{stage, paths};
            for (int round = first; round < end; ++round)
                runs.once(round);
        };
        // What lives as long as the process is made by the first of each kind.
        run(0, 4);
        const Census before;
        // Four paths at a time.
        run(0, rounds(100) / 4);
        CHECK(before.surplus() == nothing);
    }
}
