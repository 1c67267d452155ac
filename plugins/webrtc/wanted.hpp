// What a viewer wants of a session besides its offer.
#pragma once

#include <rill/http.hpp>
#include <rill/json.hpp>
#include <rill/media/access_unit.hpp>
#include <rill/result.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace rill::webrtc {

/// Where in a recording a session begins.
struct Recorded {
    std::int64_t start_us = 0;  ///< UTC
    /// Stand in for tracks, while there are none; or why they are not known.
    Result<std::vector<std::shared_ptr<const Format>>> formats = std::vector<std::shared_ptr<const Format>>();
};

struct Wanted {
    std::optional<Recorded> recorded = std::nullopt;  ///< empty: live
    int max_height = 0;                               ///< pixels of the picture; 0: any
};

/// "max-height" of the query, 0 without one. Error: invalid_config, naming the key.
Result<int> read_max_height(const http::Request& request);
/// The member "maxHeight" of an object. The same.
Result<int> read_max_height(const Json& message);

}  // namespace rill::webrtc
