// The init segment of a CMAF presentation (ISO/IEC 23000-19 §7.3.1).
#pragma once

#include <rill/media/access_unit.hpp>
#include <rill/result.hpp>

#include <cstdint>
#include <memory>
#include <span>

namespace rill::cmaf {

/// Ticks a second of a track's times.
std::uint32_t time_scale(const Format& format);

/// Error: not_acceptable when the format cannot be described in an init segment.
Result<> check_format(const Format& format);

/// ftyp and moov of formats that check_format accepts.
Ref<GBytes> init_segment(std::span<const std::shared_ptr<const Format>> tracks);

}  // namespace rill::cmaf
