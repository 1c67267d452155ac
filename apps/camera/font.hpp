// A bitmap font of 5 by 7 dots, so that the simulator draws its clock without a text engine.
#pragma once

#include <array>
#include <cstdint>

namespace rill::camera {

constexpr int glyph_width = 5;
constexpr int glyph_height = 7;

/// One row a byte, from top to bottom; bit 4 is the leftmost dot.
using Glyph = std::array<std::uint8_t, glyph_height>;

/// Digits, capital letters and `.:-/`; any other character is blank.
const Glyph& glyph(char character);

}  // namespace rill::camera
