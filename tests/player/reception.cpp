#include "reception.hpp"

#include <rill/callback.hpp>
#include <rill/media/access_unit.hpp>
#include <rill/pipeline.hpp>

#include <gst/app/gstappsink.h>
#include <gst/audio/audio.h>
#include <gst/video/video.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace rill::test {

namespace {

using Shared = std::shared_ptr<Reception>;

GstElement* add(GstBin* bin, const char* factory) {
    GstElement* const element = gst_element_factory_make(factory, nullptr);
    if (element != nullptr) gst_bin_add(bin, element);
    return element;
}

std::string text_field(const GstCaps* caps, const char* name) {
    const char* text = gst_structure_get_string(gst_caps_get_structure(caps, 0), name);
    return text != nullptr ? text : "";
}

Ref<GstCaps> caps_of(GstPad* pad) {
    auto caps = Ref<GstCaps>::adopt(gst_pad_get_current_caps(pad));
    return caps ? caps : Ref<GstCaps>::adopt(gst_pad_query_caps(pad, nullptr));
}

void write_planes(const GstVideoFrame& frame, std::FILE* file) {
    for (guint plane = 0; plane < GST_VIDEO_FRAME_N_PLANES(&frame); ++plane) {
        const auto* row = static_cast<const char*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, plane));
        const auto width = static_cast<std::size_t>(GST_VIDEO_FRAME_COMP_WIDTH(&frame, plane));
        for (int y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT(&frame, plane); ++y) {
            std::fwrite(row, 1, width, file);
            row += GST_VIDEO_FRAME_PLANE_STRIDE(&frame, plane);
        }
    }
}

struct Brightness {
    double mean, deviation;
};

Brightness brightness_of(const GstVideoFrame& frame) {
    const auto* row = static_cast<const std::uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, 0));
    double sum = 0;
    double squares = 0;
    for (int y = 0; y < GST_VIDEO_FRAME_HEIGHT(&frame); ++y) {
        for (int x = 0; x < GST_VIDEO_FRAME_WIDTH(&frame); ++x) {
            const double luma = row[x];
            sum += luma;
            squares += luma * luma;
        }
        row += GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0);
    }
    const double pixels = static_cast<double>(GST_VIDEO_FRAME_WIDTH(&frame)) * GST_VIDEO_FRAME_HEIGHT(&frame);
    const double mean = sum / pixels;
    return {mean, std::sqrt(std::max(0.0, squares / pixels - mean * mean))};
}

}  // namespace

Shared Reception::begin(GstBin* bin, GstPad* pad, std::FILE* raw) {
    const Shared reception(new Reception(raw));
    const auto caps = caps_of(pad);
    reception->received_.kind = text_field(caps.get(), "media");
    reception->received_.codec = text_field(caps.get(), "encoding-name");

    constexpr GstPadProbeCallback on_packet = [](GstPad*, GstPadProbeInfo* info, gpointer data) {
        kept<Shared>(data)->count(GST_PAD_PROBE_INFO_BUFFER(info));
        return GST_PAD_PROBE_OK;
    };
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, on_packet, keep(reception), drop<Shared>);

    GstElement* const decoder = add(bin, "decodebin");
    if (decoder == nullptr) return reception;
    constexpr auto on_decoded = +[](GstElement* element, GstPad* decoded, Shared* shared) {
        const auto parent = Ref<GstObject>::adopt(gst_object_get_parent(GST_OBJECT(element)));
        if (parent) add_sink(*shared, GST_BIN(parent.get()), decoded);
    };
    g_signal_connect_data(decoder, "pad-added", G_CALLBACK(on_decoded), keep(reception), drop_closure<Shared>,
                          GConnectFlags{});
    sync_with_parent(decoder);
    const auto sink = Ref<GstPad>::adopt(gst_element_get_static_pad(decoder, "sink"));
    gst_pad_link(pad, sink.get());
    return reception;
}

void Reception::add_sink(const Shared& reception, GstBin* bin, GstPad* decoded) {
    const std::string_view media = gst_structure_get_name(gst_caps_get_structure(caps_of(decoded).get(), 0));
    const bool is_picture = media.starts_with("video/");
    GstElement* const convert = add(bin, is_picture ? "videoconvert" : "audioconvert");
    GstElement* const appsink = add(bin, "appsink");
    if (convert == nullptr || appsink == nullptr) return;
    const auto caps = Ref<GstCaps>::adopt(
        gst_caps_from_string(is_picture ? "video/x-raw,format=I420"
                                        : "audio/x-raw,format=" GST_AUDIO_NE(S16) ",layout=interleaved"));
    gst_app_sink_set_caps(GST_APP_SINK(appsink), caps.get());
    g_object_set(appsink, "sync", FALSE, "async", FALSE, "enable-last-sample", FALSE, nullptr);
    GstAppSinkCallbacks callbacks{};
    callbacks.new_sample = [](GstAppSink* sink, gpointer data) {
        const auto sample = Ref<GstSample>::adopt(gst_app_sink_pull_sample(sink));
        if (!sample) return GST_FLOW_EOS;
        kept<Shared>(data)->take(sample.get());
        return GST_FLOW_OK;
    };
    gst_app_sink_set_callbacks(GST_APP_SINK(appsink), &callbacks, keep(reception), drop<Shared>);
    gst_element_link(convert, appsink);
    sync_with_parent(appsink);
    sync_with_parent(convert);
    const auto sink = Ref<GstPad>::adopt(gst_element_get_static_pad(convert, "sink"));
    gst_pad_link(decoded, sink.get());
}

Received Reception::so_far() const {
    const std::lock_guard lock(mutex_);
    return received_;
}

void Reception::count(GstBuffer* packet) {
    std::uint8_t header[4];
    if (gst_buffer_extract(packet, 0, header, sizeof header) != sizeof header) return;
    const auto sequence = static_cast<std::uint16_t>(header[2] << 8 | header[3]);
    const std::lock_guard lock(mutex_);
    received_.payload_type = header[1] & 0x7fu;
    if (expected_) received_.lost += static_cast<std::uint16_t>(sequence - *expected_);
    expected_ = static_cast<std::uint16_t>(sequence + 1);
    ++received_.packets;
}

void Reception::take(GstSample* decoded) {
    const GstStructure* caps = gst_caps_get_structure(gst_sample_get_caps(decoded), 0);
    if (gst_structure_has_name(caps, "video/x-raw") != FALSE) {
        take_picture(decoded);
    } else {
        take_sound(decoded);
    }
}

void Reception::take_picture(GstSample* picture) {
    GstVideoInfo info;
    GstVideoFrame frame;
    if (gst_video_info_from_caps(&info, gst_sample_get_caps(picture)) == FALSE ||
        gst_video_frame_map(&frame, &info, gst_sample_get_buffer(picture), GST_MAP_READ) == FALSE)
        return;
    const Brightness brightness = brightness_of(frame);
    {
        const std::lock_guard lock(mutex_);
        ++received_.frames;
        received_.width = GST_VIDEO_FRAME_WIDTH(&frame);
        received_.height = GST_VIDEO_FRAME_HEIGHT(&frame);
        received_.luma_mean = brightness.mean;
        received_.luma_deviation = brightness.deviation;
    }
    if (raw_ != nullptr) write_planes(frame, raw_);
    gst_video_frame_unmap(&frame);
}

void Reception::take_sound(GstSample* sound) {
    GstAudioInfo info;
    if (gst_audio_info_from_caps(&info, gst_sample_get_caps(sound)) == FALSE) return;
    const MappedBuffer mapped(gst_sample_get_buffer(sound));
    const auto bytes = mapped.bytes();
    const auto* samples = reinterpret_cast<const std::int16_t*>(bytes.data());
    int loudest = 0;
    for (std::size_t at = 0; at < bytes.size() / sizeof *samples; ++at)
        loudest = std::max(loudest, std::abs(int{samples[at]}));
    const std::lock_guard lock(mutex_);
    received_.samples += bytes.size() / static_cast<std::size_t>(GST_AUDIO_INFO_BPF(&info));
    received_.rate = GST_AUDIO_INFO_RATE(&info);
    received_.channels = GST_AUDIO_INFO_CHANNELS(&info);
    received_.loudest = std::max(received_.loudest, loudest / 32768.0);
}

}  // namespace rill::test
