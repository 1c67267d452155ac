// A path with a camera of its own, on a loop of its own.
#pragma once

#include "await.hpp"
#include "fakes.hpp"
#include "on_loop.hpp"

#include <fmt/format.h>

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rill::test {

using namespace std::chrono_literals;

class Stage {
  public:
    explicit Stage(
        std::size_t sinks = 1, const std::function<void(PathSettings&)>& change = [](PathSettings&) {}) {
        static int count = 0;
        PathSettings settings;
        settings.name = fmt::format("cam{}", ++count);
        settings.source_factory = &FakeCamera::factory();
        settings.source = {.path = settings.name,
                           .url = "fake://" + settings.name,
                           .fingerprint = "",
                           .read_timeout = 5s,
                           .options = {}};
        settings.close_after = 50ms;
        for (std::size_t i = 0; i < sinks; ++i)
            settings.sinks.push_back({&FakeSink::factory(), std::make_shared<const Options>()});
        change(settings);
        camera = FakeCamera::named(settings.source.url);
        run([&] {
            auto made = Path::create(std::move(settings), loop_);
            if (made) path = *made;
            // One that always runs begins when its test says so.
            if (path && path->settings().on_demand) path->begin();
        });
        this->sinks = FakeSink::made();
    }
    ~Stage() {
        run([&] { answers.clear(); });
        std::promise<void> gone;
        run([&] { path->close("the test is over", [&] { gone.set_value(); }); });
        gone.get_future().wait();
        run([&] { path.reset(); });
        Pipeline::wait_for_disposals(5s);
    }

    void run(const std::function<void()>& work) { on_loop(loop_, work); }

    /// On the path's loop.
    bool eventually(const std::function<bool()>& condition) {
        return test::await([&] {
            bool holds = false;
            run([&] { holds = condition(); });
            return holds;
        });
    }
    bool reaches(PathState state) {
        return eventually([&] { return path->status().state == state; });
    }

    /// Opens a reader; the answer arrives in `answers`, in order.
    void open(std::string_view sink = "fakesink", OpenIf state = OpenIf::online) {
        run([&] {
            const std::size_t index = answers.size();
            answers.emplace_back();
            path->open(sink, {.type = "test", .remote = "192.0.2.1:1", .user_agent = ""}, state,
                       [this, index](Result<Opened> opened) {
                           answers[index] =
                               opened ? Result<ReaderPtr>(opened->reader) : Result<ReaderPtr>(opened.error());
                       });
        });
    }
    bool answered(std::size_t index) {
        return eventually([&] { return answers[index].has_value(); });
    }

    std::shared_ptr<FakeCamera> camera;
    std::shared_ptr<Path> path;
    std::vector<FakeSink*> sinks;
    std::vector<std::optional<Result<ReaderPtr>>> answers;  // on the loop

  private:
    Loop loop_{"path"};
};

}  // namespace rill::test
