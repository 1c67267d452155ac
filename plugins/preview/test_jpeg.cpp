#include "test_jpeg.hpp"

#include <rill/media/access_unit.hpp>
#include <rill/ref.hpp>

#include <fmt/format.h>
#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>

#include <cstdint>
#include <cstdlib>
#include <ostream>
#include <stdexcept>

namespace rill::preview::testing {

std::ostream& operator<<(std::ostream& out, const Colour& colour) {
    return out << fmt::format("({}, {}, {})", colour.red, colour.green, colour.blue);
}

bool is_like(const Colour& one, const Colour& other) {
    constexpr int tolerance = 10;
    return std::abs(one.red - other.red) <= tolerance && std::abs(one.green - other.green) <= tolerance &&
           std::abs(one.blue - other.blue) <= tolerance;
}

std::vector<Component> components_of(std::string_view jpeg) {
    const auto byte = [&](std::size_t at) {
        return at < jpeg.size() ? static_cast<std::uint8_t>(jpeg[at]) : 0;
    };
    constexpr int start_of_frame = 0xc0;
    // Behind the start of the image: segments, each with a marker and its length.
    std::size_t at = 2;
    while (at < jpeg.size() && byte(at + 1) != start_of_frame)
        at += 2 + static_cast<std::size_t>(byte(at + 2)) * 256 + byte(at + 3);
    std::vector<Component> components;
    for (int i = 0; i < byte(at + 9); ++i) {
        const std::size_t row = at + 10 + static_cast<std::size_t>(i) * 3;
        components.push_back({byte(row), byte(row + 1) >> 4, byte(row + 1) & 15});
    }
    return components;
}

Shown look_at(std::string_view jpeg) {
    Owned<GError> error;
    const auto pipeline = Ref<GstElement>::sink(gst_parse_launch(
        "appsrc name=in caps=image/jpeg ! jpegdec ! videoconvert ! video/x-raw,format=RGB ! appsink name=out "
        "sync=false",
        out(error)));
    if (error) throw std::runtime_error(error->message);
    const auto in = Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), "in"));
    const auto sink = Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), "out"));
    const auto bytes = Ref<GBytes>::adopt(g_bytes_new(jpeg.data(), jpeg.size()));
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    gst_app_src_push_buffer(GST_APP_SRC(in.get()), gst_buffer_new_wrapped_bytes(bytes.get()));
    gst_app_src_end_of_stream(GST_APP_SRC(in.get()));
    const auto sample =
        Ref<GstSample>::adopt(gst_app_sink_try_pull_sample(GST_APP_SINK(sink.get()), 20 * GST_SECOND));
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
    if (!sample) throw std::runtime_error("this is no JPEG");
    Shown shown;
    const GstStructure* caps = gst_caps_get_structure(gst_sample_get_caps(sample.get()), 0);
    gst_structure_get_int(caps, "width", &shown.width);
    gst_structure_get_int(caps, "height", &shown.height);
    const MappedBuffer pixels(gst_sample_get_buffer(sample.get()));
    // GStreamer's rows are multiples of four bytes.
    const auto width = static_cast<std::size_t>(shown.width);
    const auto height = static_cast<std::size_t>(shown.height);
    const std::size_t row = (3 * width + 3) / 4 * 4;
    const std::size_t middle = height / 2 * row + width / 2 * 3;
    shown.middle = {pixels.bytes()[middle], pixels.bytes()[middle + 1], pixels.bytes()[middle + 2]};
    return shown;
}

}  // namespace rill::preview::testing
