// What a slate: URL asks for.
#pragma once

#include <rill/media/access_unit.hpp>
#include <rill/result.hpp>

#include <compare>
#include <string_view>
#include <vector>

namespace rill::slate {

/// One track.
struct Spec {
    Codec codec = Codec::h264;
    int sample_rate = 0;  ///< sound: Hz
    int channels = 0;     ///< sound

    auto operator<=>(const Spec&) const = default;  // NOLINT(modernize-use-nullptr)
};

/// How long a unit lasts: `ticks` of which there are `rate` a second. Of sound a tick is a sample.
struct Pace {
    int rate;
    int ticks;
};
Pace pace_of(const Spec& spec);

/// "slate://h264,aac/48000/2", or without the slashes: a picture, sound or both. Error: invalid_config,
/// naming what is allowed.
Result<std::vector<Spec>> parse_specs(std::string_view url);

}  // namespace rill::slate
