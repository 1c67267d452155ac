#include "catch.hpp"
#include "catch_up.hpp"
#include "fanout.hpp"
#include "test_host.hpp"

#include <rill/clock.hpp>

#include <algorithm>

using namespace rill;
using namespace rill::webrtc;
using namespace rill::webrtc::test;
using namespace std::chrono_literals;

namespace {

struct Packet {
    std::uint16_t sequence;
    std::uint32_t timestamp;
    Nanoseconds pts;
    std::vector<std::uint8_t> bytes;
};

/// Keeps what it is given.
class RecordingTransport final : public Transport {
  public:
    void negotiate(const Offer&, std::vector<OutgoingStream>) override {}
    void stop_gathering() override {}
    void add_candidate(const std::string&) override {}
    Result<RestartedIce> restart_ice(const CandidateFragment&) override { return RestartedIce{}; }
    void send(std::size_t, std::vector<Ref<GstBuffer>> sent) override {
        for (const auto& buffer : sent) {
            const MappedBuffer map(buffer.get());
            Packet packet;
            packet.bytes.assign(map.bytes().begin(), map.bytes().end());
            packet.sequence = GST_READ_UINT16_BE(packet.bytes.data() + 2);
            packet.timestamp = GST_READ_UINT32_BE(packet.bytes.data() + 4);
            packet.pts = Nanoseconds(GST_BUFFER_PTS(buffer.get()));
            packets.push_back(std::move(packet));
        }
    }
    std::size_t queued_bytes(std::size_t) const override { return queued; }
    TransportStatistics statistics() const override { return {}; }

    std::vector<Packet> packets;
    std::size_t queued = 0;
};

struct Rig {
    std::shared_ptr<RecordingTransport> transport = std::make_shared<RecordingTransport>();
    std::shared_ptr<TestReader> reader = std::make_shared<TestReader>();
    OutgoingStream outgoing;
    std::shared_ptr<Feed> feed;

    explicit Rig(unsigned delay_id = 0) {
        outgoing.choice.codec.payload_type = 102;
        outgoing.choice.codec.clock_rate = 90'000;
        outgoing.ssrc = 7;
        feed = std::make_shared<Feed>(transport, 0, outgoing, delay_id, reader);
    }
    bool sequence_is_whole() const {
        const auto& all = transport->packets;
        return std::adjacent_find(all.begin(), all.end(), [](const Packet& a, const Packet& b) {
                   return static_cast<std::uint16_t>(a.sequence + 1) != b.sequence;
               }) == all.end();
    }
};

rtp::PayloadPtr payload(std::uint64_t sequence, Nanoseconds pts, bool keyframe, std::size_t size = 100) {
    return *rtp::Packetiser(1150).packetise(make_unit(h264_format(), sequence, pts, keyframe, size));
}

/// A second of 25 pictures that ends `age` ago.
std::vector<rtp::PayloadPtr> second(Nanoseconds age, std::size_t size = 2000) {
    std::vector<rtp::PayloadPtr> units;
    units.reserve(25);
    const Nanoseconds end = running_time() - age;
    for (int at = 0; at < 25; ++at)
        units.push_back(payload(static_cast<std::uint64_t>(at) + 1, end - (24 - at) * 40ms, at == 0, size));
    return units;
}

}  // namespace

TEST_CASE("catching up: arrivals match their timestamps, and end at the live edge") {
    const Nanoseconds now = 100s;
    const Nanoseconds transit = 20ms;
    CatchUp catch_up(now, transit, Nanoseconds(-1));
    Nanoseconds last_send{0};
    Nanoseconds last_media{0};
    for (int at = 0; at < 100; ++at) {
        const Nanoseconds pts = now - transit - (100 - at) * 40ms;
        const auto place = catch_up.place(pts, 10'000, now);
        CHECK_FALSE(catch_up.done());
        CHECK(place.send_at - place.media_time == transit);
        CHECK(place.send_at >= last_send);
        CHECK(place.media_time > last_media);
        last_send = place.send_at;
        last_media = place.media_time;
    }
    // 100 units of 10 kB leave at 5 MB/s.
    CHECK(last_send == now + 99 * 2ms);
    // What is live while the burst goes out queues behind it; then it is over.
    Nanoseconds pts = now - transit;
    int behind = 0;
    while (true) {
        const auto place = catch_up.place(pts, 10'000, pts + transit);
        if (catch_up.done()) {
            CHECK(place.media_time == pts);
            CHECK(place.send_at == pts + transit);
            break;
        }
        CHECK(place.send_at - place.media_time == transit);
        pts += 40ms;
        REQUIRE(++behind < 20);
    }
    CHECK(behind > 0);
}

TEST_CASE("a feed begins with the keyframe, compressed, and goes on with true times") {
    Rig rig;
    const auto cached = second(5ms);
    rig.feed->start(cached, 5ms);
    CHECK(rig.feed->catching_up());
    auto& packets = rig.transport->packets;
    REQUIRE(packets.size() > 25);
    CHECK((packets[0].bytes[12] & 0x1F) == 24);  // STAP-A: the parameter sets
    // One second of media within the time it takes to send 50 kB.
    CHECK(packets.back().timestamp - packets.front().timestamp < 90'000 / 20);
    CHECK(std::is_sorted(packets.begin(), packets.end(),
                         [](const Packet& a, const Packet& b) { return a.pts < b.pts; }));

    const std::size_t burst = packets.size();
    REQUIRE(await([&] { return running_time() > packets[burst - 1].pts + 10ms; }));
    const Nanoseconds live = running_time();
    rig.feed->push(payload(26, live, false));
    CHECK_FALSE(rig.feed->catching_up());
    rig.feed->push(payload(27, live + 40ms, false));
    REQUIRE(packets.size() == burst + 2);
    CHECK(packets[burst + 1].pts == live + 40ms);
    CHECK(packets[burst + 1].timestamp - packets[burst].timestamp == 3600);
    CHECK(rig.sequence_is_whole());
}

TEST_CASE("what is pushed before the start joins without a gap and without a double") {
    Rig rig;
    const auto cached = second(0ms, 100);
    rig.feed->push(cached[24]);
    rig.feed->push(payload(26, running_time(), false));
    CHECK(rig.transport->packets.empty());
    rig.feed->start(cached, 0ms);
    // Parameter sets, 25 cached ones, one more.
    CHECK(rig.transport->packets.size() == 27);
    CHECK(rig.sequence_is_whole());
}

TEST_CASE("without a keyframe nothing is sent") {
    Rig rig;
    rig.feed->start({}, 0ms);
    rig.feed->push(payload(5, running_time(), false));
    CHECK(rig.transport->packets.empty());
    CHECK(rig.reader->units_dropped == 0);
    rig.feed->push(payload(6, running_time(), true));
    CHECK(rig.transport->packets.size() == 2);
}

TEST_CASE("a viewer that is too slow loses units up to the next keyframe, and they are counted") {
    Rig rig;
    rig.feed->start({}, 0ms);
    rig.feed->push(payload(1, 1s, true));
    const std::size_t sent = rig.transport->packets.size();
    rig.transport->queued = Feed::max_queued_bytes + 1;
    rig.feed->push(payload(2, 2s, false));
    rig.transport->queued = 0;
    rig.feed->push(payload(3, 3s, false));
    CHECK(rig.transport->packets.size() == sent);
    CHECK(rig.reader->units_dropped == 2);
    rig.feed->push(payload(4, 4s, true));
    CHECK(rig.transport->packets.size() == sent + 2);
    CHECK(rig.sequence_is_whole());
    CHECK(rig.reader->bytes_sent > 0);
}

TEST_CASE("a replay goes on with sequence numbers and timestamps") {
    Rig rig;
    auto cached = second(0ms);
    rig.feed->start(cached, 0ms);
    const std::uint32_t before = rig.transport->packets.back().timestamp;
    rig.feed->hold();
    rig.feed->push(payload(26, running_time(), false));
    rig.feed->start(cached, 0ms);
    CHECK(rig.sequence_is_whole());
    for (std::size_t at = 1; at < rig.transport->packets.size(); ++at) {
        const auto& packets = rig.transport->packets;
        CHECK(static_cast<std::int32_t>(packets[at].timestamp - packets[at - 1].timestamp) >= 0);
    }
    CHECK(static_cast<std::int32_t>(rig.transport->packets.back().timestamp - before) > 0);
}

TEST_CASE("the playout delay extension asks for none") {
    Rig rig(5);
    rig.feed->start({}, 0ms);
    rig.feed->push(payload(1, 1s, true));
    const auto& bytes = rig.transport->packets.at(0).bytes;
    CHECK((bytes[0] & 0x10) != 0);
    CHECK(std::vector<std::uint8_t>(bytes.begin() + 12, bytes.begin() + 20) ==
          std::vector<std::uint8_t>{0xBE, 0xDE, 0, 1, 0x52, 0, 0, 0});
}

TEST_CASE("a closed feed sends nothing") {
    Rig rig;
    rig.feed->start({}, 0ms);
    rig.feed->close();
    rig.feed->push(payload(1, 1s, true));
    rig.feed->start(second(0ms), 0ms);
    CHECK(rig.transport->packets.empty());
}

TEST_CASE("a fanout packetises once for all, from the last keyframe") {
    TestHost host({{0, h264_format()}});
    const Nanoseconds now = running_time();
    for (int at = 0; at < 10; ++at)
        host.publish(0, make_unit(h264_format(), static_cast<std::uint64_t>(at) + 1, now - (10 - at) * 40ms,
                                  at % 5 == 0, 100));
    Rig early;
    Rig late;
    host.run([&] {
        Fanout fanout(host, host.tracks[0], nullptr);
        CHECK(host.links() == 1);
        fanout.add(early.feed);
        host.publish(0, make_unit(h264_format(), 11, now, true, 100));
        host.publish(0, make_unit(h264_format(), 12, now + 40ms, false, 100));
        fanout.add(late.feed);
        host.publish(0, make_unit(h264_format(), 13, now + 80ms, false, 100));
        fanout.remove(*late.feed);
        host.publish(0, make_unit(h264_format(), 14, now + 120ms, false, 100));
    });
    CHECK(host.links() == 0);
    // Five cached units, then four; two of the nine are keyframes with parameter sets.
    CHECK(early.transport->packets.size() == 5 + 1 + 4 + 1);
    CHECK(late.transport->packets.size() == 3 + 1);
    CHECK(early.sequence_is_whole());
    CHECK(late.sequence_is_whole());
}

TEST_CASE("where pictures are reordered, those that nothing refers to are left out") {
    TestHost host({{0, h264_format()}});
    Rig rig;
    host.run([&] {
        Fanout fanout(host, host.tracks[0], nullptr);
        fanout.add(rig.feed);
        const Nanoseconds now = running_time();
        const auto publish = [&](std::uint64_t sequence, Nanoseconds pts, bool keyframe, bool disposable) {
            auto unit = std::make_shared<AccessUnit>(*make_unit(h264_format(), sequence, pts, keyframe, 100));
            unit->disposable = disposable;
            host.publish(0, unit);
        };
        publish(1, now, true, false);
        publish(2, now + 120ms, false, false);
        publish(3, now + 40ms, false, true);
        publish(4, now + 80ms, false, true);
        publish(5, now + 160ms, false, false);
    });
    CHECK(rig.transport->packets.size() == 3 + 1);
}

TEST_CASE("from live to a recording and back: one numbering, and time that only goes on") {
    Rig rig;
    const auto cached = second(0ms);
    rig.feed->start(cached, 20ms);
    const std::uint32_t before = rig.transport->packets.back().timestamp;

    rig.feed->leave();
    CHECK_FALSE(rig.feed->catching_up());
    const std::size_t live = rig.transport->packets.size();
    // A thread that is still handing out what is live.
    rig.feed->push(payload(26, running_time(), true));
    CHECK(rig.transport->packets.size() == live);
    const Nanoseconds shown = running_time() + 1s;
    rig.feed->play(*payload(900, 7s, false), shown, shown);
    CHECK(rig.transport->packets.size() == live);  // it refers to nothing that the viewer has
    rig.feed->play(*payload(901, 7s, true), shown, shown);
    rig.feed->play(*payload(902, 8s, false), shown + 40ms, shown + 40ms);
    // A burst: times that have passed.
    rig.feed->play(*payload(500, 3s, true), 1s, shown + 50ms);
    const auto& packets = rig.transport->packets;
    REQUIRE(packets.size() > live + 4);
    CHECK(packets[live].pts == shown);
    CHECK(packets[live + 2].timestamp - packets[live].timestamp == 3600);
    CHECK(packets.back().timestamp - packets[live + 2].timestamp == 9);

    rig.feed->hold();
    rig.feed->push(payload(27, running_time(), false));
    CHECK(rig.feed->live_us() == 0);
    const std::size_t played = packets.size();
    rig.feed->start(cached, 20ms);
    CHECK(packets.size() > played + 25);
    CHECK((packets[played].bytes[12] & 0x1F) == 24);
    CHECK(rig.sequence_is_whole());
    for (std::size_t at = 1; at < packets.size(); ++at)
        CHECK(static_cast<std::int32_t>(packets[at].timestamp - packets[at - 1].timestamp) >= 0);
    CHECK(static_cast<std::int32_t>(packets.back().timestamp - before) > 0);
}

TEST_CASE("live without a cached keyframe waits for one after a recording") {
    Rig rig;
    rig.feed->leave();
    rig.feed->play(*payload(1, 1s, true), 1s, 1s);
    const std::size_t played = rig.transport->packets.size();
    rig.feed->hold();
    rig.feed->start({}, 0ms);
    rig.feed->push(payload(5, running_time(), false));
    CHECK(rig.transport->packets.size() == played);
    rig.feed->push(payload(6, running_time(), true));
    CHECK(rig.transport->packets.size() > played);
}

TEST_CASE("live sound that overlaps what was played is left out") {
    Rig rig;
    auto format = std::make_shared<Format>();
    format->kind = Kind::audio;
    format->codec = Codec::pcmu;
    format->sample_rate = 8000;
    format->channels = 1;
    const auto packet = [&](std::uint64_t sequence, Nanoseconds pts) {
        auto unit = std::make_shared<AccessUnit>(*make_unit(h264_format(), sequence, pts, true, 156));
        unit->format = format;
        return *rtp::Packetiser(1150).packetise(unit);
    };
    rig.feed->leave();
    rig.feed->play(*packet(1, 5s), 100s, 100s);
    rig.feed->hold();
    rig.feed->start({}, 0ms);
    rig.feed->push(packet(2, 99'990ms));
    CHECK(rig.transport->packets.size() == 1);
    rig.feed->push(packet(3, 100'010ms));
    REQUIRE(rig.transport->packets.size() == 2);
    CHECK(rig.sequence_is_whole());
    CHECK(rig.transport->packets[1].timestamp - rig.transport->packets[0].timestamp == 900);
}

TEST_CASE("a recording that the viewer's link does not carry loses first what nothing refers to") {
    Rig rig;
    rig.feed->leave();
    rig.feed->play(*payload(1, 1s, true), 1s, 1s);
    const std::size_t sent = rig.transport->packets.size();
    auto unit = std::make_shared<AccessUnit>(*make_unit(h264_format(), 2, 2s, false, 100));
    unit->disposable = true;
    const auto disposable = *rtp::Packetiser(1150).packetise(unit);
    rig.transport->queued = 1u << 20;
    rig.feed->play(*disposable, 2s, 2s);
    CHECK(rig.transport->packets.size() == sent);
    CHECK(rig.reader->units_dropped == 1);
    rig.feed->play(*payload(3, 3s, false), 3s, 3s);
    CHECK(rig.transport->packets.size() == sent + 1);
    rig.transport->queued = 0;
    rig.feed->play(*disposable, 4s, 4s);
    CHECK(rig.transport->packets.size() == sent + 2);
}
