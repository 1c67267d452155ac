#include "encoder_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rill {

namespace {

using Settings = std::vector<std::pair<std::string_view, std::string>>;

constexpr int keyframe_seconds = 2;
constexpr double assumed_rate = 30;
constexpr int assumed_pixels = 1280 * 720;
// A camera's noise at 720p30 comes to 2.8 Mbit/s with it, a still scene to a tenth of that.
constexpr double bits_per_pixel = 0.1;
constexpr int sound_bits_per_channel = 48'000;

/// A property that this version of the element has not, or a value that it does not know, is passed over:
/// its own default is then as good as any.
void set(GstElement* element, const Settings& settings) {
    for (const auto& [name, value] : settings) {
        if (g_object_class_find_property(G_OBJECT_GET_CLASS(element), name.data()) != nullptr)
            gst_util_set_object_arg(G_OBJECT(element), name.data(), value.c_str());
    }
}

Settings settings_for(std::string_view encoder, int kilobits, int gop, bool one_thread) {
    const std::string rate = std::to_string(kilobits);
    const std::string keyframes = std::to_string(gop);
    if (encoder == "x264enc") {
        // A quality, not a rate: scenes in which nothing happens cost next to nothing. The rate is its bound.
        return {{"pass", "qual"},
                {"quantizer", "23"},
                {"bitrate", rate},
                {"vbv-buf-capacity", "1000"},
                {"speed-preset", "superfast"},
                {"tune", "zerolatency"},
                {"key-int-max", keyframes},
                {"bframes", "0"},
                {"threads", one_thread ? "1" : "0"}};
    }
    if (encoder == "openh264enc") {
        return {{"usage-type", "camera"},  {"rate-control", "bitrate"},
                {"bitrate", rate + "000"}, {"gop-size", keyframes},
                {"complexity", "low"},     {"multi-thread", one_thread ? "1" : "0"}};
    }
    if (encoder.starts_with("nv")) {
        return {{"bitrate", rate},
                {"gop-size", keyframes},
                {"bframes", "0"},
                {"zerolatency", "true"},
                {"rc-mode", "vbr"}};
    }
    // va and others that share its names.
    return {{"bitrate", rate}, {"key-int-max", keyframes}, {"b-frames", "0"}, {"max-bframes", "0"}};
}

}  // namespace

void set_for_pictures(GstElement* encoder, const Format& format, bool one_thread) {
    const double rate = format.frame_rate > 0 ? format.frame_rate : assumed_rate;
    const int pixels = format.width > 0 ? format.width * format.height : assumed_pixels;
    const int kilobits = std::max(100, static_cast<int>(pixels * rate * bits_per_pixel / 1000));
    const int gop = std::max(1, static_cast<int>(rate * keyframe_seconds));
    const std::string_view name =
        gst_plugin_feature_get_name(GST_PLUGIN_FEATURE(gst_element_get_factory(encoder)));
    set(encoder, settings_for(name, kilobits, gop, one_thread));
}

void set_for_sound(GstElement* encoder, int channels) {
    set(encoder, {{"bitrate", std::to_string(channels * sound_bits_per_channel)},
                  {"complexity", "5"},
                  {"audio-type", "generic"}});
}

}  // namespace rill
