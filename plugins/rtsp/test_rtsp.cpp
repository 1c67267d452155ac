// Against rill-camera, in core's own Ingest.
#include "camera_process.hpp"
#include "catch.hpp"
#include "census.hpp"
#include "source.hpp"
#include "source_run.hpp"

#include <rill/module.hpp>

using namespace rill;
using namespace rill::test;
using namespace std::chrono_literals;

namespace {

using Seen = SourceRun::Seen;

const SourceFactory& factory() {
    return rill_module()->sources[0];
}

std::unique_ptr<Source> source(const std::string& url, const std::string& transport = "automatic",
                               const std::string& fingerprint = "") {
    SourceContext context = context_of(factory(), url);
    context.fingerprint = fingerprint;
    context.options.set("transport", transport);
    auto made = factory().create(context);
    INFO((made ? "" : made.error().message));
    REQUIRE(made);
    return std::move(*made);
}

std::function<bool(const Seen&)> units(std::size_t count) {
    return [count](const Seen& seen) { return seen.units.size() >= count; };
}

bool failed(const Seen& seen) {
    return seen.error.has_value();
}

/// The error of an attempt that must fail.
Error failure_of(std::unique_ptr<Source> source) {
    SourceRun run(std::move(source));
    run.start();
    REQUIRE(run.wait_for(failed));
    run.stop();
    return *run.seen().error;
}

const std::string camera = "cam1:size=160x120,fps=25,bitrate=100k,audio=aac";

#define NEEDS_CAMERA()                                             \
    if (CameraProcess::binary().empty()) {                         \
        WARN("skipped: rill-camera was not built (-Dcamera=...)"); \
        return;                                                    \
    }

}  // namespace

TEST_CASE("a camera's tracks come over each transport, sound with picture") {
    NEEDS_CAMERA();
    CameraProcess process({camera});
    for (const std::string transport : {"automatic", "tcp", "udp"}) {
        INFO(transport);
        SourceRun run(source(process.url(), transport));
        run.start();
        REQUIRE(run.wait_for([](const Seen& seen) {
            return seen.complete && seen.count(Kind::video) > 30 && seen.count(Kind::audio) > 30;
        }));
        run.stop();
        CHECK_FALSE(run.seen().error);
        const auto video = run.seen().of(Kind::video);
        REQUIRE(video[0]->keyframe);
        for (std::size_t i = 1; i < video.size(); ++i)
            CHECK_FALSE(video[i]->discontinuity);
        CHECK(std::chrono::abs(video[0]->pts - run.seen().of(Kind::audio)[0]->pts) < 1500ms);
    }
}

TEST_CASE("H.265 and each kind of sound") {
    NEEDS_CAMERA();
    CameraProcess process({"cam1:codec=h265,size=160x120,audio=opus"});
    SourceRun run(source(process.url()));
    run.start();
    REQUIRE(run.wait_for(
        [](const Seen& seen) { return seen.count(Kind::video) > 5 && seen.count(Kind::audio) > 5; }));
    run.stop();
    CHECK(run.seen().of(Kind::video)[0]->format->codec == Codec::h265);
    CHECK(run.seen().of(Kind::audio)[0]->format->codec == Codec::opus);
}

TEST_CASE("Motion JPEG and sound as samples") {
    NEEDS_CAMERA();
    struct Row {
        std::string camera;
        int width;
        Codec sound;
        int rate;
    };
    for (const Row& row : {Row{"size=320x240,audio=lpcm,rate=44100", 320, Codec::lpcm, 44'100},
                           Row{"size=160x120,audio=g722", 160, Codec::g722, 16'000}}) {
        CameraProcess process({"cam1:codec=mjpeg,fps=25," + row.camera});
        for (const std::string transport : {"tcp", "udp"}) {
            INFO(row.camera << " over " << transport);
            SourceRun run(source(process.url(), transport));
            run.start();
            REQUIRE(run.wait_for([](const Seen& seen) {
                return seen.complete && seen.count(Kind::video) > 20 && seen.count(Kind::audio) > 20;
            }));
            run.stop();
            const auto video = run.seen().of(Kind::video);
            const auto audio = run.seen().of(Kind::audio);
            CHECK(video[0]->format->codec == Codec::mjpeg);
            CHECK(video[0]->format->width == row.width);
            CHECK(audio[0]->format->codec == row.sound);
            CHECK(audio[0]->format->sample_rate == row.rate);
            CHECK(audio[0]->format->channels == 1);
            for (std::size_t i = 1; i < video.size(); ++i) {
                CHECK(video[i]->keyframe);
                CHECK_FALSE(video[i]->discontinuity);
            }
            Nanoseconds sounded{0};
            for (std::size_t i = 0; i + 1 < audio.size(); ++i)
                sounded += audio[i]->duration;
            // The clock of G.722 is half its sample rate (RFC 3551 §4.5.2).
            CHECK(std::chrono::abs(audio.back()->pts - audio.front()->pts - sounded) < 100ms);
            CHECK(std::chrono::abs(video[0]->pts - audio[0]->pts) < 1500ms);
        }
    }
}

TEST_CASE("packets that come in order are not held back") {
    NEEDS_CAMERA();
    CameraProcess process({"cam1:size=160x120,fps=25,bitrate=100k"});
    for (const std::string transport : {"tcp", "udp"}) {
        SourceRun run(source(process.url(), transport));
        run.start();
        REQUIRE(run.wait_for(units(60)));
        run.stop();
        // Stamped with its arrival, a unit leaves within the time that the machine needs, not after the
        // latency of the jitter buffer.
        std::vector<Nanoseconds> ages;
        for (const auto& a : run.seen().units)
            ages.push_back(a.at - a.unit->pts);
        std::sort(ages.begin(), ages.end());
        INFO(transport << " median " << ages[ages.size() / 2].count() / 1e6 << " ms");
        CHECK(ages[ages.size() / 2] < 45ms);
    }
}

TEST_CASE("credentials: digest and basic, special characters, and one try only with a wrong password") {
    NEEDS_CAMERA();
    for (const std::string method : {"digest", "basic"}) {
        INFO(method);
        CameraProcess process({"--user=admin", "--password=p@ss#1/x:y", "--auth=" + method, camera});
        SourceRun run(source(process.url_with("admin:p@ss#1/x:y")));
        run.start();
        CHECK(run.wait_for(units(10)));
        run.stop();

        const Error wrong = failure_of(source(process.url_with("admin:wrong")));
        CHECK(wrong.code == Code::unauthorized);
        CHECK(wrong.message == "the camera refused the user name or password (401)");
        CHECK(failure_of(source(process.url())).code == Code::unauthorized);
    }
}

TEST_CASE("rtsps: a fingerprint pins, and its absence asks the system's authorities") {
    NEEDS_CAMERA();
    CameraProcess process({"--tls", camera});
    REQUIRE_FALSE(process.fingerprint().empty());
    SourceRun run(source(process.url(), "automatic", process.fingerprint()));
    run.start();
    REQUIRE(run.wait_for(units(10)));
    run.stop();

    const Error other = failure_of(source(process.url(), "automatic", std::string(64, 'a')));
    CHECK(other.message.find("does not have the configured sourceFingerprint") != std::string::npos);
    const Error unknown = failure_of(source(process.url()));
    CHECK(unknown.message.find("set sourceFingerprint to ") != std::string::npos);
}

TEST_CASE("errors are told in words to act on") {
    NEEDS_CAMERA();
    CameraProcess process({camera});
    const auto with_status = [&](int status) {
        REQUIRE(process.tell(fmt::format("status cam1 {}", status)) == "ok");
        return failure_of(source(process.url()));
    };
    CHECK(with_status(404).message == "the camera has no stream at this URL (404)");
    CHECK(with_status(453).message == "the camera has no bandwidth left for one more viewer (453)");
    CHECK(with_status(503).message == "the camera is busy, perhaps with its maximum of viewers (503)");
    CHECK(with_status(403).code == Code::unauthorized);
    CHECK(with_status(500).message == "the camera answered DESCRIBE with 500 Internal Server Error");
    REQUIRE(process.tell("status cam1 200") == "ok");

    const std::string host = process.url().substr(0, process.url().rfind('/'));
    CHECK(failure_of(source(host + "/nothing")).message == "the camera has no stream at this URL (404)");
    REQUIRE(process.tell("refuse *") == "ok");
    const Error refused = failure_of(source(process.url()));
    CHECK(refused.message.find("connection refused by 127.0.0.1:") == 0);
    CHECK(failure_of(source("rtsp://user:secret@does-not-exist.invalid/x")).message ==
          "host 'does-not-exist.invalid' not found");
}

TEST_CASE("a camera that accepts and says nothing times out") {
    const auto listener = Ref<GSocketListener>::adopt(g_socket_listener_new());
    const int port = g_socket_listener_add_any_inet_port(listener.get(), nullptr, nullptr);
    REQUIRE(port > 0);
    SourceContext context = context_of(factory(), fmt::format("rtsp://127.0.0.1:{}/x", port));
    context.read_timeout = 1s;
    auto made = factory().create(context);
    REQUIRE(made);
    const Error error = failure_of(std::move(*made));
    CHECK(error.code == Code::timeout);
    CHECK(error.message == "127.0.0.1 did not answer within 1 s");
}

TEST_CASE("the end of the session is noticed at once") {
    NEEDS_CAMERA();
    CameraProcess process({camera});
    for (const auto& [command, text] : {std::pair{"teardown cam1", "the camera ended the session (TEARDOWN)"},
                                        std::pair{"drop cam1", "the camera closed the connection"}}) {
        INFO(command);
        SourceRun run(source(process.url()));
        run.start();
        REQUIRE(run.wait_for(units(10)));
        REQUIRE(process.tell(command) == "ok");
        REQUIRE(run.wait_for(failed, 4s));
        CHECK(run.seen().error->message == text);
        // And the next attempt of the same source works.
        run.stop();
        run.start();
        CHECK(run.wait_for(units(10)));
    }
}

TEST_CASE("a session of 4 s outlives 10 s of media without a pause") {
    NEEDS_CAMERA();
    CameraProcess process({camera});
    REQUIRE(process.tell("session-timeout 4") == "ok");
    SourceRun run(source(process.url()));
    run.start();
    REQUIRE(run.wait_for(units(1)));
    const Nanoseconds begin = running_time();
    CHECK(run.wait_for([&](const Seen& seen) { return seen.error || seen.units.back().at - begin > 10s; }));
    CHECK_FALSE(run.seen().error);
    const std::string statistics = process.tell("stats");
    INFO(statistics);
    CHECK(statistics.find("\"keep_alives\":0") == std::string::npos);
}

TEST_CASE("media flow on after jumps of the camera's clock and new parameter sets") {
    NEEDS_CAMERA();
    CameraProcess process({camera});
    SourceRun run(source(process.url()));
    run.start();
    std::size_t count = 0;
    const auto fifty_more = [&] {
        return run.wait_for([&](const Seen& seen) {
            return seen.error || seen.count(Kind::video) >= count + 50;
        }) && !run.seen().error;
    };
    REQUIRE(fifty_more());
    for (const std::string command : {"clock-jump cam1 +10s", "clock-jump cam1 -10s"}) {
        INFO(command);
        count = run.seen().count(Kind::video);
        REQUIRE(process.tell(command) == "ok");
        REQUIRE(fifty_more());
    }
    REQUIRE(process.tell("resolution cam1 320x240") == "ok");
    CHECK(run.wait_for([](const Seen& seen) {
        const auto video = seen.of(Kind::video);
        return seen.error || video.back()->format->width == 320;
    }));
    run.stop();
    CHECK_FALSE(run.seen().error);
    // The last units are near the time of their arrival again.
    const auto& last = run.seen().units.back();
    CHECK(std::chrono::abs(last.at - last.unit->pts) < 1s);
}

TEST_CASE("nothing of the bins remains") {
    NEEDS_CAMERA();
    CameraProcess process({camera});
    const auto attempts = [&](int count) {
        SourceRun run(source(process.url()));
        for (int i = 0; i < count; ++i) {
            run.start();
            REQUIRE(run.wait_for(units(5)));
            run.stop();
        }
        CHECK_FALSE(run.seen().error);
    };
    // What lives as long as the process is made by the first.
    attempts(1);
    const Census before;
    attempts(5);
    CHECK(before.surplus() == nothing);
}
