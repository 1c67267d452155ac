#include "catch.hpp"

#include <rill/pipeline.hpp>

#include <array>
#include <atomic>
#include <thread>

using namespace rill;

TEST_CASE("elements that are added while their bin goes on go on with it") {
    Loop loop(Ref<GMainContext>::retain(g_main_context_default()));
    for (int round = 0; round < 1000; ++round) {
        Pipeline pipeline("test", loop, nullptr);
        // As a source's: it is taken from state to state, a pipeline goes for the last at once.
        const auto bin = Ref<GstElement>::sink(gst_bin_new(nullptr));
        pipeline.add(bin);
        std::atomic<bool> begun = false;
        std::thread player([&] {
            begun = true;
            pipeline.play();
        });
        while (!begun)
            std::this_thread::yield();
        std::array<GstElement*, 8> added{};
        for (GstElement*& element : added) {
            element = gst_element_factory_make("identity", nullptr);
            gst_bin_add(GST_BIN(bin.get()), element);
            sync_with_parent(element);
        }
        player.join();
        for (GstElement* element : added) {
            INFO("round " << round);
            REQUIRE(gst_element_get_state(element, nullptr, nullptr, GST_CLOCK_TIME_NONE) ==
                    GST_STATE_CHANGE_SUCCESS);
            REQUIRE(GST_STATE(element) == GST_STATE_PLAYING);
        }
    }
    CHECK(Pipeline::wait_for_disposals(std::chrono::seconds(10)));
}
