#include "catch.hpp"
#include "failure.hpp"
#include "fingerprint.hpp"
#include "tracks.hpp"

#include <rill/module.hpp>

using namespace rill;
using namespace rill::rtsp;
using namespace std::chrono_literals;

namespace {

Result<std::unique_ptr<Source>> create(const std::string& url, const std::string& fingerprint = "") {
    const SourceFactory& factory = rill_module()->sources[0];
    return factory.create({.path = "cam1",
                           .url = url,
                           .fingerprint = fingerprint,
                           .read_timeout = 5s,
                           .options = Options::defaults(factory.options)});
}

Ref<GstCaps> caps(const char* text) {
    return Ref<GstCaps>::adopt(gst_caps_from_string(text));
}

}  // namespace

TEST_CASE("usable tracks have a depayloader") {
    const auto of = [](const char* text) { return depayloader(caps(text).get()).value_or("-"); };
    CHECK(of("application/x-rtp,media=video,encoding-name=H264") == "rtph264depay");
    CHECK(of("application/x-rtp,media=video,encoding-name=H265") == "rtph265depay");
    CHECK(of("application/x-rtp,media=audio,encoding-name=MPEG4-GENERIC,config=(string)1190") ==
          "rtpmp4gdepay");
    CHECK(of("application/x-rtp,media=audio,encoding-name=MPEG4-GENERIC") == "-");
    CHECK(of("application/x-rtp,media=audio,encoding-name=MP4A-LATM,config=(string)40002320") ==
          "rtpmp4adepay");
    CHECK(of("application/x-rtp,media=audio,encoding-name=PCMU") == "rtppcmudepay");
    CHECK(of("application/x-rtp,media=audio,encoding-name=PCMA") == "rtppcmadepay");
    CHECK(of("application/x-rtp,media=audio,encoding-name=OPUS") == "rtpopusdepay");
    CHECK(of("application/x-rtp,media=audio,payload=0,clock-rate=8000") == "rtppcmudepay");
    CHECK(of("application/x-rtp,media=audio,payload=8,clock-rate=8000") == "rtppcmadepay");
    CHECK(of("application/x-rtp,media=audio,payload=9,clock-rate=8000") == "rtpg722depay");
    CHECK(of("application/x-rtp,media=audio,payload=10,clock-rate=44100") == "rtpL16depay");
    CHECK(of("application/x-rtp,media=audio,payload=11,clock-rate=44100") == "rtpL16depay");
    CHECK(of("application/x-rtp,media=video,payload=26,clock-rate=90000") == "rtpjpegdepay");
    CHECK(of("application/x-rtp,media=video,encoding-name=JPEG") == "rtpjpegdepay");
    CHECK(of("application/x-rtp,media=audio,encoding-name=G722") == "rtpg722depay");
    CHECK(of("application/x-rtp,media=audio,encoding-name=L8") == "rtpL8depay");
    CHECK(of("application/x-rtp,media=audio,encoding-name=L24") == "rtpL24depay");
    CHECK(of("application/x-rtp,media=video,encoding-name=VP8") == "-");
    CHECK(of("application/x-rtp,media=audio,encoding-name=G726-32") == "-");
    CHECK(of("application/x-rtp,media=application,encoding-name=VND.ONVIF.METADATA") == "-");
    CHECK(of("application/x-rtp,media=audio,encoding-name=PCMU,a-sendonly=(string)\"\"") == "-");
    CHECK(of("application/x-rtp") == "-");
    CHECK_FALSE(depayloader(nullptr));
    CHECK(describe(caps("application/x-rtp,media=video,encoding-name=JPEG").get()) == "video JPEG");
    CHECK(describe(caps("application/x-rtp,media=audio,a-sendonly=(string)\"\"").get()) ==
          "audio back channel");
}

TEST_CASE("fingerprints in every spelling, and nothing else") {
    const std::string plain(64, 'a');
    std::string colons;
    for (int i = 0; i < 32; ++i)
        colons += i == 0 ? "AA" : ":AA";
    REQUIRE(parse_fingerprint(plain));
    CHECK(*parse_fingerprint(plain) == plain);
    REQUIRE(parse_fingerprint(colons));
    CHECK(*parse_fingerprint(colons) == plain);
    CHECK_FALSE(parse_fingerprint(""));
    CHECK_FALSE(parse_fingerprint(std::string(63, 'a')));
    CHECK_FALSE(parse_fingerprint(std::string(40, 'a')));  // SHA-1
    CHECK_FALSE(parse_fingerprint(std::string(63, 'a') + "g"));
}

TEST_CASE("a source is checked when it is made") {
    CHECK(create("rtsp://host/x"));
    CHECK(create("rtsps://host/x", std::string(64, 'a')));
    CHECK_FALSE(create("rtsp://"));
    CHECK_FALSE(create("rtsp://host/x", std::string(64, 'a')));
    const auto bad = create("rtsp://user:hunter2@:99999999/");
    REQUIRE_FALSE(bad);
    CHECK(bad.error().code == Code::invalid_config);
    CHECK(bad.error().message.find("hunter2") == std::string::npos);
}

TEST_CASE("failures become sentences") {
    const Target target{.host = "cam.example", .pinned = false, .timeout = 10s};
    const auto text = [&](const Report& report, const Evidence& evidence) {
        return explain_failure(report, evidence, target).message;
    };
    Evidence evidence;
    CHECK(text({.connecting = true}, evidence) == "host 'cam.example' not found");
    evidence.stage = Stage::connecting;
    evidence.address = "10.0.0.5:554";
    CHECK(text({.connecting = true}, evidence) == "connection refused by 10.0.0.5:554, or no route to it");
    CHECK(text({.timed_out = true, .connecting = true}, evidence) ==
          "no connection to 10.0.0.5:554 within 10 s");
    evidence.stage = Stage::securing;
    CHECK(text({.connecting = true}, evidence) ==
          "TLS with 10.0.0.5:554 failed (does it speak rtsps on this port?)");
    evidence.stage = Stage::connected;
    evidence.offered = {"video JPEG", "application VND.ONVIF.METADATA"};
    CHECK(text({.nothing_to_play = true}, evidence) ==
          "the camera offers no usable track (found: video JPEG, application VND.ONVIF.METADATA)");
    evidence.selected = 1;
    CHECK(text({.nothing_to_play = true}, evidence) ==
          "the camera refused the transport (461), see rtspTransport");
    CHECK(refused_transport({.nothing_to_play = true}, evidence));
    CHECK_FALSE(refused_transport({}, evidence));
    evidence.method = "SETUP";
    CHECK(text({.status = 406}, evidence) == "the camera answered SETUP with 406 Not Acceptable");
    CHECK(explain_failure({.status = 401}, evidence, target).code == Code::unauthorized);
    evidence.status = 453;
    CHECK(text({}, evidence) == "the camera has no bandwidth left for one more viewer (453)");
    evidence.refused_certificate = true;
    evidence.certificate = "abcd";
    evidence.certificate_errors = G_TLS_CERTIFICATE_UNKNOWN_CA;
    CHECK(text({.connecting = true}, evidence) ==
          "the certificate of cam.example is not signed by a known authority; to trust it nevertheless set "
          "sourceFingerprint to abcd");
}
