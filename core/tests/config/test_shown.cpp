#include "catch.hpp"
#include "config/shown.hpp"
#include "fake_modules.hpp"

using namespace rill;
using namespace rill::config;
using rill::test::load_good;

namespace {

Json json(std::string_view text) {
    auto parsed = Json::parse(text);
    REQUIRE(parsed);
    return *parsed;
}

constexpr std::string_view with_secrets_in_it = R"(
readTimeout: 90s
udpReadBufferSize: 65536
camToken: hunter2
hlsSegmentCount: 5
turnServers: [{url: "turn:a", password: hunter2}]
pathDefaults: {maxReaders: 3}
paths:
  a: {source: "cam://joe:hunter2@h/b", hlsAlwaysRemux: yes}
  b: {source: "web://h", webKey: 4711}
)";

}  // namespace

TEST_CASE("every key is shown with the value in force, as JSON has it") {
    const Config config = load_good(with_secrets_in_it);
    const Json global = shown_global(config, Secrets::masked);
    CHECK(global["readTimeout"] == Json("1m30s"));
    CHECK(global["udpReadBufferSize"] == Json("64k"));
    CHECK(global["writeQueueSize"] == Json(512));
    CHECK(global["logStructured"] == Json(false));
    CHECK(global["httpAllowOrigins"] == json(R"(["*"])"));
    CHECK(global["hls"] == Json(true));
    CHECK(global["api"] == Json(false));
    CHECK(global["apiPageSize"] == Json(100));
    CHECK(global["hlsSegmentCount"] == Json(5));
    CHECK_FALSE(global.contains("webKey"));
    CHECK_FALSE(global.contains("source"));
    const Json defaults = shown_path_defaults(config, Secrets::masked);
    CHECK(defaults["maxReaders"] == Json(3));
    CHECK(defaults["sourceOnDemandStartTimeout"] == Json("10s"));
    CHECK_FALSE(defaults.contains("readTimeout"));
    const Json path = shown_path(config.paths.at("a"), Secrets::masked);
    CHECK(path["maxReaders"] == Json(3));
    CHECK(path["hlsAlwaysRemux"] == Json(true));
    CHECK(path["camTransport"] == Json("automatic"));
    CHECK_FALSE(path.contains("webKey"));
}

TEST_CASE("what is shown holds no secret, and sent back it is the same configuration") {
    const Config config = load_good(with_secrets_in_it);
    const Json masked = shown_path(config.paths.at("a"), Secrets::masked);
    CHECK(masked["source"] == Json("cam://***@h/b"));
    CHECK(masked["camToken"] == Json("***"));
    CHECK(masked["turnServers"][""].is_null());
    CHECK(masked["turnServers"] == json(R"([{"url":"turn:a","password":"***","port":3478}])"));
    CHECK(shown_path(config.paths.at("b"), Secrets::masked)["webKey"] == Json("***"));
    for (const Json& shown :
         {masked, shown_global(config, Secrets::masked), shown_path_defaults(config, Secrets::masked)})
        CHECK(shown.dump().find("hunter2") == std::string::npos);
    const Json plain = shown_path(config.paths.at("a"), Secrets::plain);
    const auto restored = with_secrets(masked, masked, plain);
    REQUIRE(restored);
    CHECK(*restored == plain);
    CHECK(plain["turnServers"].items()[0]["password"] == Json("hunter2"));
}

TEST_CASE("what stands for a secret is no secret") {
    const Json masked = json(R"({"source": "cam://***@h", "servers": [{"url": "u", "password": "***"}]})");
    const Json plain = json(R"({"source": "cam://a:b@h", "servers": [{"url": "u", "password": "p"}]})");
    for (const std::string_view sent : {R"({"source": "cam://***@other"})", R"({"token": "***"})",
                                        R"({"servers": [{"url": "v", "password": "***"}]})"}) {
        INFO(sent);
        const auto refused = with_secrets(json(sent), masked, plain);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == Code::invalid_config);
        CHECK(refused.error().message.find("stands for a secret") != std::string::npos);
    }
    CHECK_FALSE(with_secrets(json("[]"), masked, plain));
    const Json other = json(R"({"source": "cam://c:d@h", "token": "**"})");
    CHECK(*with_secrets(other, masked, plain) == other);
}
