// What a request for pictures says behind the '?'.
#pragma once

#include "pixels.hpp"

#include <rill/http.hpp>
#include <rill/result.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace rill::frames {

// Errors: invalid_config, which name the key.

/// `format`, `width`, `height`. Without a format: `fallback`.
Result<Wanted> parse_wanted(const http::Request& request, PixelFormat fallback = PixelFormat::bgr);
/// `width` and `height` of a form that is fixed.
Result<Wanted> parse_size(const http::Request& request, PixelFormat format);
/// `after`, a sequence; 0 when it is missing.
Result<std::uint64_t> parse_after(const http::Request& request);
/// `fps`: pictures a second, 0.01 to 1000. Gives the least time between two; 0 when it is missing.
Result<std::chrono::nanoseconds> parse_pace(const http::Request& request);
/// `max-age` in seconds, up to a day; 0 when it is missing.
Result<std::chrono::microseconds> parse_max_age(const http::Request& request);

}  // namespace rill::frames
