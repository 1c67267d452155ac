// MediaMTX's requests about the configuration, as its clients send them. What a change does is tested where
// it is made.
#include "testing.hpp"

#include <array>

using namespace rill;
using namespace rill::api::testing;

namespace {

constexpr std::string_view good = R"({"status":"ok"})";

Json json(std::string_view text) {
    auto parsed = Json::parse(text);
    REQUIRE(parsed);
    return *parsed;
}

http::test::Reply send(ApiSite& site, std::string_view method, std::string_view target,
                       std::string_view body) {
    return site.call(method, target, "Content-Type: application/json\r\n", body);
}

}  // namespace

TEST_CASE("global and path defaults are read and patched") {
    ApiSite site;
    site.configuration().global_values.set("logLevel", "info").set("api", true);
    CHECK(site.get("/v3/config/global/get").body == R"({"logLevel":"info","api":true})");
    CHECK(send(site, "PATCH", "/v3/config/global/patch", R"({"logLevel": "debug"})").body == good);
    CHECK(site.json("GET", "/v3/config/global/get")["logLevel"] == Json("debug"));
    CHECK(send(site, "PATCH", "/v3/config/pathdefaults/patch", R"({"maxReaders": 3})").body == good);
    CHECK(site.get("/v3/config/pathdefaults/get").body == R"({"maxReaders":3})");
}

TEST_CASE("paths are added, read, changed and deleted") {
    ApiSite site;
    CHECK(
        send(site, "POST", "/v3/config/paths/add/site/door-2", R"({"source":"x://a","record":true})").body ==
        good);
    CHECK(site.get("/v3/config/paths/get/site/door-2").body ==
          R"({"name":"site/door-2","source":"x://a","record":true})");
    CHECK(site.get("/v3/config/paths/get/site/door%2D2").status == 200);
    // As encodeURIComponent() writes it.
    CHECK(site.get("/v3/config/paths/get/site%2Fdoor-2").status == 200);
    CHECK(send(site, "PATCH", "/v3/config/paths/patch/site/door-2", R"({"record":false})").body == good);
    CHECK(site.configuration().paths.at("site/door-2") == json(R"({"source":"x://a","record":false})"));
    // As it was read.
    const std::string read = site.get("/v3/config/paths/get/site/door-2").body;
    CHECK(send(site, "POST", "/v3/config/paths/replace/site/door-2", read).body == good);
    CHECK(site.configuration().paths.at("site/door-2") == json(R"({"source":"x://a","record":false})"));
    CHECK(send(site, "POST", "/v3/config/paths/add/%7E%5Ecam%5B0-9%5D$", R"({"source":"x://b"})").body ==
          good);
    CHECK(site.configuration().paths.contains("~^cam[0-9]$"));
    CHECK(site.call("DELETE", "/v3/config/paths/delete/site/door-2").body == good);
    CHECK(site.get("/v3/config/paths/get/site/door-2").status == 404);
}

TEST_CASE("the list of paths is paged") {
    ApiSite site;
    for (const char* name : {"a", "b", "c"})
        site.configuration().paths[name] = Json::object().set("source", "x://h");
    CHECK(site.get("/v3/config/paths/list?itemsPerPage=2&page=1").body ==
          R"({"pageCount":2,"itemCount":3,"items":[{"name":"c","source":"x://h"}]})");
    CHECK(site.json("GET", "/v3/config/paths/list")["items"].items().size() == 3);
    CHECK(site.json("GET", "/v3/config/paths/list?page=9")["items"] == Json::array());
    for (const std::string query : {"itemsPerPage=0", "itemsPerPage=x", "page=-1"})
        CHECK(site.get("/v3/config/paths/list?" + query).status == 400);
}

TEST_CASE("bad input is an error, and changes nothing") {
    struct Case {
        std::string_view method, target, body;
        int status;
    };
    static const std::string long_name(300, 'a');
    static const std::string to_long_name = "/v3/config/paths/patch/" + long_name;
    static const std::string deep = std::string(1000, '[');
    const auto cases = std::to_array<Case>({
        // bodies
        {"PATCH", "/v3/config/global/patch", "", 400},
        {"PATCH", "/v3/config/global/patch", "{", 400},
        {"PATCH", "/v3/config/global/patch", "{\"a\": 1}x", 400},
        {"PATCH", "/v3/config/global/patch", deep, 400},
        {"PATCH", "/v3/config/pathdefaults/patch", "\xff\xfe", 400},
        {"POST", "/v3/config/paths/add/new", "", 400},
        {"POST", "/v3/config/paths/add/new", "{'a': 1}", 400},
        {"POST", "/v3/config/paths/add/new", R"({"name": "other"})", 400},
        {"POST", "/v3/config/paths/add/new", R"({"name": 7})", 400},
        // names
        {"POST", "/v3/config/paths/add/there", "{}", 400},
        {"PATCH", "/v3/config/paths/patch/missing", "{}", 404},
        {"PATCH", to_long_name, "{}", 404},
        {"GET", "/v3/config/paths/get/missing", "", 404},
        {"GET", "/v3/config/paths/get/", "", 404},
        {"GET", "/v3/config/paths/get", "", 404},
        {"DELETE", "/v3/config/paths/delete/missing", "", 404},
        {"POST", "/v3/config/paths/add/", "{}", 404},
        {"POST", "/v3/config/paths/add/../../etc", "{}", 400},
        {"POST", "/v3/config/paths/add/%2e%2e/etc", "{}", 400},
        {"POST", "/v3/config/paths/add/a%00b", "{}", 400},
        {"POST", "/v3/config/paths/add/a%zz", "{}", 400},
        {"POST", "/v3/config/paths/add/..%2Fetc", "{}", 400},
        // methods and places
        {"POST", "/v3/config/global/patch", "{}", 405},
        {"PATCH", "/v3/config/global/get", "{}", 405},
        {"PUT", "/v3/config/paths/add/new", "{}", 405},
        {"GET", "/v3/config/paths/delete/there", "", 405},
        {"GET", "/v3/config/", "", 404},
        {"GET", "/v3/config/global", "", 404},
        {"GET", "/v3/config/paths", "", 404},
    });
    ApiSite site;
    site.configuration().paths["there"] = Json::object().set("source", "x://h");
    for (const Case& c : cases) {
        INFO(c.method << " " << c.target << " " << c.body);
        const auto reply = send(site, c.method, c.target, c.body);
        CHECK(reply.status == c.status);
        CHECK_FALSE(reply.error().empty());
    }
    CHECK(site.configuration().global_values == Json::object());
    CHECK(site.configuration().paths.size() == 1);
}

TEST_CASE("what the configuration refuses is told with its reason") {
    ApiSite site;
    site.configuration().paths["a"] = Json::object();
    const auto statuses = std::to_array<std::pair<Code, int>>({{Code::invalid_config, 400},
                                                               {Code::conflict, 400},
                                                               {Code::not_found, 404},
                                                               {Code::unavailable, 503}});
    for (const auto& [code, status] : statuses) {
        site.configuration().answer = Error{code, "paths.a.maxReaders: expected less"};
        for (const auto& reply : {send(site, "PATCH", "/v3/config/paths/patch/a", "{}"),
                                  send(site, "PATCH", "/v3/config/global/patch", "{}"),
                                  site.call("DELETE", "/v3/config/paths/delete/a")}) {
            CHECK(reply.status == status);
            CHECK(reply.error() == "paths.a.maxReaders: expected less");
        }
    }
}

TEST_CASE("web pages may change the configuration from where they may use the API") {
    ApiSite site;
    const auto preflight = site.call("OPTIONS", "/v3/config/paths/patch/a",
                                     "Origin: https://a\r\nAccess-Control-Request-Method: PATCH\r\n");
    CHECK(preflight.status == 204);
    CHECK(preflight.headers.at("access-control-allow-methods").find("PATCH") != std::string::npos);
}
