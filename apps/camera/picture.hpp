// The test picture: a moving pattern with enough detail to use up a bitrate, large text, and along the top
// edge a strip of black and white cells that a program can read (README.md fixes its layout).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rill::camera {

/// The strip: 40 square cells from the left to the right edge, white = 1. Cells 0 and 39 are white, 1 and 38
/// black (references); 2…33 are the value, most significant bit first; 34…37 are the XOR of its eight
/// nibbles.
constexpr int strip_cells = 40;

struct Scene {
    std::int64_t frame = 0;      ///< moves the pattern; equal frames are equal pictures
    int frames_per_second = 25;  ///< the pattern moves at the same speed at any frame rate
    bool flash = false;          ///< the white box that goes with the beep of the audio
    std::uint32_t strip = 0;     ///< the value in the strip
    std::string headline;        ///< digits, capital letters and . : - / only, drawn large
    std::string caption;         ///< the same, drawn small
};

/// Paints I420 frames of one size. Not thread-safe: one painter for one thread.
class Painter {
  public:
    /// Width and height even.
    Painter(int width, int height);

    std::size_t frame_size() const { return background_.size(); }
    /// Writes frame_size() bytes: the three planes, each without padding.
    void paint(const Scene& scene, std::uint8_t* i420);
    /// The same as two fields, the top one first: what moves has moved on by half a picture in the bottom
    /// field. The strip and the text are those of the whole picture in both.
    void paint_fields(const Scene& scene, std::uint8_t* i420);

  private:
    void paint_moving(const Scene& scene, std::uint8_t* luma) const;
    void paint_noise(std::int64_t seed, std::uint8_t* luma) const;
    void paint_text(const std::string& text, int top, int scale, std::uint8_t* luma) const;
    void paint_strip(std::uint32_t value, std::uint8_t* luma) const;
    void fill(int left, int top, int width, int height, std::uint8_t value, std::uint8_t* luma) const;

    int width_;
    int height_;
    std::vector<std::uint8_t> background_;
    std::vector<std::uint8_t> field_;  ///< the picture of the bottom field
};

/// The value of the strip in a decoded luma plane; nothing when the references or the check cells are wrong.
std::optional<std::uint32_t> read_strip(const std::uint8_t* luma, int width, int height, int stride);

}  // namespace rill::camera
