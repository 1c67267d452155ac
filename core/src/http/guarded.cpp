#include "guarded.hpp"

#include <rill/log.hpp>

#include <exception>

namespace rill::http {

void guarded(std::string_view what, const std::function<void()>& work) noexcept {
    if (!work) return;
    try {
        work();
    } catch (const std::exception& problem) {
        Log("HTTP").error("the {} callback threw: {}", what, problem.what());
    } catch (...) {
        Log("HTTP").error("the {} callback threw", what);
    }
}

}  // namespace rill::http
