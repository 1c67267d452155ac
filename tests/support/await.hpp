// Waiting for a state in tests. The one place that polls: no test sleeps.
#pragma once

#include <chrono>
#include <cstdlib>
#include <functional>
#include <thread>

namespace rill::test {

/// How long a test waits for what must come. Sanitizers make everything slower.
inline std::chrono::seconds patience() {
    const char* sanitizer = std::getenv("RILL_SANITIZE");
    return std::chrono::seconds(sanitizer != nullptr && *sanitizer != '\0' ? 60 : 15);
}

/// Waits until the condition holds, looking again every few milliseconds; false when it does not come true.
inline bool await(const std::function<bool()>& condition, std::chrono::milliseconds longest = patience()) {
    const auto end = std::chrono::steady_clock::now() + longest;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

}  // namespace rill::test
