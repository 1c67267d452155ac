#include "encoder_settings.hpp"

#include <rill/bit_rate.hpp>

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
    if (encoder == "vp8enc" || encoder == "vp9enc") {
        // Without what waits for later pictures. Not error resilient: a viewer that has lost one waits for a
        // keyframe anyway.
        return {{"deadline", "1"},
                {"cpu-used", "8"},
                {"end-usage", "cbr"},
                {"target-bitrate", rate + "000"},
                {"keyframe-max-dist", keyframes},
                {"lag-in-frames", "0"},
                {"auto-alt-ref", "false"},
                {"row-mt", "true"},
                {"threads", one_thread ? "1" : "4"}};
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
    const int kilobits = most_bits_per_second(format) / 1000;
    const int gop = std::max(1, static_cast<int>(rate * keyframe_seconds));
    const std::string_view name =
        gst_plugin_feature_get_name(GST_PLUGIN_FEATURE(gst_element_get_factory(encoder)));
    set(encoder, settings_for(name, kilobits, gop, one_thread));
}

void set_for_sound(GstElement* encoder, const Format& format) {
    set(encoder, {{"bitrate", std::to_string(most_bits_per_second(format))},
                  {"complexity", "5"},
                  {"audio-type", "generic"}});
}

}  // namespace rill
