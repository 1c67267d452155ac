// A sink as the path drives it, for tests.
#pragma once

#include "catch.hpp"
#include "fake_host.hpp"
#include "hls_sink.hpp"
#include "testing.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rill::hls::testing {

/// One second of media is one second of the clock.
struct Bench {
    explicit Bench(Settings given = defaults(), std::vector<Track> given_tracks = {{0, h264()}})
        : tracks(std::move(given_tracks)), sink(std::move(given), clock) {
        camera.format = h264();
        REQUIRE(sink.start(host, tracks));
    }
    ~Bench() { sink.stop("the test ends"); }

    static Settings defaults() {
        Settings settings;
        settings.segment_duration = seconds(1);
        settings.part_duration = milliseconds(200);
        settings.segment_max_size = 50'000'000;
        settings.close_after = seconds(60);
        settings.allow_origins = {"*"};
        return settings;
    }

    std::shared_ptr<std::optional<http::Response>> get(const std::string& uri, ReaderPtr reader = nullptr,
                                                       const std::string& method = "GET") {
        http::Request request;
        request.method = method;
        const auto question = uri.find('?');
        if (question != std::string::npos) {
            const auto equals = uri.find('=', question);
            request.query[uri.substr(question + 1, equals - question - 1)] = uri.substr(equals + 1);
        }
        auto answer = std::make_shared<std::optional<http::Response>>();
        sink.answer(request, uri.substr(0, question), std::move(reader),
                    [answer](http::Response response) { *answer = std::move(response); });
        return answer;
    }
    void run(Nanoseconds time, std::size_t track = 0) {
        const Nanoseconds end = camera.now + time;
        while (camera.now < end) {
            host.deliver(track, camera.next());
            clock.advance(camera.step);
        }
    }
    /// The same with AAC on the second track.
    void run_with_sound(Nanoseconds time) {
        Camera microphone;
        microphone.format = aac();
        microphone.step = Nanoseconds(21'333'333);
        microphone.now = camera.now;
        for (const Nanoseconds end = camera.now + time; camera.now < end; run(camera.step)) {
            while (microphone.now <= camera.now + camera.step)
                host.deliver(1, microphone.next());
        }
    }
    static std::string body(const std::shared_ptr<std::optional<http::Response>>& answer) {
        REQUIRE(*answer);
        std::string text;
        for (const auto& chunk : (*answer)->body) {
            gsize size = 0;
            const auto* data = static_cast<const char*>(g_bytes_get_data(chunk.get(), &size));
            text.append(data, size);
        }
        return text;
    }
    /// The URI that a multivariant playlist leads to.
    static std::string media_uri(const std::shared_ptr<std::optional<http::Response>>& index) {
        const std::string text = body(index);
        const auto start = text.rfind('\n', text.size() - 2) + 1;
        return text.substr(start, text.size() - 1 - start);
    }

    FakeClock clock;
    FakeHost host;
    std::vector<Track> tracks;
    HlsSink sink;
    Camera camera;
};

}  // namespace rill::hls::testing
