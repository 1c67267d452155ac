// Whatever the bytes of a body: an answer.
#include "mutated_bodies.hpp"
#include "mutation.hpp"
#include "testing.hpp"

#include <array>

using namespace rill;
using namespace rill::api::testing;

TEST_CASE("mutated bodies are taken or refused") {
    ApiSite site;
    constexpr std::string_view path =
        R"({"name":"there","source":"rtsp://u:p@192.0.2.10/a","sourceOnDemand":true,"maxReaders":3,)"
        R"("hlsSegmentDuration":"2s","runOnReady":null,"webrtcICEServers2":[{"url":"stun:h","port":1.5e1}]})";
    constexpr auto bodies = std::to_array<test::RightBody>({
        {"PATCH", "/v3/config/global/patch", R"({"logLevel":"debug","readTimeout":"10s","api":true})"},
        {"PATCH", "/v3/config/pathdefaults/patch", R"({"maxReaders": 3, "record": false})"},
        {"POST", "/v3/config/paths/add/new", R"({"name":"new","source":"rtsp://h/a","record":true})"},
        {"PATCH", "/v3/config/paths/patch/there", path},
        {"POST", "/v3/config/paths/replace/there", path},
        {"POST", "/api/v1/login", R"({"user":"bob","password":"p\u00e4ss \ud83d\ude00","path":"cam1"})"},
        {"POST", "/api/v1/tokens", R"({"path":"site/door","action":"playback","expiresIn":600})"},
    });
    test::send_mutated(site, bodies, test::mutations(50'000), [&] {
        site.configuration().paths = {{"there", Json::object().set("source", "x://a")}};
    });
}
