// Sessions over the real transport, with GStreamer's webrtcbin as the viewer, and over a transport of ours
// where the viewer must misbehave.
#include "catch.hpp"
#include "test_host.hpp"
#include "test_offers.hpp"
#include "test_peer.hpp"
#include "test_slow_joining.hpp"
#include "webrtc_sink.hpp"
#include "webrtcbin_transport.hpp"

#include <rill/clock.hpp>

#include <algorithm>
#include <filesystem>
#include <regex>

using namespace rill;
using namespace rill::webrtc;
using namespace rill::webrtc::test;
using namespace std::chrono_literals;

namespace {

struct Heard {
    std::mutex mutex;
    std::optional<Result<std::string>> answer;
    std::string closed;

    SessionEvents events(const std::shared_ptr<Heard>& self) {
        return {[self](const Session&, Result<std::string> result) {
                    const std::lock_guard lock(self->mutex);
                    self->answer = std::move(result);
                },
                [self](const std::string& reason) {
                    const std::lock_guard lock(self->mutex);
                    self->closed = reason;
                }};
    }
    bool has_answer() {
        const std::lock_guard lock(mutex);
        return answer.has_value();
    }
    std::string reason() {
        const std::lock_guard lock(mutex);
        return closed;
    }
};

/// Ports of the viewer's own, and the one that all share.
Settings either_ports() {
    const std::string_view shared = GENERATE("", "127.0.0.1:0");
    CAPTURE(shared);
    return test_settings(shared);
}

/// A sink on a path with a camera that runs while a condition is awaited.
struct Rig {
    TestHost host{{{0, h264_format()}}};
    WebrtcSink sink;
    Nanoseconds next_picture{0};
    std::uint64_t sequence = 0;

    explicit Rig(Settings settings = either_ports()) : sink(std::move(settings), make_webrtcbin_transport) {
        REQUIRE(host.run([this] { return static_cast<bool>(sink.start(host, host.tracks)); }));
    }
    Rig(Settings settings, TransportFactory factory) : sink(std::move(settings), std::move(factory)) {
        REQUIRE(host.run([this] { return static_cast<bool>(sink.start(host, host.tracks)); }));
    }
    ~Rig() {
        host.run([this] { sink.stop("the test is over"); });
        CHECK(host.links() == 0);
    }

    void camera() {
        const Nanoseconds now = running_time();
        if (now < next_picture) return;
        next_picture = now + 20ms;
        ++sequence;
        host.publish(0, make_unit(h264_format(), sequence, now, sequence % 50 == 1, 3000));
    }
    bool await_with_camera(const std::function<bool()>& condition) {
        return await([&] {
            camera();
            return condition();
        });
    }
    struct Opened {
        std::shared_ptr<Heard> heard = std::make_shared<Heard>();
        std::shared_ptr<TestReader> reader = std::make_shared<TestReader>();
        std::string secret;
        Error error{Code::internal, ""};
    };
    Opened open(const std::string& offer) {
        Opened opened;
        host.run([&] {
            auto session = sink.open(offer, opened.reader, opened.heard->events(opened.heard));
            if (session)
                opened.secret = (*session)->secret();
            else
                opened.error = session.error();
        });
        return opened;
    }
    Opened connect(Peer& peer) {
        Opened opened = open(peer.offer());
        REQUIRE(opened.secret.size() == 36);
        REQUIRE(await_with_camera([&] { return opened.heard->has_answer(); }));
        REQUIRE(*opened.heard->answer);
        peer.accept(**opened.heard->answer);
        return opened;
    }
    std::size_t sessions() {
        return host.run([this] { return sink.session_count(); });
    }
};

unsigned count(const Peer& peer, std::uint8_t nal_type) {
    const auto payloads = peer.payloads();
    return static_cast<unsigned>(std::count_if(
        payloads.begin(), payloads.end(),
        [nal_type](const auto& payload) { return !payload.empty() && (payload[0] & 0x1F) == nal_type; }));
}

constexpr std::uint8_t stap_a = 24;

/// The names that GLib has taken up, which it never gives back (GQuark). They are numbered one after the
/// other.
class KeptNames {
  public:
    std::string since_last_asked() {
        const GQuark mark = g_quark_from_string(fmt::format("a test's mark after {}", last_).c_str());
        std::string names;
        for (GQuark name = last_ + 1; name < mark; ++name)
            names += fmt::format("{} ", g_quark_to_string(name));
        last_ = mark;
        return names;
    }

  private:
    GQuark last_ = 0;
};

/// The first session makes what lives as long as the process. Later, names may be made once for each thing
/// that a session can do, but never for a number of its own.
bool has_number_of_a_session(const std::string& names) {
    return std::regex_search(names, std::regex("[0-9]{5}"));
}

std::size_t entries(const char* directory) {
    const auto all = std::filesystem::directory_iterator(directory);
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

/// A transport that answers and connects at once, and hears nothing after.
class DeafTransport final : public Transport {
  public:
    explicit DeafTransport(TransportEvents events, bool connects)
        : events_(std::move(events)), connects_(connects) {}
    void negotiate(const Offer&, std::vector<OutgoingStream>) override {
        events_.negotiated(std::string("v=0\r\n"));
        if (connects_) events_.connected();
    }
    void stop_gathering() override {}
    void add_candidate(const std::string&) override {}
    Result<RestartedIce> restart_ice(const CandidateFragment&) override {
        return RestartedIce{
            "newufrag", "newpasswordnewpassword", {"candidate:1 1 UDP 1 192.0.2.1 5000 typ host"}};
    }
    void send(std::size_t, std::vector<Ref<GstBuffer>>) override {}
    std::size_t queued_bytes(std::size_t) const override { return 0; }
    TransportStatistics statistics() const override { return {0, started_}; }

  private:
    TransportEvents events_;
    const bool connects_;
    const Nanoseconds started_ = running_time();
};

TransportFactory deaf(bool connects) {
    return [connects](TransportContext context) {
        return std::make_shared<DeafTransport>(std::move(context.events), connects);
    };
}

}  // namespace

TEST_CASE("a viewer gets the cached keyframe first, then everything") {
    Rig rig;
    Loop loop("test-peer");
    Peer peer(loop);
    // A third of a group of pictures is cached before anyone comes.
    REQUIRE(rig.await_with_camera([&] { return rig.sequence >= 15; }));
    const auto opened = rig.connect(peer);
    REQUIRE(rig.await_with_camera([&] { return peer.payloads().size() > 100; }));
    CHECK((peer.payloads().front()[0] & 0x1F) == stap_a);
    CHECK(peer.gaps_in_sequence() == 0);
    CHECK(opened.reader->bytes_sent > 100'000);
    CHECK(opened.reader->units_dropped == 0);
    CHECK(rig.sessions() == 1);

    SECTION("a picture loss indication is answered from the cache") {
        const unsigned keyframes = count(peer, stap_a);
        peer.ask_for_keyframe();
        const std::uint64_t asked = rig.sequence;
        REQUIRE(rig.await_with_camera([&] { return count(peer, stap_a) > keyframes; }));
        CHECK(rig.sequence < asked + 25);  // long before the camera's next one
        CHECK(await([&] { return rig.host.keyframes_requested == 1; }));
        CHECK(peer.gaps_in_sequence() == 0);
    }
    SECTION("a gap of the camera ends nothing") {
        const std::size_t received = peer.payloads().size();
        rig.next_picture = running_time() + 1s;
        REQUIRE(rig.await_with_camera([&] { return peer.payloads().size() > received + 20; }));
        CHECK(peer.gaps_in_sequence() == 0);
        CHECK(opened.heard->reason().empty());
    }
    SECTION("ICE restarts under way, and media goes on") {
        const auto fragment =
            parse_fragment("a=ice-ufrag:abcdefgh\r\na=ice-pwd:abcdefghabcdefghabcdefgh\r\n");
        REQUIRE(fragment);
        const auto body = rig.host.run([&] { return rig.sink.find(opened.secret)->patch(*fragment); });
        REQUIRE(body);
        const auto ours = parse_fragment(*body);
        REQUIRE(ours);
        CHECK(ours->ufrag.size() >= 4);
        CHECK(ours->password.size() >= 22);
        CHECK_FALSE(ours->candidates.empty());
    }
    SECTION("stopping the sink tells the viewer's opener why") {
        rig.host.run([&] { rig.sink.stop("the path was removed"); });
        CHECK(opened.heard->reason() == "the path was removed");
        CHECK(rig.sessions() == 0);
        CHECK(rig.host.links() == 0);
    }
    SECTION("another codec ends the session, other parameters do not") {
        auto bigger = std::make_shared<Format>(*h264_format());
        bigger->width = 1920;
        rig.host.run([&] { (void)rig.sink.update(rig.host, std::vector<Track>{{0, bigger}}); });
        CHECK(rig.sessions() == 1);
        auto h265 = std::make_shared<Format>(*h264_format());
        h265->codec = Codec::h265;
        rig.host.run([&] { (void)rig.sink.update(rig.host, std::vector<Track>{{0, h265}}); });
        CHECK(rig.sessions() == 0);
        CHECK(opened.heard->reason().find("codec") != std::string::npos);
    }
}

TEST_CASE("a session may end at any moment of its negotiation") {
    const SlowJoining slow;
    Rig rig;
    Loop loop("test-peer");
    Peer peer(loop);
    const std::string offer = peer.offer();
    for (int round = 0; round < 60; ++round) {
        const auto opened = rig.open(offer);
        REQUIRE(opened.secret.size() == 36);
        // From at once to about when the answer is there.
        const auto moment = std::chrono::steady_clock::now() + round * 200us;
        CHECK(await([&] { return std::chrono::steady_clock::now() >= moment; }));
        rig.host.run([&] { rig.sink.find(opened.secret)->close("enough"); });
    }
    CHECK(Pipeline::wait_for_disposals(60s));
    CHECK(rig.sessions() == 0);
}

TEST_CASE("one viewer's end is not another's") {
    Rig rig;
    Loop loop("test-peer");
    Peer stays(loop);
    const auto first = rig.connect(stays);
    auto leaves = std::make_unique<Peer>(loop);
    const auto second = rig.connect(*leaves);
    REQUIRE(rig.await_with_camera(
        [&] { return leaves->payloads().size() > 20 && stays.payloads().size() > 20; }));
    leaves.reset();
    rig.host.run([&] { rig.sink.find(second.secret)->close("gone"); });
    const std::size_t received = stays.payloads().size();
    REQUIRE(rig.await_with_camera([&] { return stays.payloads().size() > received + 50; }));
    CHECK(stays.gaps_in_sequence() == 0);
    CHECK(rig.sessions() == 1);
}

TEST_CASE("what cannot be served opens no session") {
    Rig rig;
    CHECK(rig.open("what").error.code == Code::invalid_config);
    const auto av1 =
        sdp("v=0\nm=video 9 UDP/TLS/RTP/SAVPF 96\na=mid:0\na=recvonly\na=rtcp-mux\n"
            "a=ice-ufrag:8soJ\na=ice-pwd:CZM/Ce+1DgTGT+p0XoUZNqFF\na=rtpmap:96 AV1/90000\n"
            "a=fingerprint:sha-256 F2:A3:44:43:55:A8:1E:6E:AF:C5:ED:07:1E:0F:A2:AF:DA:71:DB:9B:D4:EE:5C:67:"
            "69:29:E6:46:B3:36:9E:C3\n");
    const auto refused = rig.open(av1);
    CHECK(refused.error.code == Code::not_acceptable);
    CHECK(refused.error.message.find("AV1") != std::string::npos);
    CHECK(rig.sessions() == 0);
    CHECK(rig.host.links() == 0);
}

TEST_CASE("viewers who cannot take the picture share one that is made for them, live only") {
    Rig rig(test_settings(), deaf(true));
    auto h265 = std::make_shared<Format>();
    h265->codec = Codec::h265;
    const std::vector<Track> camera{{0, std::move(h265)}};
    const auto update = [&](const std::vector<Track>& tracks) {
        rig.host.run([&] { REQUIRE(rig.sink.update(rig.host, tracks)); });
    };
    update(camera);
    const auto first = rig.open(firefox_offer());
    const auto second = rig.open(firefox_offer());
    REQUIRE(await([&] { return first.heard->has_answer() && second.heard->has_answer(); }));
    CHECK(rig.host.rendered == std::vector<Rendition>(2, {.codec = Codec::h264}));
    CHECK(rig.host.links() == 1);

    std::optional<Outcome> outcome;
    rig.host.run([&] {
        const Command seek{.kind = Command::Kind::seek, .time_us = 1};
        rig.sink.find(first.secret)->steer(seek, [&](const Outcome& given) { outcome = given; });
    });
    REQUIRE(outcome);
    REQUIRE(std::holds_alternative<Refusal>(*outcome));

    // The rendition goes on, made of something else.
    update({{0, h264_format()}});
    CHECK(rig.sessions() == 2);
    update({});
    auto sound = std::make_shared<Format>();
    sound->kind = Kind::audio;
    sound->codec = Codec::opus;
    update({{0, std::move(sound)}});
    CHECK(rig.sessions() == 0);

    rig.host.render_error = Error{Code::too_many, "enough (maxTranscodes)"};
    update(camera);
    CHECK(rig.open(firefox_offer()).error.code == Code::too_many);
}

namespace {

/// I P B: four pictures a group, the B-frames of which others refer to or not.
void publish_b_frames(TestHost& host, unsigned groups, bool are_disposable) {
    Nanoseconds start = running_time();
    std::uint64_t sequence = 0;
    for (unsigned group = 0; group < groups; ++group, start += 160ms) {
        for (const auto& [place, is_b] : {std::pair(0, false), {3, false}, {1, true}, {2, true}}) {
            const auto unit = make_unit(h264_format(), ++sequence, start + place * 40ms, place == 0, 100);
            auto changed = std::make_shared<AccessUnit>(*unit);
            changed->disposable = is_b && are_disposable;
            host.publish(0, changed);
        }
    }
}

}  // namespace

TEST_CASE("a picture with B-frames that others refer to is made anew") {
    Rig rig(test_settings(), deaf(true));
    const auto is_rendered = [&] {
        return rig.host.run(
            [&] { return rig.host.rendered == std::vector<Rendition>(1, {.codec = Codec::h264}); });
    };
    SECTION("known from what is cached") {
        publish_b_frames(rig.host, 1, false);
        const auto opened = rig.open(chromium_offer());
        REQUIRE(await([&] { return opened.heard->has_answer(); }));
        CHECK(is_rendered());
    }
    SECTION("seen while somebody watches, who goes on with it") {
        const auto opened = rig.open(chromium_offer());
        REQUIRE(await([&] { return opened.heard->has_answer(); }));
        CHECK(rig.host.run([&] { return rig.host.rendered.empty(); }));
        publish_b_frames(rig.host, 1, false);
        REQUIRE(await(is_rendered));
        CHECK(opened.heard->reason().empty());
    }
    CHECK(rig.sessions() == 1);
}

TEST_CASE("a viewer of B-frames is let go where no rendition can be had") {
    Rig rig(test_settings(), deaf(true));
    const auto opened = rig.open(chromium_offer());
    REQUIRE(await([&] { return opened.heard->has_answer(); }));
    rig.host.run([&] { rig.host.render_error = Error{Code::too_many, "enough (maxTranscodes)"}; });
    publish_b_frames(rig.host, 1, false);
    REQUIRE(await([&] { return !opened.heard->reason().empty(); }));
    CHECK(opened.heard->reason().find("maxTranscodes") != std::string::npos);
}

TEST_CASE("B-frames that nothing refers to are left out, where enough is left") {
    Rig rig(test_settings(), deaf(true));
    const auto opened = rig.open(chromium_offer());
    REQUIRE(await([&] { return opened.heard->has_answer(); }));
    publish_b_frames(rig.host, 20, true);
    rig.host.run([] {});
    CHECK(rig.sessions() == 1);
    CHECK(rig.host.run([&] { return rig.host.rendered.empty(); }));
}

TEST_CASE("a viewer that is not heard is let go") {
    Settings settings = test_settings();
    settings.silence_timeout = 100ms;
    Rig rig(settings, deaf(true));
    const auto opened = rig.open(chromium_offer());
    REQUIRE(await([&] { return !opened.heard->reason().empty(); }));
    CHECK(opened.heard->reason().find("nothing heard") != std::string::npos);
    CHECK(rig.sessions() == 0);
}

TEST_CASE("a viewer that never connects is let go") {
    Settings settings = test_settings();
    settings.handshake_timeout = 100ms;
    Rig rig(settings, deaf(false));
    const auto opened = rig.open(chromium_offer());
    REQUIRE(await([&] { return !opened.heard->reason().empty(); }));
    CHECK(opened.heard->answer.has_value());
    CHECK(opened.heard->reason().find("no connection") != std::string::npos);
}

TEST_CASE("a fragment with new credentials restarts ICE, others only add candidates") {
    Rig rig(test_settings(), deaf(true));
    const auto opened = rig.open(chromium_offer());
    REQUIRE(await([&] { return opened.heard->has_answer(); }));
    const auto patch = [&](const std::string& text) {
        return rig.host.run([&] { return rig.sink.find(opened.secret)->patch(*parse_fragment(text)); });
    };
    CHECK(patch("a=candidate:1 1 udp 1 192.0.2.1 50000 typ host\r\n")->empty());
    CHECK(patch("a=ice-ufrag:8soJ\r\na=ice-pwd:CZM/Ce+1DgTGT+p0XoUZNqFF\r\n")->empty());
    CHECK_FALSE(patch("a=ice-ufrag:other\r\n"));
    const auto restarted = patch("a=ice-ufrag:other\r\na=ice-pwd:otherpasswordotherpassword\r\n");
    REQUIRE(restarted);
    CHECK(restarted->find("a=ice-ufrag:newufrag") != std::string::npos);
    CHECK(rig.host.run([&] { return rig.sink.find(opened.secret)->ice_tag(); }) == "\"newufrag\"");
}

TEST_CASE("sessions that come and go leave no thread, no descriptor and no name") {
    Rig rig;
    Loop loop("test-peer");
    std::size_t threads = 0;
    std::size_t descriptors = 0;
    KeptNames kept;
    for (int round = 0; round < 6; ++round) {
        {
            Peer peer(loop);
            const auto opened = rig.connect(peer);
            REQUIRE(rig.await_with_camera([&] { return peer.payloads().size() > 10; }));
            rig.host.run([&] { rig.sink.find(opened.secret)->close("enough"); });
        }
        REQUIRE(Pipeline::wait_for_disposals(10s));
        // The first round makes what lives as long as the process.
        const std::string names = kept.since_last_asked();
        INFO("kept for good by round " << round << ": " << names);
        CHECK((round == 0 || !has_number_of_a_session(names)));
        if (round == 0) {
            threads = entries("/proc/self/task");
            descriptors = entries("/proc/self/fd");
        }
    }
    CHECK(await([&] { return entries("/proc/self/task") <= threads; }));
    CHECK(await([&] { return entries("/proc/self/fd") <= descriptors; }));
}

TEST_CASE("an answered offer leaves no name behind") {
    Rig rig;
    KeptNames kept;
    for (int round = 0; round < 4; ++round) {
        const auto opened = rig.open(chromium_offer());
        REQUIRE(rig.await_with_camera([&] { return opened.heard->has_answer(); }));
        REQUIRE(*opened.heard->answer);
        rig.host.run([&] { rig.sink.find(opened.secret)->close("enough"); });
        REQUIRE(Pipeline::wait_for_disposals(10s));
        const std::string names = kept.since_last_asked();
        INFO("kept for good by round " << round << ": " << names);
        CHECK((round == 0 || !has_number_of_a_session(names)));
    }
}

TEST_CASE("a session is described, and ended by request") {
    Rig rig;
    Loop loop("test-peer");
    Peer peer(loop);
    const auto opened = rig.connect(peer);
    const auto details = opened.reader->details();
    REQUIRE(details);
    REQUIRE(rig.await_with_camera(
        [&] { return details->read()["outboundRTPPackets"].integer().value_or(0) > 0; }));
    const Json json = details->read();
    CHECK(json["peerConnectionEstablished"].boolean() == true);
    const std::regex candidate("(host|srflx|prflx|relay)/udp/[0-9a-f.:]+/[0-9]+");
    CHECK(std::regex_match(json["localCandidate"].text().value_or(""), candidate));
    CHECK(std::regex_match(json["remoteCandidate"].text().value_or(""), candidate));
    rig.host.run([&] { opened.reader->end()("kicked"); });
    CHECK(opened.heard->reason() == "kicked");
    CHECK(rig.sessions() == 0);
}
