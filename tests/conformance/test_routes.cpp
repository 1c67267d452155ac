// What sinks answer to requests that no player sends.
#include "catch.hpp"
#include "front.hpp"
#include "modules.hpp"
#include "stage.hpp"

#include <iterator>
#include <sstream>

using namespace rill;
using namespace rill::test;

namespace {

/// A URL that the pattern covers and that nothing stands behind, unless the pattern is a name.
std::string url_of(std::string_view pattern) {
    std::string out(pattern);
    if (const std::size_t star = out.find('*'); star != std::string::npos)
        out.replace(star, 1, "00000000-0000-4000-8000-000000000000");
    return "/cam1/" + out;
}

std::vector<std::string> methods_of(const Route& route) {
    std::string methods(route.methods);
    std::erase(methods, ',');
    std::istringstream text(methods);
    return {std::istream_iterator<std::string>(text), {}};
}

bool is_client_error(int status) {
    return status >= 400 && status < 500;
}

/// A path with this sink alone, behind HTTP.
struct SinkFront {
    Stage stage;
    Front front{stage};

    SinkFront(const SinkFactory& factory, const Options& options) {
        PathSettings path = recorded_path("cam1", "recorded://h264+aac");
        path.on_demand = false;
        path.sinks.push_back({&factory, std::make_shared<const Options>(options)});
        const auto added = stage.add(std::move(path));
        REQUIRE(added);
    }
    void go_online() {
        stage.hub.begin();
        REQUIRE(stage.reaches("cam1", PathState::online));
        REQUIRE(await([this] { return sink_runs(); }));
    }
    bool sink_runs() const {
        const auto status = stage.hub.status("cam1");
        return !status->sinks.empty() && status->sinks[0].running;
    }
    http::test::Reply only_answer(const std::string& text) { return front.only_answer(text); }
};

}  // namespace

TEST_CASE("hostile requests to a sink get one answer, and it is the client's fault") {
    const std::string large(1u << 20, 'x');
    for (const auto& [module, factory] : offered_sinks()) {
        SinkFront stand(*factory, example_options(*module, *factory));
        stand.go_online();
        for (const Route& route : factory->routes) {
            const std::string url = url_of(route.pattern);
            const bool any = route.pattern.find('*') != std::string_view::npos;
            INFO(factory->id << " " << url);

            const auto wrong_method = stand.only_answer(request("PUT", url));
            CHECK(wrong_method.status == 405);
            CHECK_FALSE(wrong_method.error().empty());
            // RFC 9110 §15.5.6: the answer says what is allowed.
            CHECK(wrong_method.headers.count("allow") == 1);

            for (const std::string type : {"", "text/plain", "application/sdp", "application/json", "%00"}) {
                const std::string header = type.empty() ? "" : "Content-Type: " + type + "\r\n";
                for (const std::string& body : {std::string(), std::string("\0\xff", 2), large}) {
                    INFO(type << " " << body.size());
                    const auto reply = stand.only_answer(request("POST", url, header, body));
                    CHECK(is_client_error(reply.status));
                    CHECK_FALSE(reply.error().empty());
                    CHECK(reply.error().size() < 1000);
                }
            }
            CHECK(stand.only_answer(request("POST", url, "", large + "x")).status == 413);
            if (any) {
                for (const std::string method : {"GET", "HEAD", "DELETE", "PATCH"})
                    CHECK(is_client_error(stand.only_answer(request(method, url)).status));
            }
            for (const std::string query : {"?", "?a", "?=&=&", "?%00=%00", "?session=%ff&_HLS_msn=-1"}) {
                INFO(query);
                CHECK(is_client_error(stand.only_answer(request("DELETE", url + query)).status));
            }
            const auto preflight =
                stand.only_answer(request("OPTIONS", url, "Origin: https://example.org\r\n"));
            CHECK(preflight.status < 300);
            CHECK(preflight.headers.count("access-control-allow-origin") == 1);
            CHECK(wrong_method.headers.count("access-control-allow-origin") == 1);
        }
        for (const std::string url :
             {"/cam1/none", "/cam1/none/", "/cam1/a/b/c/d", "/cam1/..%2f..%2fetc/passwd", "/cam1/%2e%2e/x",
              "/cam1/x%00.mp4", "/cam1//", "/cam2/"}) {
            INFO(factory->id << " " << url);
            CHECK(is_client_error(stand.only_answer(request("GET", url)).status));
        }
        CHECK(stand.sink_runs());
    }
}

TEST_CASE("a sink that is stopped answers OPTIONS, and nothing else reaches it") {
    for (const auto& [module, factory] : offered_sinks()) {
        SinkFront stand(*factory, example_options(*module, *factory));
        // Before its first start, and after its stop.
        for (const bool again : {false, true}) {
            if (again) {
                stand.go_online();
                CHECK(stand.stage.hub.stop("cam1"));
                REQUIRE(stand.stage.reaches("cam1", PathState::stopped));
            }
            for (const Route& route : factory->routes) {
                const std::string url = url_of(route.pattern);
                INFO(factory->id << " " << url);
                CHECK(stand.only_answer(request("OPTIONS", url)).status < 300);
                CHECK(stand.only_answer(request("PUT", url)).status == 405);
                // Nobody stopped it yet: a route that wakes would start it.
                if (route.wakes && !again) continue;
                for (const std::string& method : methods_of(route)) {
                    const auto refused = stand.only_answer(request(method, url));
                    CHECK(refused.status == 404);
                    CHECK(refused.headers.count("access-control-allow-origin") == 1);
                }
            }
        }
    }
}
