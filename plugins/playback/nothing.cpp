#include "nothing.hpp"

#include <fmt/format.h>

namespace rill::playback {

Error nothing_to_play(const std::string& path, std::optional<Container> passed_over) {
    if (!passed_over) return {Code::not_found, fmt::format("nothing of '{}' is recorded in this time", path)};
    return {Code::not_found,
            fmt::format("what is recorded of '{}' in this time is {} (recordFormat), which is not played by "
                        "time; its files are listed by the API",
                        path, to_string(*passed_over))};
}

}  // namespace rill::playback
