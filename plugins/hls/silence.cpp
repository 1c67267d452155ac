#include "silence.hpp"

#include <array>
#include <chrono>
#include <optional>
#include <string_view>

namespace rill::hls {

namespace {

/// Appends bit fields, most significant bit first.
class BitWriter {
  public:
    void put(unsigned value, unsigned bits) {
        for (unsigned i = bits; i-- > 0;) {
            if (used_ % 8 == 0) bytes_.push_back(0);
            bytes_.back() =
                static_cast<std::uint8_t>(bytes_.back() | (((value >> i) & 1U) << (7 - used_ % 8)));
            ++used_;
        }
    }
    std::vector<std::uint8_t> take() { return std::move(bytes_); }

  private:
    std::vector<std::uint8_t> bytes_;
    unsigned used_ = 0;
};

/// channelConfiguration of an AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1).
std::optional<unsigned> channel_configuration(const std::vector<std::uint8_t>& config) {
    const auto bits = [&config](std::size_t start, std::size_t count) -> std::optional<unsigned> {
        if ((start + count + 7) / 8 > config.size()) return std::nullopt;
        unsigned value = 0;
        for (std::size_t i = start; i < start + count; ++i)
            value = value << 1 | ((config[i / 8] >> (7 - i % 8)) & 1U);
        return value;
    };
    constexpr unsigned escaped_object_type = 31;
    constexpr unsigned explicit_frequency = 15;
    const auto object_type = bits(0, 5);
    if (!object_type) return std::nullopt;
    const std::size_t frequency_at = *object_type == escaped_object_type ? 11 : 5;
    const auto frequency = bits(frequency_at, 4);
    if (!frequency) return std::nullopt;
    return bits(frequency_at + (*frequency == explicit_frequency ? 28 : 4), 4);
}

/// individual_channel_stream() without a single spectral band (§4.4.2.7).
void put_silent_channel(BitWriter& out) {
    out.put(0, 8);  // global_gain
    out.put(0, 1);  // ics_reserved_bit
    out.put(0, 2);  // window_sequence: ONLY_LONG_SEQUENCE
    out.put(0, 1);  // window_shape
    out.put(0, 6);  // max_sfb: no section, scale factor or spectral data follow
    out.put(0, 1);  // predictor_data_present
    out.put(0, 3);  // pulse, tns, gain control
}

/// raw_data_block() (§4.4.2.1) of the elements that each channel configuration consists of (table 1.19).
std::vector<std::uint8_t> silent_aac(const Format& format) {
    constexpr std::array<std::string_view, 8> elements = {"", "S", "P", "SP", "SPS", "SPP", "SPPL", "SPPPL"};
    constexpr unsigned single = 0;
    constexpr unsigned pair = 1;
    constexpr unsigned low_frequency = 3;
    constexpr unsigned end = 7;
    const auto configuration = channel_configuration(format.config);
    if (!configuration || *configuration == 0 || *configuration >= elements.size()) return {};
    BitWriter out;
    unsigned singles = 0;
    unsigned pairs = 0;
    for (const char element : elements[*configuration]) {
        if (element == 'P') {
            out.put(pair, 3);
            out.put(pairs++, 4);
            out.put(0, 1);  // common_window
            put_silent_channel(out);
        } else {
            out.put(element == 'S' ? single : low_frequency, 3);
            out.put(element == 'S' ? singles++ : 0, 4);
        }
        put_silent_channel(out);
    }
    out.put(end, 3);
    return out.take();
}

/// RFC 6716 §3.1 and §4.3: one CELT frame of 20 ms, full band, whose silence flag is set.
std::vector<std::uint8_t> silent_opus(const Format& format) {
    constexpr unsigned celt_full_band_20ms = 31U << 3;
    constexpr unsigned stereo = 1U << 2;
    return {static_cast<std::uint8_t>(celt_full_band_20ms | (format.channels == 1 ? 0U : stereo)), 0xff,
            0xfe};
}

}  // namespace

std::vector<std::uint8_t> silent_frame(const Format& format) {
    if (format.codec == Codec::aac) return silent_aac(format);
    if (format.codec == Codec::opus && format.channels <= 2) return silent_opus(format);
    return {};
}

Nanoseconds frame_duration(const Format& format) {
    constexpr std::int64_t aac_frame_samples = 1024;
    if (format.codec != Codec::aac || format.sample_rate <= 0) return std::chrono::milliseconds(20);
    return std::chrono::nanoseconds(std::chrono::seconds(aac_frame_samples)) / format.sample_rate;
}

UnitPtr silent_unit(const std::shared_ptr<const Format>& format, const std::vector<std::uint8_t>& frame,
                    Nanoseconds dts, Nanoseconds duration) {
    auto unit = std::make_shared<AccessUnit>();
    unit->format = format;
    unit->buffer = Ref<GstBuffer>::adopt(gst_buffer_new_memdup(frame.data(), frame.size()));
    unit->dts = dts;
    unit->pts = dts;
    unit->duration = duration;
    unit->keyframe = true;
    return unit;
}

}  // namespace rill::hls
