#include "catch.hpp"

#include <rill/pipeline.hpp>

#include <array>
#include <atomic>
#include <future>
#include <memory>
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

TEST_CASE("a pipeline that is held goes to NULL when the last one lets it go") {
    Loop loop("test");
    auto pipeline = std::make_unique<Pipeline>("test", loop, nullptr);
    const auto element = Ref<GstElement>::retain(pipeline->make("identity"));
    pipeline->play();
    auto one = pipeline->hold();
    auto other = pipeline->hold();
    pipeline.reset();
    one.reset();
    CHECK_FALSE(Pipeline::wait_for_disposals(std::chrono::milliseconds(20)));
    CHECK(GST_STATE(element.get()) == GST_STATE_PLAYING);
    other.reset();
    CHECK(Pipeline::wait_for_disposals(std::chrono::seconds(10)));
    CHECK(GST_STATE(element.get()) == GST_STATE_NULL);
}

TEST_CASE("a disposal says that it is done after the last hold, and holds nothing then") {
    Loop loop("test");
    Pipeline pipeline("test", loop, nullptr);
    pipeline.play();
    auto hold = pipeline.hold();
    std::promise<void> done;
    pipeline.dispose([&] { done.set_value(); });
    CHECK(pipeline.hold() == nullptr);
    auto told = done.get_future();
    CHECK(told.wait_for(std::chrono::milliseconds(20)) == std::future_status::timeout);
    hold.reset();
    CHECK(told.wait_for(std::chrono::seconds(10)) == std::future_status::ready);
}
