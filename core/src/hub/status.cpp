#include <rill/status.hpp>

#include <fmt/format.h>

namespace rill {

std::string_view to_string(PathState state) {
    switch (state) {
        case PathState::stopped:
            return "stopped";
        case PathState::connecting:
            return "connecting";
        case PathState::online:
            return "online";
        case PathState::offline:
            return "offline";
    }
    return "unknown";
}

std::string source_type_name(std::string_view source_type) {
    return fmt::format("{}Source", source_type);
}

}  // namespace rill
