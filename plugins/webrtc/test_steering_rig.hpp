// A path with a camera, recordings and one viewer, whose packets are looked at.
#pragma once

#include "catch.hpp"
#include "session_directory.hpp"
#include "test_host.hpp"
#include "test_offers.hpp"
#include "test_recordings.hpp"
#include "webrtc_sink.hpp"

#include <rill/clock.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <optional>

namespace rill::webrtc::test {

using namespace std::chrono_literals;

struct Packet {
    std::uint32_t ssrc, timestamp;
    std::uint16_t sequence;
    std::vector<std::uint8_t> payload;
};

/// What went out, of all sessions of one test.
struct Wire {
    std::mutex mutex;
    std::vector<Packet> packets;  // locked: mutex
    std::function<void(std::size_t)> keyframe_wanted;
    std::atomic<std::int64_t> vanished_at{0};  ///< running time, since when nothing is heard; 0: it is heard

    std::vector<Packet> all() {
        const std::lock_guard lock(mutex);
        return packets;
    }
    std::size_t size() {
        const std::lock_guard lock(mutex);
        return packets.size();
    }
};

/// Connects at once, or not at all, and notes what it gets.
class NotingTransport final : public Transport {
  public:
    NotingTransport(TransportEvents events, std::shared_ptr<Wire> wire, bool connects)
        : events_(std::move(events)), wire_(std::move(wire)), connects_(connects) {}
    void negotiate(const Offer&, std::vector<OutgoingStream>) override {
        wire_->keyframe_wanted = events_.keyframe_wanted;
        events_.negotiated(std::string("v=0\r\n"));
        if (connects_) events_.connected();
    }
    void stop_gathering() override {}
    void add_candidate(const std::string&) override {}
    Result<RestartedIce> restart_ice(const CandidateFragment&) override { return RestartedIce{}; }
    void send(std::size_t, std::vector<Ref<GstBuffer>> sent) override {
        const std::lock_guard lock(wire_->mutex);
        for (const auto& buffer : sent) {
            const MappedBuffer map(buffer.get());
            const auto bytes = map.bytes();
            const std::size_t extension =
                (bytes[0] & 0x10) != 0 ? 4u + 4u * GST_READ_UINT16_BE(bytes.data() + 14) : 0u;
            wire_->packets.push_back(
                {GST_READ_UINT32_BE(bytes.data() + 8),
                 GST_READ_UINT32_BE(bytes.data() + 4),
                 GST_READ_UINT16_BE(bytes.data() + 2),
                 {bytes.begin() + 12 + static_cast<std::ptrdiff_t>(extension), bytes.end()}});
        }
    }
    std::size_t queued_bytes(std::size_t) const override { return 0; }
    TransportStatistics statistics() const override {
        const Nanoseconds vanished_at(wire_->vanished_at);
        return {0, vanished_at > 0ns ? vanished_at : running_time()};
    }

  private:
    TransportEvents events_;
    const std::shared_ptr<Wire> wire_;
    const bool connects_;
};

/// The parameter sets in front of a keyframe tell what is live from what was recorded.
inline bool begins_live(const Packet& packet) {
    return packet.payload.size() > 6 && (packet.payload[0] & 0x1F) == 24 && packet.payload[6] == 0x1F;
}
inline bool begins_recorded(const Packet& packet) {
    return packet.payload.size() > 6 && (packet.payload[0] & 0x1F) == 24 && packet.payload[6] == 0x15;
}

struct Setup {
    bool connects = true, has_archive = true, online = true, sound = false;
    std::chrono::milliseconds silence_timeout = 20s;
};

inline Settings settings_of(const Setup& setup) {
    Settings settings = test_settings();
    settings.silence_timeout = setup.silence_timeout;
    return settings;
}

/// "cam1" with a camera that runs while something is awaited, its recordings, and one viewer.
struct Rig {
    rill::test::MemoryArchive archive;
    Recordings recordings{archive};
    std::shared_ptr<Wire> wire = std::make_shared<Wire>();
    std::shared_ptr<SessionDirectory> directory = std::make_shared<SessionDirectory>();
    TestHost host{{{0, h264_format()}}};
    WebrtcSink sink;
    std::shared_ptr<Session> session;
    std::mutex mutex;
    std::vector<Position> positions;  // locked: mutex
    Nanoseconds next_picture{0};
    std::uint64_t sequence = 0;

    bool camera_runs;

    explicit Rig(const Setup& setup = {})
        : sink(
              settings_of(setup),
              [wire = wire, connects = setup.connects](TransportContext context) {
                  return std::make_shared<NotingTransport>(std::move(context.events), wire, connects);
              },
              directory),
          camera_runs(setup.online) {
        if (setup.sound) host.tracks.push_back({1, sound_format()});
        if (setup.has_archive) host.recordings = &archive;
        const auto tracks = setup.online ? host.tracks : std::vector<Track>();
        REQUIRE(host.run([&] { return static_cast<bool>(sink.start(host, tracks)); }));
    }
    /// The path comes online.
    void bring_camera(const std::shared_ptr<const Format>& format) {
        host.run([&] { CHECK(sink.update(host, std::vector<Track>{{0, format}})); });
        camera_runs = true;
    }
    ~Rig() {
        session.reset();
        host.run([this] { sink.stop("the test is over"); });
        CHECK(directory->of("cam1").empty());
    }
    void open(const std::optional<Recorded>& recorded = std::nullopt) {
        host.run([&] {
            SessionEvents events;
            events.answered = [](const Session&, const Result<std::string>&) {};
            events.closed = [](const std::string&) {};
            events.moved = [this](const Position& position) {
                const std::lock_guard lock(mutex);
                positions.push_back(position);
            };
            auto opened = sink.open(chromium_offer(), std::make_shared<TestReader>(), std::move(events),
                                    Wanted{.recorded = recorded});
            REQUIRE(opened);
            session = *opened;
        });
    }
    void publish(std::size_t track, const UnitPtr& unit, std::int64_t utc_us) {
        auto captured = std::make_shared<AccessUnit>(*unit);
        captured->utc_us = utc_us;
        host.publish(track, captured);
    }
    bool await_with_camera(const std::function<bool()>& condition) {
        return await([&] {
            const Nanoseconds now = running_time();
            if (camera_runs && now >= next_picture) {
                next_picture = now + 20ms;
                ++sequence;
                publish(0, make_unit(h264_format(), sequence, now, sequence % 25 == 1, 3000), utc_now_us());
            }
            return condition();
        });
    }
    /// The camera runs on until the session has answered.
    Outcome steer(Command command) {
        struct Said {
            std::mutex mutex;
            std::optional<Outcome> outcome;
        };
        const auto said = std::make_shared<Said>();
        session->request(command, [said](const Outcome& outcome) {
            const std::lock_guard lock(said->mutex);
            said->outcome = outcome;
        });
        REQUIRE(await_with_camera([&] {
            const std::lock_guard lock(said->mutex);
            return said->outcome.has_value();
        }));
        return *said->outcome;
    }
    Outcome seek(double seconds, bool online = true) {
        return steer({.kind = Command::Kind::seek, .time_us = at_us(seconds), .path_is_online = online});
    }
    Outcome speed(double rate, bool online = true) {
        return steer({.kind = Command::Kind::speed, .rate = rate, .path_is_online = online});
    }
    Outcome step(int frames) { return steer({.kind = Command::Kind::step, .frames = frames}); }
    Outcome live() { return steer({.kind = Command::Kind::live}); }
    Position position() {
        return host.run([this] { return session->position(); });
    }
    void await_packets(std::size_t more) {
        const std::size_t before = wire->size();
        REQUIRE(await_with_camera([&] { return wire->size() >= before + more; }));
    }
    Position last_report() {
        const std::lock_guard lock(mutex);
        REQUIRE_FALSE(positions.empty());
        return positions.back();
    }
};

inline Position position_of(const Outcome& outcome) {
    const auto* position = std::get_if<Position>(&outcome);
    if (position == nullptr) FAIL(std::get<Refusal>(outcome).error.message);
    return *position;
}
inline Refusal refusal_of(const Outcome& outcome) {
    REQUIRE(std::holds_alternative<Refusal>(outcome));
    return std::get<Refusal>(outcome);
}

/// One stream: one SSRC, whole numbers, and time that only goes on.
inline void check_stream(const std::vector<Packet>& packets) {
    for (std::size_t at = 1; at < packets.size(); ++at) {
        INFO("packet " << at);
        CHECK(packets[at].ssrc == packets[0].ssrc);
        CHECK(packets[at].sequence == static_cast<std::uint16_t>(packets[at - 1].sequence + 1));
        CHECK(static_cast<std::int32_t>(packets[at].timestamp - packets[at - 1].timestamp) >= 0);
    }
}

inline double seconds_off(std::int64_t time_us, std::int64_t expected_us) {
    return std::abs(static_cast<double>(time_us - expected_us)) / 1e6;
}

}  // namespace rill::webrtc::test
