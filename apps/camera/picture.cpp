#include "picture.hpp"

#include "font.hpp"

#include <algorithm>
#include <cstring>

namespace rill::camera {
namespace {

constexpr std::uint8_t black = 16;
constexpr std::uint8_t white = 235;
constexpr std::uint8_t neutral_chroma = 128;
// Fresh noise is what keeps an encoder at its bitrate; stronger noise would cost the rest of the picture.
constexpr int noise_amplitude = 12;

std::uint32_t check_nibble(std::uint32_t value) {
    std::uint32_t nibble = 0;
    for (int shift = 0; shift < 32; shift += 4)
        nibble ^= value >> shift;
    return nibble & 0xF;
}

/// All 40 cells, cell 0 in bit 39.
std::uint64_t strip_pattern(std::uint32_t value) {
    constexpr std::uint64_t left = 0b10;
    constexpr std::uint64_t right = 0b01;
    return left << 38 | std::uint64_t{value} << 6 | std::uint64_t{check_nibble(value)} << 2 | right;
}

int cell_left(int cell, int width) {
    return cell * width / strip_cells;
}

std::uint64_t next_random(std::uint64_t& state) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/// A position that runs from 0 to range and back.
int bounce(std::int64_t step, int range) {
    if (range <= 0) return 0;
    const auto phase = static_cast<int>(step % (2LL * range));
    return phase < range ? phase : 2 * range - phase;
}

}  // namespace

Painter::Painter(int width, int height)
    : width_(width), height_(height), background_(static_cast<std::size_t>(width) * height * 3 / 2) {
    std::uint8_t* luma = background_.data();
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            luma[static_cast<std::size_t>(y) * width + x] = static_cast<std::uint8_t>(60 + 80 * x / width);

    std::uint8_t* blue = luma + static_cast<std::size_t>(width) * height;
    std::uint8_t* red = blue + static_cast<std::size_t>(width) * height / 4;
    for (int y = 0; y < height / 2; ++y) {
        for (int x = 0; x < width / 2; ++x) {
            const std::size_t at = static_cast<std::size_t>(y) * (width / 2) + x;
            const bool calm = y < height / 5;  // no colour behind the strip and the text
            blue[at] = calm ? neutral_chroma : static_cast<std::uint8_t>(150 - 60 * x / (width / 2));
            red[at] = calm ? neutral_chroma : static_cast<std::uint8_t>(100 + 70 * y / (height / 2));
        }
    }
}

void Painter::paint(const Scene& scene, std::uint8_t* i420) {
    std::memcpy(i420, background_.data(), background_.size());
    paint_noise(scene.frame, i420);
    paint_moving(scene, i420);
    const int scale = std::max(1, width_ / 160);
    paint_text(scene.headline, height_ / 8, scale, i420);
    paint_text(scene.caption, height_ / 8 + (glyph_height + 3) * scale, std::max(1, scale / 2), i420);
    paint_strip(scene.strip, i420);
}

void Painter::paint_fields(const Scene& scene, std::uint8_t* i420) {
    Scene field = scene;
    field.frames_per_second = 2 * scene.frames_per_second;
    field.frame = 2 * scene.frame;
    paint(field, i420);
    ++field.frame;
    field_.resize(frame_size());
    paint(field, field_.data());
    for (int y = 1; y < height_; y += 2) {
        const std::size_t row = static_cast<std::size_t>(y) * width_;
        std::memcpy(i420 + row, field_.data() + row, static_cast<std::size_t>(width_));
    }
}

void Painter::paint_noise(std::int64_t seed, std::uint8_t* luma) const {
    std::uint64_t state = 0x9E3779B97F4A7C15u + static_cast<std::uint64_t>(seed) * 0xBF58476D1CE4E5B9u;
    if (state == 0) state = 1;
    const int left = width_ / 8;
    const int right = width_ * 7 / 8;
    for (int y = height_ / 2; y < height_ * 3 / 4; ++y) {
        std::uint8_t* row = luma + static_cast<std::size_t>(y) * width_;
        for (int x = left; x + 8 <= right; x += 8) {
            std::uint64_t bits = next_random(state);
            for (int i = 0; i < 8; ++i, bits >>= 8)
                row[x + i] = static_cast<std::uint8_t>(
                    row[x + i] + static_cast<int>((bits & 0xFF) * (std::uint64_t{2} * noise_amplitude) >> 8) -
                    noise_amplitude);
        }
    }
}

void Painter::paint_moving(const Scene& scene, std::uint8_t* luma) const {
    const std::int64_t fps = std::max(1, scene.frames_per_second);
    const int box = height_ / 8;
    const std::int64_t step = scene.frame * width_ / (4 * fps);  // a quarter of the width each second
    fill(bounce(step, width_ - box), height_ / 2 + bounce(step / 2, height_ / 4 - box), box, box, white,
         luma);

    const int hand = static_cast<int>(scene.frame % fps * width_ / fps);  // once across each second
    fill(hand, height_ - height_ / 8, std::max(2, width_ / 80), height_ / 8, black, luma);
    if (scene.flash) fill(width_ - 2 * box, height_ / 4, box, box, white, luma);
}

void Painter::paint_text(const std::string& text, int top, int scale, std::uint8_t* luma) const {
    const int left = width_ / 40;
    const int columns = static_cast<int>(text.size()) * (glyph_width + 1) + 1;
    fill(left - scale, top - scale, columns * scale + scale, (glyph_height + 2) * scale, black, luma);
    for (std::size_t i = 0; i < text.size(); ++i) {
        const Glyph& rows = glyph(text[i]);
        const int x = left + static_cast<int>(i) * (glyph_width + 1) * scale;
        for (int row = 0; row < glyph_height; ++row)
            for (int column = 0; column < glyph_width; ++column)
                if (rows[static_cast<std::size_t>(row)] >> (glyph_width - 1 - column) & 1)
                    fill(x + column * scale, top + row * scale, scale, scale, white, luma);
    }
}

void Painter::paint_strip(std::uint32_t value, std::uint8_t* luma) const {
    const std::uint64_t pattern = strip_pattern(value);
    for (int cell = 0; cell < strip_cells; ++cell) {
        const int left = cell_left(cell, width_);
        const bool one = pattern >> (strip_cells - 1 - cell) & 1;
        fill(left, 0, cell_left(cell + 1, width_) - left, width_ / strip_cells, one ? white : black, luma);
    }
}

void Painter::fill(int left, int top, int width, int height, std::uint8_t value, std::uint8_t* luma) const {
    const int from = std::clamp(left, 0, width_);
    const int to = std::clamp(left + width, from, width_);
    for (int y = std::max(0, top); y < std::min(top + height, height_); ++y)
        std::memset(luma + static_cast<std::size_t>(y) * width_ + from, value,
                    static_cast<std::size_t>(to - from));
}

std::optional<std::uint32_t> read_strip(const std::uint8_t* luma, int width, int height, int stride) {
    const int y = width / strip_cells / 2;
    if (width < strip_cells || y >= height) return std::nullopt;
    std::uint64_t pattern = 0;
    for (int cell = 0; cell < strip_cells; ++cell) {
        const int x = (cell_left(cell, width) + cell_left(cell + 1, width)) / 2;
        pattern = pattern << 1 | (luma[static_cast<std::size_t>(y) * stride + x] >= 128 ? 1 : 0);
    }
    const auto value = static_cast<std::uint32_t>(pattern >> 6);
    if (pattern != strip_pattern(value)) return std::nullopt;
    return value;
}

}  // namespace rill::camera
