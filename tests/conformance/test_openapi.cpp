// docs/openapi.yaml has what modules serve, with the methods that they take, and nothing else.
#include "catch.hpp"
#include "config/yaml.hpp"
#include "front.hpp"
#include "modules.hpp"
#include "stage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace rill;
using namespace rill::test;

namespace {

using Methods = std::set<std::string>;

/// By the paths: "/api/v1/streams/{path}" has GET and DELETE.
std::map<std::string, Methods> documented() {
    constexpr auto known = std::to_array<std::pair<std::string_view, const char*>>(
        {{"get", "GET"}, {"post", "POST"}, {"put", "PUT"}, {"patch", "PATCH"}, {"delete", "DELETE"}});
    const char* const root = std::getenv("RILL_SOURCE_DIR");
    REQUIRE(root != nullptr);
    const std::string file = fmt::format("{}/docs/openapi.yaml", root);
    config::Problems problems;
    const auto text = config::read_text_file(file, problems);
    REQUIRE(text);
    const auto document = config::parse_yaml(*text, file, problems);
    for (const auto& problem : problems.take())
        FAIL_CHECK(problem.text());
    REQUIRE(document);
    const config::Entry* const paths = config::find(*document, "paths");
    REQUIRE(paths != nullptr);
    std::map<std::string, Methods> out;
    for (const config::Entry& path : paths->value.entries) {
        for (const auto& [key, method] : known) {
            if (config::find(path.value, key) != nullptr) out[path.key].insert(method);
        }
    }
    return out;
}

/// "GET" and "DELETE" of "OPTIONS, GET, HEAD, DELETE": the document says once what HEAD and OPTIONS do.
Methods methods_in(std::string_view list) {
    Methods methods;
    while (!list.empty()) {
        const auto end = std::min(list.find(", "), list.size());
        const std::string_view method = list.substr(0, end);
        if (method != "HEAD" && method != "OPTIONS") methods.emplace(method);
        list.remove_prefix(std::min(end + 2, list.size()));
    }
    return methods;
}

/// "/api/v1/streams/cam1" for "/api/v1/streams/{path}".
std::string filled(std::string path, std::string_view with = "cam1") {
    for (auto begin = path.find('{'); begin != std::string::npos; begin = path.find('{'))
        path.replace(begin, path.find('}', begin) - begin + 1, with);
    return path;
}

/// What a module registered.
struct Served {
    std::string url;       ///< of the path "cam1"
    bool more = false;     ///< and what is below it, which it is a prefix of
    bool is_item = false;  ///< what is below need not be there
    Methods methods = {};  ///< where they were registered, too
};

bool covers(const Served& served, const std::string& url) {
    return served.more ? url.starts_with(served.url) && url.size() > served.url.size() : url == served.url;
}

/// Of ControllerHost::route().
Served of_route(const std::string& route) {
    return {.url = filled(route), .more = route.ends_with('/') && route != "/" && route != "/{path}/"};
}

/// Of ControllerHost::path_route().
Served of_path_route(const std::string& pattern) {
    std::string url = filled(pattern.substr(0, pattern.find('?')));
    const bool more = url.ends_with("/*");
    if (more) url.pop_back();
    return {.url = std::move(url), .more = more, .is_item = more};
}

Served of_sink(const Route& route) {
    std::string url = fmt::format("/cam1/{}", route.pattern);
    if (const auto star = url.find('*'); star != std::string::npos) url.replace(star, 1, "cam1");
    return {.url = std::move(url), .methods = methods_in(route.methods)};
}

/// Every controller of the build on one front, with a path whose name is a number, as the DVR server's
/// streams are.
struct Everything {
    Stage stage;
    Front front{stage};
    std::vector<std::unique_ptr<Controller>> controllers;

    Everything() {
        REQUIRE(stage.add(recorded_path("1", "recorded://h264")));
        for (const auto& offer : offered_controllers()) {
            INFO(offer.factory->id);
            auto made = offer.factory->create(example_options(*offer.module, *offer.factory));
            REQUIRE(made);
            controllers.push_back(std::move(*made));
            REQUIRE(controllers.back()->start(front));
        }
    }
    Everything(const Everything&) = delete;
    Everything& operator=(const Everything&) = delete;
    ~Everything() {
        for (const auto& controller : controllers)
            controller->stop();
    }

    std::vector<Served> served() const {
        std::vector<Served> out;
        for (const std::string& route : front.routes())
            out.push_back(of_route(route));
        for (const std::string& pattern : front.path_routes())
            out.push_back(of_path_route(pattern));
        for (const std::string& url : front.websockets())
            out.push_back({.url = url, .methods = {"GET"}});
        for (const auto& offer : offered_sinks()) {
            for (const Route& route : offer.factory->routes)
                out.push_back(of_sink(route));
        }
        return out;
    }
};

}  // namespace

TEST_CASE("docs/openapi.yaml has every route, and no other") {
    const Everything everything;
    const auto served = everything.served();
    const auto paths = documented();
    CHECK(paths.size() > 100);
    for (const Served& route : served) {
        INFO("not in the document: " << route.url);
        CHECK(std::ranges::any_of(paths,
                                  [&](const auto& entry) { return covers(route, filled(entry.first)); }));
    }
    for (const auto& [path, methods] : paths) {
        INFO("nobody serves " << path);
        CHECK_FALSE(methods.empty());
        CHECK(std::ranges::any_of(served,
                                  [url = filled(path)](const Served& route) { return covers(route, url); }));
    }
}

TEST_CASE("docs/openapi.yaml has the methods that are allowed") {
    Everything everything;
    const auto served = everything.served();
    for (const auto& [path, methods] : documented()) {
        INFO(path);
        const auto says = std::ranges::find_if(served, [url = filled(path)](const Served& route) {
            return !route.methods.empty() && covers(route, url);
        });
        if (says != served.end()) {
            CHECK(methods == says->methods);
            continue;
        }
        const std::string url = filled(path, "1");
        const auto reply = everything.front.only_answer(request("PUT", url, "", "{}"));
        const bool is_item = std::ranges::any_of(served, [url = filled(path)](const Served& route) {
            return route.is_item && covers(route, url);
        });
        // What is not there has no methods either.
        if (is_item && reply.status == 404) continue;
        CHECK(reply.status == 405);
        const auto allowed = reply.headers.find("allow");
        CHECK(methods == methods_in(allowed == reply.headers.end() ? "" : allowed->second));
    }
}
