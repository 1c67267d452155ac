// Calls into other people's code, which may throw.
#pragma once

#include <functional>
#include <string_view>

namespace rill::http {

/// Runs `work` if there is any. An exception becomes a line in the log that names `what`.
void guarded(std::string_view what, const std::function<void()>& work) noexcept;

}  // namespace rill::http
