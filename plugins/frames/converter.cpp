#include "converter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace rill::frames {

namespace {

/// A frame that is mapped while this lives.
class MappedFrame {
  public:
    MappedFrame(const GstVideoInfo& info, GstBuffer* buffer, GstMapFlags flags)
        : mapped_(gst_video_frame_map(&frame_, &info, buffer, flags) != FALSE) {}
    MappedFrame(const MappedFrame&) = delete;
    MappedFrame& operator=(const MappedFrame&) = delete;
    ~MappedFrame() {
        if (mapped_) gst_video_frame_unmap(&frame_);
    }
    explicit operator bool() const { return mapped_; }
    GstVideoFrame* get() { return &frame_; }

  private:
    GstVideoFrame frame_{};
    bool mapped_;
};

using Table = std::array<std::uint8_t, 256>;

/// From `least` … `least + span` to 0–255, about `centre`, which stays where it is in the middle.
Table expansion(int least, int span, int centre) {
    Table values{};
    for (int i = 0; i < 256; ++i) {
        const double full = (i - (centre > 0 ? centre : least)) * 255.0 / span + centre;
        values[static_cast<std::size_t>(i)] =
            static_cast<std::uint8_t>(std::clamp(std::lround(full), 0L, 255L));
    }
    return values;
}

void apply(const Table& table, std::span<std::uint8_t> samples) {
    for (std::uint8_t& sample : samples)
        sample = table[sample];
}

void expand_luma(std::span<std::uint8_t> samples) {
    static const Table table = expansion(16, 219, 0);
    apply(table, samples);
}

void expand_chroma(std::span<std::uint8_t> samples) {
    static const Table table = expansion(16, 224, 128);
    apply(table, samples);
}

bool has_limited_range(const GstVideoInfo& info) {
    return info.colorimetry.range == GST_VIDEO_COLOR_RANGE_16_235;
}

/// The colours of the target. Where the matrix is the same GStreamer 1.22 copies samples, whatever
/// the ranges are. So then the range is said to be the same, too, and is put right afterwards.
void colour(GstVideoInfo& target, PixelFormat format, const GstVideoInfo& source) {
    const bool has_luma = GST_VIDEO_INFO_IS_YUV(&source) || GST_VIDEO_INFO_IS_GRAY(&source);
    const bool is_bt601 = source.colorimetry.matrix == GST_VIDEO_COLOR_MATRIX_BT601;
    switch (format) {
        case PixelFormat::gray:
        case PixelFormat::i420:
            if (has_luma) target.colorimetry = source.colorimetry;
            return;
        case PixelFormat::jpeg:
            target.colorimetry = source.colorimetry;
            if (has_luma && is_bt601) return;
            target.colorimetry.matrix = GST_VIDEO_COLOR_MATRIX_BT601;
            target.colorimetry.range = GST_VIDEO_COLOR_RANGE_0_255;
            return;
        case PixelFormat::bgr:
        case PixelFormat::rgb:
        case PixelFormat::png:
            return;
    }
}

void make_full_range(PixelFormat format, Size size, std::span<std::uint8_t> out) {
    const std::size_t luma = format == PixelFormat::jpeg ? bytes_of(PixelFormat::gray, size) : out.size();
    expand_luma(out.first(luma));
    expand_chroma(out.subspan(luma));
}

GstVideoInfo as_progressive(GstVideoInfo info) {
    // Fields stay woven: a converter of whole frames takes no other.
    info.interlace_mode = GST_VIDEO_INTERLACE_MODE_PROGRESSIVE;
    return info;
}

}  // namespace

PixelFormat source_of(PixelFormat format) {
    if (format == PixelFormat::jpeg) return PixelFormat::i420;
    return format == PixelFormat::png ? PixelFormat::rgb : format;
}

bool Converter::fits(const Decoded& source, PixelFormat format, Size size) const {
    return converter_ && kind_.format == format && kind_.size == size &&
           gst_video_info_is_equal(&kind_.source, &source.info) != FALSE;
}

Result<> Converter::prepare(const Decoded& source, PixelFormat format, Size size) {
    if (fits(source, format, size)) return ok();
    kind_ = {source.info, format, size};
    const GstVideoInfo from = as_progressive(source.info);
    target_ = tight_info(source_of(format), size);
    target_.fps_n = from.fps_n;
    target_.fps_d = from.fps_d;
    colour(target_, format, from);
    // Every pixel of a larger picture counts, which the linear method sees to when it may have as many taps
    // as that needs.
    GstStructure* const settings = gst_structure_new(
        "settings", GST_VIDEO_CONVERTER_OPT_RESAMPLER_METHOD, GST_TYPE_VIDEO_RESAMPLER_METHOD,
        GST_VIDEO_RESAMPLER_METHOD_LINEAR, GST_VIDEO_CONVERTER_OPT_DITHER_METHOD,
        GST_TYPE_VIDEO_DITHER_METHOD, GST_VIDEO_DITHER_NONE, nullptr);
    converter_.reset(gst_video_converter_new(&from, &target_, settings));
    if (converter_) return ok();
    return Error{Code::internal,
                 fmt::format("GStreamer cannot make {} of {}", to_string(format),
                             gst_video_format_to_string(GST_VIDEO_INFO_FORMAT(&source.info)))};
}

Result<Colour> Converter::convert(const Decoded& source, PixelFormat format, Size size,
                                  std::span<std::uint8_t> out) {
    if (const auto prepared = prepare(source, format, size); !prepared) return prepared.error();
    const auto buffer = Ref<GstBuffer>::adopt(gst_buffer_new_wrapped_full(
        GstMemoryFlags{}, out.data(), out.size(), 0, out.size(), nullptr, nullptr));
    {
        MappedFrame from(as_progressive(source.info), source.buffer.get(), GST_MAP_READ);
        MappedFrame to(target_, buffer.get(), GST_MAP_WRITE);
        if (!from || !to) return Error{Code::internal, "a decoded picture cannot be read"};
        gst_video_converter_frame(converter_.get(), from.get(), to.get());
    }
    if (format != PixelFormat::i420 && has_limited_range(target_)) make_full_range(format, size, out);
    if (format != PixelFormat::i420) return Colour{};
    return Colour{static_cast<std::uint8_t>(gst_video_color_matrix_to_iso(target_.colorimetry.matrix)),
                  !has_limited_range(target_)};
}

}  // namespace rill::frames
