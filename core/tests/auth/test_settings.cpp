#include "auth/settings.hpp"
#include "auth_site.hpp"
#include "catch.hpp"

#include <string>
#include <vector>

using namespace rill;
using namespace rill::auth;
using rill::auth::test::AuthSite;

TEST_CASE("the rows have MediaMTX's defaults") {
    const Options options = Options::defaults(auth_options());
    CHECK(options.text("authMethod") == "internal");
    const auto& users = options.records("authInternalUsers");
    REQUIRE(users.size() == 2);
    CHECK(users[0].text("user") == "any");
    CHECK(users[0].text("pass").empty());
    CHECK(users[0].list("ips").empty());
    REQUIRE(users[0].records("permissions").size() == 3);
    CHECK(users[0].records("permissions")[1].text("action") == "read");
    CHECK(users[0].records("permissions")[1].text("path").empty());
    CHECK(users[1].list("ips") == std::vector<std::string>{"127.0.0.1", "::1"});
    CHECK(users[1].records("permissions").size() == 3);
    CHECK(options.records("authHTTPExclude").size() == 3);
    CHECK(options.records("authJWTExclude").empty());
    CHECK(options.text("authJWTClaimKey") == "mediamtx_permissions");
    for (const Option& option : auth_options()) {
        INFO(option.name);
        CHECK(parse_option(option, option.fallback));
        CHECK(!option.doc.empty());
    }
}

TEST_CASE("what cannot be is refused, with its place") {
    struct Row {
        std::vector<AuthSite::Setting> settings;
        std::string message;
    };
    const std::vector<Row> rows = {
        {{{"authInternalUsers", R"([{"user":""}])"}}, "[0].user: is required"},
        {{{"authInternalUsers", R"([{"user":"any","pass":"hunter2"}])"}},
         "authInternalUsers[0].pass: the user any has no password: give the user a name, or take the "
         "password out"},
        {{{"authInternalUsers", R"([{"user":"bob","pass":"sha256:hunter2"}])"}},
         "authInternalUsers[0].pass: expected the 32 bytes of a SHA-256 hash in base64 behind sha256:"},
        {{{"authInternalUsers", R"([{"user":"bob"},{"user":"eve","ips":["10.0.0.0/8","x"]}])"}},
         "authInternalUsers[1].ips: expected an address or a range such as 192.0.2.0/24, got \"x\""},
        {{{"authInternalUsers", R"([{"user":"bob","permissions":[{"action":"write"}]}])"}},
         "[0].permissions[0].action: expected one of publish, read, playback, api, metrics, pprof, got "
         "\"write\""},
        {{{"authInternalUsers", R"([{"user":"bob","permissions":[{"path":"x"}]}])"}},
         "[0].permissions[0].action: is required"},
        {{{"authInternalUsers",
           R"json([{"user":"bob","permissions":[{"action":"read","path":"~(?=x)"}]}])json"}},
         "authInternalUsers[0].permissions[0]: the regular expression \"(?=x)\" has \"(?=\", which Go does "
         "not have "
         "or reads otherwise"},
        {{{"authMethod", "http"}},
         "authHTTPAddress: authMethod http needs a URL here, with http:// or https://"},
        {{{"authMethod", "http"}, {"authHTTPAddress", "file:///x"}},
         "authHTTPAddress: authMethod http needs a URL here, with http:// or https://"},
        {{{"authMethod", "http"}, {"authHTTPAddress", "http://a b/"}},
         "authHTTPAddress: authMethod http needs a URL here, with http:// or https://"},
        {{{"authMethod", "http"}, {"authHTTPAddress", "http:///auth"}},
         "authHTTPAddress: authMethod http needs a URL here, with http:// or https://"},
        {{{"authMethod", "jwt"}},
         "authJWTJWKS: authMethod jwt needs a URL here, with https:// or http:// or file://"},
        {{{"authMethod", "jwt"}, {"authJWTJWKS", "https://id.example/jwks"}, {"authJWTClaimKey", ""}},
         "authJWTClaimKey: authMethod jwt needs the name of a claim here"},
        {{{"authMethod", "jwt"},
          {"authJWTJWKS", "https://id.example/jwks"},
          {"authJWTExclude", R"([{"action":"read","path":"~("}])"}},
         "authJWTExclude[0]: the regular expression \"(\" is not valid at byte 1: missing closing "
         "parenthesis"},
    };
    AuthSite site;
    for (const Row& row : rows) {
        INFO(row.message);
        CHECK(site.configure(row.settings) == row.message);
    }
    // What the method does not use need not be there.
    CHECK(site.configure({{"authHTTPAddress", "x"}, {"authJWTJWKS", "y"}}).empty());
}
