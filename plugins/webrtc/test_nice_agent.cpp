// How webrtcbin's own agent is set up, and which addresses viewers are told.
#include "catch.hpp"
#include "local_addresses.hpp"
#include "nice_agent.hpp"
#include "test_host.hpp"

#include <rill/pipeline.hpp>

#include <algorithm>

using namespace rill;
using namespace rill::webrtc;
using namespace rill::webrtc::test;

TEST_CASE("connectivity checks follow each other as fast as RFC 8445 allows") {
    Loop loop("test");
    Pipeline pipeline("agent", loop, [](GstMessage*) {});
    GstElement* webrtcbin = pipeline.make("webrtcbin");
    REQUIRE(webrtcbin != nullptr);
    const Settings settings = test_settings();
    const NiceIceAgent agent(webrtcbin, settings, true);

    GstObject* raw_ice = nullptr;
    g_object_get(webrtcbin, "ice-agent", &raw_ice, nullptr);
    const auto ice = Ref<GstObject>::adopt(raw_ice);
    GObject* raw_nice = nullptr;
    g_object_get(ice.get(), "agent", &raw_nice, nullptr);
    const auto nice = Ref<GObject>::adopt(raw_nice);
    guint milliseconds = 0;
    g_object_get(nice.get(), "stun-pacing-timer", &milliseconds, nullptr);
    CHECK(milliseconds == 5);
}

TEST_CASE("a viewer on this machine is offered the loopback address") {
    Settings settings = test_settings();
    settings.interfaces.clear();
    const auto near = local_addresses(settings, true);
    CHECK(std::find(near.begin(), near.end(), "127.0.0.1") != near.end());
    // A machine without a network has nothing else to offer.
    const auto far = local_addresses(settings, false);
    const bool has_loopback = std::find(far.begin(), far.end(), "127.0.0.1") != far.end();
    CHECK_FALSE(far.empty());
    CHECK((!has_loopback || far == near));
}
