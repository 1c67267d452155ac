// Whatever a client wants the configuration to be: it is, or it is told what is wrong, and the paths stay
// those that run.
#include "catch.hpp"
#include "mutation.hpp"
#include "running.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <string>
#include <vector>

using namespace rill;
using namespace rill::test;

namespace {

constexpr std::string_view file = R"(
logLevel: error
httpAddress: 127.0.0.1:0
pathDefaults: {sourceOnDemand: yes}
paths:
  a: {source: "cam://joe:hunter2@h/a", camToken: hunter2}
  b: {source: "cam://h/b"}
)";

constexpr std::string_view of_all =
    R"({"logLevel":"error","readTimeout":"1m30s","httpAllowOrigins":["*"],"httpTrustedProxies":["192.0.2.0/24"],)"
    R"("authInternalUsers":[{"user":"any","ips":["::1"],"permissions":[{"action":"read","path":"~^a"}]}]})";
constexpr std::string_view of_defaults =
    R"({"sourceOnDemand":true,"maxReaders":3,"gopCacheSize":"8M","sourceOnDemandStartTimeout":"10s","camToken":"all's"})";
constexpr std::string_view of_a_new_path =
    R"({"source":"cam://u:p@192.0.2.10/a","sourceOnDemand":true,"maxReaders":3,"gopCacheSize":"8M",)"
    R"("sourceOnDemandStartTimeout":"10s","camToken":"mine","substream":"b"})";
/// As it was read, with its secrets hidden.
constexpr std::string_view of_a =
    R"({"source":"cam://***@h/a","sourceOnDemand":true,"maxReaders":3,"gopCacheSize":"8M",)"
    R"("sourceOnDemandStartTimeout":"10s","camToken":"***","substream":"b"})";

/// A way to change it, and what is taken so.
struct Way {
    std::string_view right;
    Result<> (*change)(Configuration& live, const Json& values);
};
constexpr auto ways = std::to_array<Way>({
    {of_all, [](Configuration& live, const Json& values) { return live.patch_global(values); }},
    {of_defaults, [](Configuration& live, const Json& values) { return live.patch_path_defaults(values); }},
    {of_a_new_path, [](Configuration& live, const Json& values) { return live.add_path("new", values); }},
    {of_a_new_path, [](Configuration& live, const Json& values) { return live.replace_path("new", values); }},
    {of_a, [](Configuration& live, const Json& values) { return live.patch_path("a", values); }},
});

/// What the next change finds.
void put_back(Configuration& live) {
    static_cast<void>(live.remove_path("new"));
    const Json first = Json::object().set("source", "cam://joe:hunter2@h/a").set("camToken", "hunter2");
    REQUIRE(live.replace_path("a", first));
}

/// It says something, and nothing of a file that the client does not know, or of a secret.
void check_reason(const std::string& message) {
    const bool tells =
        message.find("rill.api.yml") != std::string::npos || message.find("hunter2") != std::string::npos;
    if (message.empty() || tells) FAIL("the reason: " << message);
}

/// Of every type, and of what a text may be but should not.
std::vector<Json> odd_values() {
    Json deep = Json::array();
    for (int level = 0; level < 60; ++level)
        deep = Json::array().append(std::move(deep));
    return {nullptr,
            true,
            -1,
            std::int64_t{1} << 62,
            1e300,
            0.5,
            "",
            " ",
            "-1s",
            "99999999999999999999h",
            "9999999999999999G",
            "***",
            "$G1",
            "~^(((",
            "../../etc/passwd",
            "a\r\nb: c",
            std::string_view("a\0b", 3),
            "\xff\xfe",
            "[{\"a\":",
            std::string(100'000, 'x'),
            Json::array(),
            Json::array().append(nullptr),
            Json::array().append(Json::object().set("a", 1)),
            Json::object(),
            Json::object().set("", Json::object()),
            std::move(deep)};
}

/// What would be written to, or run.
bool reaches_out(std::string_view key) {
    return key.starts_with("log") || key.starts_with("runOn");
}

}  // namespace

TEST_CASE("values that make no sense are taken or refused by every key") {
    const Folder folder;
    folder.write("rill.yml", file);
    Running running(folder);
    REQUIRE(running.problems.empty());
    unsigned made = 0;
    unsigned refused = 0;
    const auto try_all = [&](const Json& keys, Result<> (Configuration::*patch)(const Json&)) {
        for (const auto& [key, present] : keys.members()) {
            if (reaches_out(key)) continue;
            for (const Json& odd : odd_values()) {
                INFO(key << ": " << odd.dump().substr(0, 100));
                Configuration& live = running.live;
                const auto changed = (live.*patch)(Json::object().set(key, odd));
                ++(changed ? made : refused);
                if (!changed) check_reason(changed.error().message);
                REQUIRE(live.path("a"));
                if (changed) CHECK((live.*patch)(Json::object().set(key, present)));
            }
        }
    };
    try_all(running.live.global(), &Configuration::patch_global);
    try_all(running.live.path_defaults(), &Configuration::patch_path_defaults);
    CHECK(made > 100);
    CHECK(refused > made);
}

TEST_CASE("mutated changes are made or refused") {
    const Folder folder;
    folder.write("rill.yml", file);
    Running running(folder);
    REQUIRE(running.problems.empty());
    Mutator mutator("{}[]:,\"\\ \n\t0123456789-+.eE*~^$()%sMGm/@\x01\x80\xff\xc2");
    for (const Way& way : ways) {
        INFO(way.right);
        CHECK(way.change(running.live, *Json::parse(way.right)));
        put_back(running.live);
    }
    const unsigned count = mutations(50'000);
    std::array<unsigned, ways.size()> made{};
    unsigned refused = 0;
    for (unsigned number = 0; number < count; ++number) {
        const std::size_t at = number % ways.size();
        const std::string text = mutator.mutated(ways[at].right);
        INFO("mutation " << number << ":\n" << text);
        const auto values = Json::parse(text);
        if (!values) continue;
        const auto changed = ways[at].change(running.live, *values);
        ++(changed ? made[at] : refused);
        if (!changed) check_reason(changed.error().message);
        // What is in force is what is told, without the secrets.
        const auto told = running.live.path("a");
        REQUIRE(told);
        if (told->dump().find("hunter2") != std::string::npos) FAIL(told->dump());
        if (changed) put_back(running.live);
    }
    CHECK(std::ranges::min(made) > 0);
    CHECK(std::accumulate(made.begin(), made.end(), 0U) > count / 100);
    CHECK(refused > count / 100);
}
