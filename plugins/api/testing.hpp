// A site with recordings.
#pragma once

#include "catch.hpp"
#include "controller_site.hpp"

#include <rill/clock.hpp>

#include <fmt/format.h>

#include <cmath>
#include <string>

namespace rill::api::testing {

using test::ControllerSite;

/// 2026-01-08T10:00:00Z.
constexpr std::int64_t ten_us = 1'767'866'400'000'000;

inline std::int64_t at_us(double seconds) {
    return ten_us + std::llround(seconds * 1e6);
}

/// So many seconds after ten, as a query says it.
inline std::string at(double seconds) {
    return rfc3339_us(at_us(seconds));
}

class ApiSite : public ControllerSite {
  public:
    ApiSite() : ControllerSite(*rill_module()) {}

    /// 1000 bytes of "cam1".
    std::int64_t add(double start, double end, std::int64_t chain, const std::string& path = "cam1") {
        return recordings().add(path, segment(start, end, chain));
    }
    static RecordedSegment segment(double start, double end, std::int64_t chain) {
        return {.file = fmt::format("/srv/{}.mp4", start),
                .time = {at_us(start), at_us(end)},
                .bytes = 1000,
                .chain = chain,
                .codecs = chain % 2 == 1 ? "avc1.64001f,mp4a.40.2" : "hvc1.1.6.L93.B0"};
    }
};

inline std::string range(double start, double end) {
    return "start=" + at(start) + "&end=" + at(end);
}

}  // namespace rill::api::testing
