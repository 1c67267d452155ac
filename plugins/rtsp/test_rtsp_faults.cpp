// Cameras that do not keep to the standard, or use the parts of it that others forget.
#include "camera_process.hpp"
#include "catch.hpp"
#include "scripted_camera.hpp"
#include "source.hpp"
#include "source_run.hpp"

#include <rill/module.hpp>

#include <filesystem>
#include <fstream>

using namespace rill;
using namespace rill::test;
using namespace std::chrono_literals;

namespace {

using Seen = SourceRun::Seen;

std::unique_ptr<Source> source(const std::string& url, const std::string& fingerprint = "") {
    const SourceFactory& factory = rill_module()->sources[0];
    SourceContext context = context_of(factory, url);
    context.fingerprint = fingerprint;
    auto made = factory.create(context);
    REQUIRE(made);
    return std::move(*made);
}

bool failed(const Seen& seen) {
    return seen.error.has_value();
}

}  // namespace

TEST_CASE("keep-alives: the method follows what the camera offers, and no answer to them ends the stream") {
    const std::string with = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER";
    const std::string without = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN";
    struct Row {
        std::string methods;
        int status;
        std::string expected;
        std::unique_ptr<ScriptedCamera> camera = {};
        std::unique_ptr<SourceRun> run = {};
    };
    std::vector<Row> rows;
    for (const int status : {200, 451, 501, 0})
        rows.push_back({with, status, "GET_PARAMETER"});
    rows.push_back({without, 200, "OPTIONS"});
    for (Row& row : rows) {
        const auto answer = [status = row.status](const std::string& method) {
            return method == "GET_PARAMETER" ? status : 200;
        };
        row.camera = std::make_unique<ScriptedCamera>(
            ScriptedCamera::Script{.methods = row.methods, .session_timeout = 1, .status = answer});
        row.run = std::make_unique<SourceRun>(source(row.camera->url()));
        row.run->start();
    }
    for (Row& row : rows) {
        INFO(row.expected << " answered with " << row.status);
        // Three sessions long, twice a second.
        REQUIRE(row.run->wait_for([](const Seen& s) { return s.error || s.units.size() > 150; }));
        row.run->stop();
        CHECK_FALSE(row.run->seen().error);
        CHECK(row.camera->requests(row.expected) >= 4);
        CHECK(row.camera->requests("TEARDOWN") == 1);
    }
}

TEST_CASE("a wrong password is sent once") {
    ScriptedCamera camera(
        {.status = [](const std::string& method) { return method == "OPTIONS" ? 200 : 401; }});
    SourceRun run(source(camera.url("admin:wrong")));
    run.start();
    REQUIRE(run.wait_for(failed));
    run.stop();
    CHECK(run.seen().error->code == Code::unauthorized);
    CHECK(camera.requests("DESCRIBE") == 2);  // without and with
}

TEST_CASE("461: the next attempts use UDP, then multicast, then TCP again") {
    ScriptedCamera camera(
        {.status = [](const std::string& method) { return method == "SETUP" ? 461 : 200; }});
    SourceRun run(source(camera.url()));
    std::vector<std::string> transports;
    for (int attempt = 0; attempt < 4; ++attempt) {
        run.start();
        REQUIRE(run.wait_for(failed));
        run.stop();
        CHECK(run.seen().error->message == "the camera refused the transport (461), see rtspTransport");
        transports.push_back(camera.transport());
    }
    CHECK(transports[0].find("RTP/AVP/TCP") == 0);
    CHECK(transports[1].find("unicast;client_port") != std::string::npos);
    CHECK(transports[2].find("multicast") != std::string::npos);
    CHECK(transports[3] == transports[0]);
}

TEST_CASE("a camera without a usable track says what it has") {
    ScriptedCamera camera({.sdp = "m=video 0 RTP/AVP 34\r\na=rtpmap:34 "
                                  "H263/90000\r\na=control:track1\r\nm=application 0 RTP/AVP 107\r\n"
                                  "a=rtpmap:107 vnd.onvif.metadata/90000\r\na=control:track2\r\n"});
    SourceRun run(source(camera.url()));
    run.start();
    REQUIRE(run.wait_for(failed));
    run.stop();
    CHECK(run.seen().error->message ==
          "the camera offers no usable track (found: video H263, application VND.ONVIF.METADATA)");
    CHECK(camera.requests("SETUP") == 0);
}

TEST_CASE("unusable tracks are not set up and do not hold up the others") {
    ScriptedCamera camera({.sdp =
                               "m=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\n"
                               "a=control:track2\r\nm=audio 0 RTP/AVP 0\r\na=sendonly\r\na=control:track3\r\n"
                               "m=audio 0 RTP/AVP 0\r\na=control:track1\r\n"});
    SourceRun run(source(camera.url()));
    run.start();
    REQUIRE(run.wait_for([](const Seen& s) { return s.complete && s.units.size() > 10; }));
    run.stop();
    CHECK(camera.requests("SETUP") == 1);
}

TEST_CASE("BYE and another SSRC: the track goes on") {
    ScriptedCamera camera({});
    SourceRun run(source(camera.url()));
    run.start();
    for (int restart = 1; restart <= 3; ++restart) {
        INFO(restart);
        const std::size_t before = run.seen().units.size();
        REQUIRE(run.wait_for([&](const Seen& s) { return s.error || s.units.size() > before + 50; }));
        REQUIRE_FALSE(run.seen().error);
        camera.restart_encoder();
    }
    run.stop();
    for (std::size_t i = 1; i < run.seen().units.size(); ++i)
        CHECK(run.seen().units[i].unit->dts > run.seen().units[i - 1].unit->dts);
    CHECK(camera.requests("PLAY") == 1);
}

TEST_CASE("a fingerprint also refuses a certificate that the system trusts") {
    if (CameraProcess::binary().empty()) {
        WARN("skipped: rill-camera was not built (-Dcamera=...)");
        return;
    }
    CameraProcess process({"--tls", "cam1:size=160x120,bitrate=100k"});
    // Make the camera's own certificate the one authority of this process.
    const std::string host = process.url().substr(8, process.url().find('/', 8) - 8);
    const auto client = Ref<GSocketClient>::adopt(g_socket_client_new());
    g_socket_client_set_tls(client.get(), TRUE);
    g_signal_connect(
        client.get(), "event",
        G_CALLBACK(
            +[](GSocketClient*, GSocketClientEvent event, GSocketConnectable*, GIOStream* stream, gpointer) {
                if (event != G_SOCKET_CLIENT_TLS_HANDSHAKING) return;
                g_signal_connect(stream, "accept-certificate",
                                 G_CALLBACK(+[](GTlsConnection*, GTlsCertificate*, GTlsCertificateFlags,
                                                gpointer) -> gboolean { return TRUE; }),
                                 nullptr);
            }),
        nullptr);
    const auto connection = Ref<GSocketConnection>::adopt(
        g_socket_client_connect_to_host(client.get(), host.c_str(), 0, nullptr, nullptr));
    REQUIRE(connection);
    const auto tls = Ref<GIOStream>::retain(
        g_tcp_wrapper_connection_get_base_io_stream(G_TCP_WRAPPER_CONNECTION(connection.get())));
    GTlsCertificate* certificate = g_tls_connection_get_peer_certificate(G_TLS_CONNECTION(tls.get()));
    REQUIRE(certificate != nullptr);
    char* pem = nullptr;
    g_object_get(certificate, "certificate-pem", &pem, nullptr);
    const Owned<char> text(pem);
    const std::string path =
        std::filesystem::temp_directory_path() / fmt::format("rill-authority-{}.pem", g_random_int());
    std::ofstream(path) << text.get();
    const auto database = Ref<GTlsDatabase>::adopt(g_tls_file_database_new(path.c_str(), nullptr));
    REQUIRE(database);
    g_tls_backend_set_default_database(g_tls_backend_get_default(), database.get());

    SourceRun trusted(source(process.url()));
    trusted.start();
    CHECK(trusted.wait_for([](const Seen& s) { return s.error || s.units.size() > 5; }));
    CHECK((trusted.seen().error ? trusted.seen().error->message : "") == "");
    trusted.stop();

    SourceRun pinned(source(process.url(), process.fingerprint()));
    pinned.start();
    CHECK(pinned.wait_for([](const Seen& s) { return s.error || s.units.size() > 5; }));
    CHECK((pinned.seen().error ? pinned.seen().error->message : "") == "");
    pinned.stop();

    SourceRun other(source(process.url(), std::string(64, 'a')));
    other.start();
    REQUIRE(other.wait_for(failed));
    other.stop();
    INFO(other.seen().error->message);
    CHECK(other.seen().error->message.find("does not have the configured sourceFingerprint") !=
          std::string::npos);
    CHECK(other.seen().units.empty());
    g_tls_backend_set_default_database(g_tls_backend_get_default(), nullptr);
    std::filesystem::remove(path);
}
