#include "catch.hpp"
#include "picture.hpp"

#include <algorithm>
#include <span>

using namespace rill::camera;

namespace {

std::vector<std::uint8_t> painted(Painter& painter, const Scene& scene) {
    std::vector<std::uint8_t> frame(painter.frame_size());
    painter.paint(scene, frame.data());
    return frame;
}

}  // namespace

TEST_CASE("the strip carries all 32 bits at any size") {
    for (const auto& [width, height] : {std::pair(1280, 720), std::pair(320, 240), std::pair(168, 96),
                                        std::pair(642, 362), std::pair(360, 640)}) {
        Painter painter(width, height);
        for (const std::uint32_t value : {0u, 1u, 0x80000000u, 0xFFFFFFFFu, 0x12345678u, 0xDEADBEEFu}) {
            Scene scene;
            scene.strip = value;
            const auto frame = painted(painter, scene);
            const auto read = read_strip(frame.data(), width, height, width);
            REQUIRE(read);
            CHECK(*read == value);
        }
    }
}

TEST_CASE("a strip with one wrong cell is not read") {
    constexpr int width = 1280;
    constexpr int height = 720;
    constexpr int cell = width / strip_cells;
    Painter painter(width, height);
    Scene scene;
    scene.strip = 0x12345678;
    const auto intact = painted(painter, scene);
    for (int wrong = 0; wrong < strip_cells; ++wrong) {
        auto frame = intact;
        for (int y = 0; y < cell; ++y)
            for (int x = wrong * cell; x < (wrong + 1) * cell; ++x) {
                auto& luma = frame[static_cast<std::size_t>(y) * width + x];
                luma = static_cast<std::uint8_t>(255 - luma);
            }
        INFO("cell " << wrong);
        CHECK_FALSE(read_strip(frame.data(), width, height, width));
    }
}

TEST_CASE("pictures move, and equal frames are equal") {
    Painter painter(320, 240);
    Scene scene;
    scene.headline = "FRAME 0001/0250";
    const auto first = painted(painter, scene);
    CHECK(painted(painter, scene) == first);
    scene.frame = 1;
    CHECK(painted(painter, scene) != first);
}

TEST_CASE("the two fields of a picture are half a picture apart") {
    constexpr int width = 322;
    constexpr int height = 244;
    Painter painter(width, height);
    Scene scene;
    scene.strip = 7;
    scene.frame = 7;
    std::vector<std::uint8_t> frame(painter.frame_size());
    painter.paint_fields(scene, frame.data());

    scene.frames_per_second *= 2;
    const auto row = [](const std::vector<std::uint8_t>& frame, int y) {
        return std::span(frame).subspan(static_cast<std::size_t>(y) * width, width);
    };
    for (const int field : {0, 1}) {
        scene.frame = 14 + field;
        const auto whole = painted(painter, scene);
        bool equal = true;
        for (int y = field; y < height; y += 2)
            equal = equal && std::ranges::equal(row(whole, y), row(frame, y));
        INFO("field " << field);
        CHECK(equal);
        CHECK(whole != frame);
    }
    CHECK(read_strip(frame.data(), width, height, width) == 7);
}

TEST_CASE("text and boxes stay within the smallest picture") {
    Painter painter(16, 16);
    std::vector<std::uint8_t> frame(painter.frame_size() + 64, 0xA5);
    Scene scene;
    scene.headline = std::string(200, 'W');
    scene.caption = scene.headline;
    scene.flash = true;
    for (scene.frame = 0; scene.frame < 500; ++scene.frame)
        painter.paint(scene, frame.data());
    CHECK(std::all_of(frame.end() - 64, frame.end(), [](std::uint8_t byte) { return byte == 0xA5; }));
}
