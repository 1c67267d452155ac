// Every controller, with a hub and HTTP of its own.
#include "catch.hpp"
#include "front.hpp"
#include "modules.hpp"
#include "stage.hpp"

using namespace rill;
using namespace rill::test;

namespace {

constexpr std::string_view upgrade =
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

std::unique_ptr<Controller> make(const Offered<ControllerFactory>& offer) {
    auto made = offer.factory->create(example_options(*offer.module, *offer.factory));
    INFO((made ? "" : made.error().message));
    REQUIRE(made);
    return std::move(*made);
}

/// A path that is not online, so that answers do not depend on time.
void add_path(Stage& stage) {
    REQUIRE(stage.add(recorded_path("cam1", "recorded://h264")));
}

/// The URL of a route: "/{path}/" is the page of every path.
std::string url_of(const std::string& route) {
    return route == "/{path}/" ? "/cam1/" : route;
}

/// A URL that fits a pattern of ControllerHost::path_route().
std::string url_of_pattern(std::string pattern, const std::string& path) {
    const std::string hole = "{path}";
    pattern.replace(pattern.find(hole), hole.size(), path);
    if (const auto query = pattern.find('?'); query != std::string::npos) return pattern + "=0";
    if (pattern.ends_with('*')) pattern.replace(pattern.size() - 1, 1, "nothing-is-called-so");
    return pattern;
}

int handshake(Front& front, const std::string& path) {
    return front.with([port = front.port(), path] {
        http::test::Client client(port);
        const auto reply = client.call(request("GET", path, upgrade));
        return reply ? reply->status : 0;
    });
}

}  // namespace

TEST_CASE("what a controller serves answers, and refuses what it does not") {
    for (const auto& offer : offered_controllers()) {
        Stage stage;
        add_path(stage);
        const auto controller = make(offer);
        Front front(stage);
        REQUIRE(controller->start(front));
        CHECK(front.routes().size() + front.path_routes().size() + front.websockets().size() > 0);
        for (const std::string& route : front.routes()) {
            const std::string url = url_of(route);
            INFO(offer.factory->id << " " << url);
            const bool prefix = url.ends_with('/') && url.size() > 1 && route != "/{path}/";
            // Below a prefix there need be nothing.
            const auto get = front.only_answer(request("GET", prefix ? url + "nothing-is-called-so" : url));
            // What cannot be asked without a query says so, and so does what is there to be told something.
            const bool lacks_query = get.status == 400 && !get.error().empty();
            const bool takes_only = get.status == 405 && get.headers.count("allow") == 1;
            CHECK(((lacks_query || takes_only) && !prefix ? 200 : get.status) == (prefix ? 404 : 200));
            if (!prefix) {
                const auto put = front.only_answer(request("PUT", url, "", "{}"));
                CHECK(put.status == 405);
                CHECK_FALSE(put.error().empty());
                // RFC 9110 §15.5.6: the answer says what is allowed.
                CHECK(put.headers.count("allow") == 1);
                CHECK(front.only_answer(request("HEAD", url)).status == get.status);
            }
            for (const std::string method : {"GET", "POST", "PATCH", "DELETE"}) {
                for (const std::string more : {"%00", "%ff", "a/../b", "x?a=%00&b&=c", "cam1/nothing"}) {
                    if (!prefix) break;
                    INFO(method << " " << more);
                    const int status = front.only_answer(request(method, url + more, "", "{")).status;
                    CHECK((status >= 400 && status < 500));
                }
            }
        }
        for (const std::string& pattern : front.path_routes()) {
            for (const std::string path : {"cam1", "nobody/cam1", "%00"}) {
                const std::string url = url_of_pattern(pattern, path);
                INFO(offer.factory->id << " " << url);
                // Nothing runs and nothing is recorded; the server is not to blame for that.
                const auto get = front.only_answer(request("GET", url));
                CHECK(get.status < 500);
                CHECK(front.only_answer(request("HEAD", url)).status == get.status);
                const auto put = front.only_answer(request("PUT", url, "", "{}"));
                CHECK_FALSE(put.error().empty());
                if (put.status == 405) {
                    CHECK(put.headers.count("allow") == 1);
                } else {
                    // What cannot be a name, or is not there, has no methods either.
                    CHECK((path == "%00" || pattern.ends_with('*')));
                    CHECK((put.status == 400 || put.status == 404));
                }
            }
        }
        for (const std::string& path : front.websockets()) {
            INFO(offer.factory->id << " " << path);
            CHECK(handshake(front, path) == 101);
            // RFC 9110 §15.5.22, or as if it were not there: never a page, never a fault of the server.
            const int status = front.only_answer(request("GET", path)).status;
            CHECK((status >= 400 && status < 500));
        }
        controller->stop();
    }
}

TEST_CASE("controllers that start and stop a hundred times leave nothing") {
    for (const auto& offer : offered_controllers()) {
        INFO(offer.factory->id);
        Stage stage;
        add_path(stage);
        const auto once = [&] {
            const auto controller = make(offer);
            Front front(stage);
            REQUIRE(controller->start(front));
            std::vector<std::string> requests;
            for (const std::string& route : front.routes())
                requests.push_back(request("GET", url_of(route)));
            for (const std::string& route : front.path_routes())
                requests.push_back(request("GET", url_of_pattern(route, "cam1")));
            if (!requests.empty()) CHECK(front.call(requests).size() == requests.size());
            for (const std::string& path : front.websockets())
                CHECK(handshake(front, path) == 101);
            controller->stop();
            // The daemon still serves while it shuts down: who comes late is answered, well or badly.
            if (!requests.empty()) CHECK(front.call(requests).size() == requests.size());
        };
        once();
        const Census before;
        for (int round = 0; round < rounds(100); ++round)
            once();
        CHECK(before.surplus() == nothing);
    }
}

TEST_CASE("a controller may be started again") {
    for (const auto& offer : offered_controllers()) {
        INFO(offer.factory->id);
        Stage stage;
        const auto controller = make(offer);
        for (int round = 0; round < 2; ++round) {
            Front front(stage);
            CHECK(controller->start(front));
            controller->stop();
        }
    }
}

TEST_CASE("all controllers together want no route twice") {
    Stage stage;
    Front front(stage);
    std::vector<std::unique_ptr<Controller>> running;
    for (const auto& offer : offered_controllers()) {
        INFO(offer.factory->id);
        running.push_back(make(offer));
        const auto started = running.back()->start(front);
        INFO((started ? "" : started.error().message));
        CHECK(started);
    }
    auto websockets = front.websockets();
    std::sort(websockets.begin(), websockets.end());
    CHECK(std::adjacent_find(websockets.begin(), websockets.end()) == websockets.end());
    for (const auto& controller : running)
        controller->stop();
}
