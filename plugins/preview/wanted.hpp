// What a request for a preview says behind the '?'.
#pragma once

#include <rill/http.hpp>
#include <rill/result.hpp>

#include <cstdint>
#include <string>

namespace rill::preview {

struct Wanted {
    std::string path;
    std::int64_t time_us = 0;  ///< UTC, microseconds since 1970
    int width = 160;           ///< pixels of the picture, even
    bool relative = false;     ///< the time was said from now: the same URL means another picture soon
};

inline constexpr int least_width = 64;
inline constexpr int most_width = 640;

/// `time` is RFC 3339 or seconds before now ("30", "0.5"), `width` may be missing. `now_us` is UTC in
/// microseconds since 1970. Error: invalid_config, naming the key.
Result<Wanted> parse_wanted(const http::Request& request, std::string path, std::int64_t now_us);

}  // namespace rill::preview
