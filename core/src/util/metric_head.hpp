// Prometheus' text format, version 0.0.4, for what core itself counts.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace rill {

/// The lines before the samples of a name, which must stand together.
inline std::string metric_head(std::string_view name, std::string_view type, std::string_view help) {
    return fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, type);
}

}  // namespace rill
