// Work on the loop of what is tested, waited for.
#pragma once

#include <rill/loop.hpp>

#include <future>
#include <utility>

namespace rill::test {

/// Runs `work` on the loop, and returns what it returns. Not from the loop's thread.
template <class F>
auto on_loop(Loop& loop, F work) {
    std::packaged_task<decltype(work())()> task(std::move(work));
    auto result = task.get_future();
    loop.post([&task] { task(); });
    return result.get();
}

}  // namespace rill::test
