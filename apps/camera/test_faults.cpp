// The whole simulator in this process, and clients that see each of its faults.
#include "catch.hpp"
#include "commands.hpp"
#include "test_client.hpp"

#include <fmt/format.h>

#include <thread>

using namespace rill::camera;
using namespace std::chrono_literals;

namespace {

/// Long enough that something would have come: several frames, and RTCP is due at once after PLAY.
constexpr auto several_frames = 1500ms;

class Simulator {
  public:
    explicit Simulator(const std::string& cameras, ServerOptions options = {}) {
        options.port = 0;
        server.emplace(options);
        const auto specs = parse_cameras(cameras);
        if (!specs) FAIL(specs.error().message);
        for (const CameraSpec& spec : *specs) {
            auto camera = std::make_shared<Camera>(spec, loops, pacer);
            REQUIRE(camera->prepare());
            REQUIRE(server->add(std::move(camera)));
        }
        REQUIRE(server->listen());
        commands.emplace(*server, loops);
        tick = rill::Ref<GSource>::adopt(g_timeout_source_new(5));
        g_source_set_callback(
            tick.get(), [](gpointer) -> gboolean { return G_SOURCE_CONTINUE; }, nullptr, nullptr);
        g_source_attach(tick.get(), nullptr);
    }
    ~Simulator() { g_source_destroy(tick.get()); }

    std::string url(const std::string& name = "cam") { return server->url_of(*server->cameras().find(name)); }

    /// Runs what a client does beside the server.
    template <class Work>
    auto beside(Work work) {
        auto result = std::async(std::launch::async, std::move(work));
        while (result.wait_for(0s) != std::future_status::ready)
            g_main_context_iteration(nullptr, TRUE);
        return result.get();
    }
    std::string tell(const std::string& command) {
        std::optional<std::string> answer;
        commands->execute(command, [&answer](std::string text) { answer = std::move(text); });
        while (!answer)
            g_main_context_iteration(nullptr, TRUE);
        return *answer;
    }

    LoopStore loops{""};
    Pacer pacer;
    std::optional<Server> server;
    std::optional<Commands> commands;
    rill::Ref<GSource> tick;
};

constexpr const char* small = "size=160x96,fps=10,gop=5,bitrate=100k";

std::string small_camera(const char* more = "") {
    return fmt::format("cam:{}{}", small, more);
}

bool is_sps(const Packet& packet) {
    return packet.nal_type() == 7;
}

/// Their payloads differ: another size.
bool is_other_sps(const Packet& packet, const Packet& known) {
    return is_sps(packet) && !std::equal(packet.bytes.begin() + 12, packet.bytes.end(),
                                         known.bytes.begin() + 12, known.bytes.end());
}

bool any(const Packet&) {
    return true;
}

}  // namespace

TEST_CASE("a client sees what the camera's description says") {
    Simulator simulator(small_camera(",audio=pcmu"));
    TestClient client(simulator.url());
    const auto described = simulator.beside([&] { return client.request(GST_RTSP_DESCRIBE); });
    CHECK(described.status == 200);
    CHECK(described.body.find("H264/90000") != std::string::npos);
    CHECK(described.body.find("sprop-parameter-sets=") != std::string::npos);
    CHECK(described.body.find("m=audio 0 RTP/AVP 0") != std::string::npos);

    const auto played = simulator.beside([&] { return client.play(2); });
    REQUIRE(played.status == 200);
    const auto first = simulator.beside([&] { return client.video(any); });
    REQUIRE(first);
    CHECK(is_sps(*first));
    const std::string& of_video = played.headers.at("RTP-Info");
    INFO(of_video);
    CHECK(of_video.ends_with(fmt::format(";rtptime={}", first->timestamp())));
}

TEST_CASE("sender reports are on the clock of the packets") {
    Simulator simulator(small_camera());
    TestClient client(simulator.url());
    simulator.beside([&] { return client.play(); });
    const auto packet = simulator.beside([&] { return client.video(any); });
    REQUIRE(packet);
    // RFC 3550 §6.4.1. One that is sent while the pipeline begins to play may still be on another clock.
    const auto is_on_the_clock = [&](const Packet& report) {
        if (report.channel != 1 || report.bytes.size() < 28 || report.bytes[1] != 200) return false;
        const auto ticks =
            static_cast<std::int32_t>(GST_READ_UINT32_BE(report.bytes.data() + 16) - packet->timestamp());
        return std::abs(ticks) < 30 * 90000;
    };
    const bool came = simulator.beside([&] {
        auto next = client.packet();
        while (next && !is_on_the_clock(*next))
            next = client.packet();
        return next.has_value();
    });
    CHECK(came);
}

TEST_CASE("a live camera begins with a keyframe and can change its size") {
    Simulator simulator(small_camera(",clock=yes"));
    TestClient client(simulator.url());
    const auto played = simulator.beside([&] { return client.play(); });
    REQUIRE(played.status == 200);
    const auto first = simulator.beside([&] { return client.video(any); });
    REQUIRE(first);
    CHECK(is_sps(*first));
    CHECK(simulator.tell("resolution cam 320x240") == "ok");
    const auto changed = simulator.beside(
        [&] { return client.video([&](const Packet& packet) { return is_other_sps(packet, *first); }); });
    CHECK(changed);
}

TEST_CASE("a frozen camera answers requests and sends nothing, a thawed one begins with a keyframe") {
    Simulator simulator(small_camera(",audio=pcmu"));
    TestClient client(simulator.url());
    simulator.beside([&] { return client.play(2); });
    REQUIRE(simulator.beside([&] { return client.video(any); }));
    REQUIRE(simulator.tell("freeze cam") == "ok");
    // What was already under way may still come; then nothing does.
    simulator.beside([&] {
        const auto end = std::chrono::steady_clock::now() + several_frames;
        while (client.packet(100ms) && std::chrono::steady_clock::now() < end)
            continue;
        return 0;
    });
    CHECK_FALSE(simulator.beside([&] { return client.packet(several_frames); }));
    CHECK(simulator.beside([&] { return client.request(GST_RTSP_OPTIONS); }).status == 200);
    REQUIRE(simulator.tell("thaw cam") == "ok");
    const auto next = simulator.beside([&] { return client.video(any); });
    REQUIRE(next);
    CHECK(is_sps(*next));
}

TEST_CASE("silent audio leaves the video running") {
    Simulator simulator(small_camera(",audio=pcmu"));
    REQUIRE(simulator.tell("silent-audio cam on") == "ok");
    TestClient client(simulator.url());
    simulator.beside([&] { return client.play(2); });
    std::map<int, int> packets;
    simulator.beside([&] {
        while (packets[0] < 40)
            if (const auto packet = client.packet())
                ++packets[packet->channel];
            else
                break;
        return 0;
    });
    CHECK(packets[0] == 40);
    CHECK(packets[2] == 0);
    REQUIRE(simulator.tell("silent-audio cam off") == "ok");
    CHECK(simulator.beside([&] {
        while (const auto packet = client.packet())
            if (packet->channel == 2) return true;
        return false;
    }));
}

TEST_CASE("the RTP clock jumps") {
    Simulator simulator(small_camera());
    TestClient client(simulator.url());
    simulator.beside([&] { return client.play(); });
    const auto before = simulator.beside([&] { return client.video(any); });
    REQUIRE(before);
    struct Jump {
        const char* command;
        std::int32_t lowest, highest;  // seconds
    };
    for (const Jump& jump :
         {Jump{"clock-jump cam +1000s", 900, 1100}, Jump{"clock-jump cam -2000s", -1100, -900}}) {
        REQUIRE(simulator.tell(jump.command) == "ok");
        const auto jumped = simulator.beside([&] {
            return client.video([&](const Packet& packet) {
                const auto ticks = static_cast<std::int32_t>(packet.timestamp() - before->timestamp());
                return ticks / 90000 >= jump.lowest && ticks / 90000 <= jump.highest;
            });
        });
        CHECK(jumped);
    }
}

TEST_CASE("dropped clients are disconnected, and may come back") {
    Simulator simulator(small_camera());
    TestClient client(simulator.url());
    simulator.beside([&] { return client.play(); });
    REQUIRE(simulator.tell("drop cam") == "ok");
    CHECK(simulator.beside([&] { return client.closed(); }));
    CHECK(client.requests().empty());
    TestClient again(simulator.url());
    CHECK(simulator.beside([&] { return again.play(); }).status == 200);
}

TEST_CASE("the server asks clients to end with TEARDOWN") {
    Simulator simulator(small_camera());
    TestClient client(simulator.url());
    simulator.beside([&] { return client.play(); });
    REQUIRE(simulator.tell("teardown cam") == "ok");
    simulator.beside([&] {
        while (client.requests().empty() && client.packet())
            continue;
        return 0;
    });
    CHECK(client.requests() == std::vector{GST_RTSP_TEARDOWN});
}

TEST_CASE("DESCRIBE is answered as commanded") {
    Simulator simulator(small_camera());
    const auto describe = [&] {
        TestClient client(simulator.url());
        return simulator.beside([&] { return client.request(GST_RTSP_DESCRIBE); });
    };
    REQUIRE(simulator.tell("refuse cam") == "ok");
    CHECK(describe().status == 503);
    REQUIRE(simulator.tell("accept cam") == "ok");
    CHECK(describe().status == 200);
    for (const int status : {404, 401, 500}) {
        REQUIRE(simulator.tell(fmt::format("status cam {}", status)) == "ok");
        const auto response = describe();
        CHECK(response.status == status);
        CHECK(response.headers.contains("WWW-Authenticate") == (status == 401));
    }
    REQUIRE(simulator.tell("status cam 200") == "ok");
    CHECK(describe().status == 200);
}

TEST_CASE("a hanging camera keeps the connection and does not answer DESCRIBE") {
    Simulator simulator(small_camera());
    REQUIRE(simulator.tell("hang cam") == "ok");
    TestClient client(simulator.url());
    CHECK(simulator.beside([&] { return client.request(GST_RTSP_OPTIONS); }).status == 200);
    CHECK(
        simulator.beside([&] { return client.request(GST_RTSP_DESCRIBE, "", "", several_frames); }).status ==
        0);
    CHECK(simulator.tell("stats").find("\"connections\":1") != std::string::npos);
    REQUIRE(simulator.tell("accept cam") == "ok");
    TestClient another(simulator.url());
    CHECK(simulator.beside([&] { return another.request(GST_RTSP_DESCRIBE); }).status == 200);
}

TEST_CASE("a server that refuses all closes its port, and opens the same one again") {
    Simulator simulator(small_camera());
    const std::string url = simulator.url();
    TestClient client(url);
    simulator.beside([&] { return client.play(); });
    REQUIRE(simulator.tell("refuse *") == "ok");
    CHECK(simulator.beside([&] { return client.closed(); }));
    CHECK_FALSE(simulator.beside([&] { return TestClient(url).connected(); }));
    REQUIRE(simulator.tell("accept *") == "ok");
    TestClient again(url);
    CHECK(simulator.beside([&] { return again.play(); }).status == 200);
}

TEST_CASE("a session ends without keep-alives, and is counted with them") {
    Simulator simulator(small_camera());
    REQUIRE(simulator.tell("session-timeout 1") == "ok");
    TestClient quiet(simulator.url());
    const auto played = simulator.beside([&] { return quiet.play(); });
    CHECK(played.headers.at("Session").find(";timeout=1") != std::string::npos);
    CHECK(simulator.beside([&] { return quiet.closed(); }));

    TestClient alive(simulator.url());
    simulator.beside([&] { return alive.play(); });
    const auto end = std::chrono::steady_clock::now() + 2s;
    while (std::chrono::steady_clock::now() < end)
        REQUIRE(simulator.beside([&] { return alive.request(GST_RTSP_GET_PARAMETER); }).status == 200);
    const std::string stats = simulator.tell("stats");
    CHECK(stats.find("\"playing\":1") != std::string::npos);
    CHECK(stats.find("\"keep_alives\":0") == std::string::npos);
}

TEST_CASE("the resolution of a loop changes within the stream") {
    Simulator simulator(small_camera());
    TestClient client(simulator.url());
    simulator.beside([&] { return client.play(); });
    const auto before = simulator.beside([&] { return client.video(is_sps); });
    REQUIRE(before);
    REQUIRE(simulator.tell("resolution cam 320x240") == "ok");
    CHECK(simulator.beside(
        [&] { return client.video([&](const Packet& packet) { return is_other_sps(packet, *before); }); }));
}

TEST_CASE("another codec is there for clients that come back") {
    Simulator simulator(small_camera());
    TestClient client(simulator.url());
    simulator.beside([&] { return client.play(); });
    REQUIRE(simulator.tell("codec cam h265") == "ok");
    CHECK(simulator.beside([&] { return client.closed(); }));
    TestClient again(simulator.url());
    const auto described = simulator.beside([&] { return again.request(GST_RTSP_DESCRIBE); });
    CHECK(described.body.find("H265/90000") != std::string::npos);
}

TEST_CASE("credentials are asked for") {
    ServerOptions options;
    options.user = "admin";
    options.password = "secret";
    for (const AuthMethod method : {AuthMethod::basic, AuthMethod::digest}) {
        options.auth = method;
        Simulator simulator(small_camera(), options);
        TestClient client(simulator.url());
        const auto response = simulator.beside([&] { return client.request(GST_RTSP_DESCRIBE); });
        CHECK(response.status == 401);
        const std::string scheme = method == AuthMethod::basic ? "Basic" : "Digest";
        CHECK(response.headers.at("WWW-Authenticate").starts_with(scheme));
    }
}

TEST_CASE("a wrong command says what is wrong") {
    Simulator simulator(small_camera());
    for (const char* command :
         {"", "  ", "dance", "freeze", "freeze nobody", "freeze cam now", "status cam 12", "status cam x",
          "clock-jump cam", "clock-jump cam 10", "clock-jump cam ++1s", "silent-audio cam maybe",
          "session-timeout", "session-timeout 0", "resolution cam 1x1", "resolution nobody 640x360",
          "codec cam vp8", "refuse"}) {
        INFO(command);
        CHECK(simulator.tell(command).starts_with("error "));
    }
}

TEST_CASE("nothing of a camera is left when its last client has gone") {
    Simulator simulator(small_camera(",audio=aac"));
    for (int round = 0; round < 3; ++round) {
        TestClient client(simulator.url());
        simulator.beside([&] { return client.play(2); });
        REQUIRE(simulator.beside([&] { return client.video(any); }));
        CHECK(simulator.server->cameras().is_broadcasting());
        REQUIRE(simulator.tell("drop cam") == "ok");
        const auto end = std::chrono::steady_clock::now() + 20s;
        while (simulator.server->cameras().is_broadcasting() && std::chrono::steady_clock::now() < end)
            g_main_context_iteration(nullptr, TRUE);
        CHECK_FALSE(simulator.server->cameras().is_broadcasting());
    }
}
