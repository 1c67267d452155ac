#include "catch.hpp"

#include <rill/rendition.hpp>

using namespace rill;

namespace {

Format picture(int width, int height) {
    Format format;
    format.width = width;
    format.height = height;
    return format;
}

}  // namespace

TEST_CASE("a smaller picture is even, keeps its shape, and is never a larger one") {
    CHECK(display_size(picture(1920, 1080), 0) == PictureSize{1920, 1080});
    CHECK(display_size(picture(1920, 1080), 480) == PictureSize{854, 480});
    CHECK(display_size(picture(640, 360), 480) == PictureSize{640, 360});
    CHECK(display_size(picture(641, 361), 0) == PictureSize{640, 360});
    CHECK(display_size(picture(1080, 1920), 480) == PictureSize{270, 480});
    CHECK(display_size(picture(16'384, 2), 1) == PictureSize{8192, 2});
    CHECK(display_size(picture(0, 0), 480) == PictureSize{0, 0});
}

TEST_CASE("renditions have names") {
    CHECK(to_string(Rendition{.codec = Codec::opus}) == "Opus");
    CHECK(to_string(Rendition{.codec = Codec::h264, .max_height = 480}) == "H264 480p");
}
