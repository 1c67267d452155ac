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
    REQUIRE(stage.hub.add(recorded_path("cam1", "recorded://h264")));
}

/// The URL of a route: "/{path}/" is the page of every path.
std::string url_of(const std::string& route) {
    return route == "/{path}/" ? "/cam1/" : route;
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
        Front front(stage.hub);
        REQUIRE(controller->start(front));
        CHECK(front.routes().size() + front.websockets().size() > 0);
        for (const std::string& route : front.routes()) {
            const std::string url = url_of(route);
            INFO(offer.factory->id << " " << url);
            const bool prefix = url.ends_with('/') && url.size() > 1 && route != "/{path}/";
            // Below a prefix there need be nothing.
            const auto get = front.only_answer(request("GET", prefix ? url + "nothing-is-called-so" : url));
            CHECK(get.status == (prefix ? 404 : 200));
            if (!prefix) {
                const auto put = front.only_answer(request("PUT", url, "", "{}"));
                CHECK(put.status == 405);
                CHECK_FALSE(put.error().empty());
                // RFC 9110 §15.5.6: the answer says what is allowed.
                CHECK(put.headers.count("allow") == 1);
                CHECK(front.only_answer(request("HEAD", url)).status == 200);
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
            Front front(stage.hub);
            REQUIRE(controller->start(front));
            std::vector<std::string> requests;
            for (const std::string& route : front.routes())
                requests.push_back(request("GET", url_of(route)));
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
            Front front(stage.hub);
            CHECK(controller->start(front));
            controller->stop();
        }
    }
}

TEST_CASE("all controllers together want no route twice") {
    Stage stage;
    Front front(stage.hub);
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
