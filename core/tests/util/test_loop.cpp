#include "catch.hpp"

#include <rill/loop.hpp>

#include <atomic>
#include <future>

using namespace rill;
using namespace std::chrono_literals;

TEST_CASE("a timer runs once, after those that are due before it") {
    std::promise<void> last;
    std::string order;
    Timer first, second;
    {
        Loop loop("timers");
        loop.post([&] {
            second = loop.after(20ms, [&] {
                order += 'b';
                last.set_value();
            });
            first = loop.after(1ms, [&] { order += 'a'; });
        });
        last.get_future().wait();
    }
    CHECK(order == "ab");
    CHECK_FALSE(first.active());
    CHECK_FALSE(second.active());
}

TEST_CASE("a timer may be longer than 32 bits of milliseconds") {
    std::promise<bool> later;
    {
        Loop loop("timers");
        Timer year, soon;
        std::atomic<bool> is_over = false;
        loop.post([&] {
            year = loop.after(std::chrono::milliseconds(std::int64_t{1} << 32), [&] { is_over = true; });
            soon = loop.after(1ms, [&] { later.set_value(is_over); });
        });
        CHECK_FALSE(later.get_future().get());
        std::promise<void> cancelled;
        loop.post([&] {
            year.cancel();
            soon.cancel();
            cancelled.set_value();
        });
        cancelled.get_future().wait();
    }
}
