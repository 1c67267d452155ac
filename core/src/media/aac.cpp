#include "aac.hpp"

#include <fmt/format.h>

#include <array>

namespace rill::aac {
namespace {

/// Audio object types (Table 1.17).
enum ObjectType : unsigned {
    main = 1,
    low_complexity = 2,
    scalable_sample_rate = 3,
    long_term_prediction = 4,
    spectral_band_replication = 5,
    scalable = 6,
    twin_vq = 7,
    bit_sliced = 22,
    parametric_stereo = 29,
};

unsigned read_object_type(BitReader& config) {
    constexpr unsigned escape = 31;
    const unsigned type = config.bits(5);
    return type == escape ? 32 + config.bits(6) : type;
}

/// 0 for a reserved index.
int read_sample_rate(BitReader& config) {
    constexpr std::array rates{96000, 88200, 64000, 48000, 44100, 32000, 24000,
                               22050, 16000, 12000, 11025, 8000,  7350};
    constexpr unsigned escape = 15;
    const unsigned index = config.bits(4);
    if (index == escape) return static_cast<int>(config.bits(24));
    return index < rates.size() ? rates[index] : 0;
}

int channels_of(unsigned configuration) {
    constexpr std::array<int, 15> channels{0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8, 24, 8};
    return configuration < channels.size() ? channels[configuration] : 0;
}

/// Object types whose configuration is a GASpecificConfig (§4.4.1); the only ones before a backward
/// compatible extension that are met in practice.
bool is_general_audio(unsigned object_type) {
    return (object_type >= main && object_type <= twin_vq && object_type != spectral_band_replication) ||
           (object_type >= 17 && object_type <= 23);
}

/// Reads past a GASpecificConfig without a program config element. Returns false where there is one.
bool skip_general_audio(BitReader& config, unsigned object_type, unsigned channel_configuration) {
    if (channel_configuration == 0) return false;
    config.skip(1);  // frameLengthFlag
    const bool depends_on_core_coder = config.flag();
    if (depends_on_core_coder) config.skip(14);
    const bool extension = config.flag();
    if (object_type == scalable || object_type == 20) config.skip(3);
    if (extension) {
        if (object_type == bit_sliced) config.skip(5 + 11);
        if (object_type == 17 || object_type == 19 || object_type == 20 || object_type == 23) config.skip(3);
        config.skip(1);
    }
    return config.ok();
}

std::string profile_name(unsigned object_type) {
    switch (object_type) {
        case main:
            return "Main";
        case low_complexity:
            return "LC";
        case scalable_sample_rate:
            return "SSR";
        case long_term_prediction:
            return "LTP";
        case spectral_band_replication:
            return "HE-AAC";
        case parametric_stereo:
            return "HE-AACv2";
        default:
            return {};
    }
}

/// The outermost tool that the configuration signals and the rate it gives.
struct Signalled {
    unsigned object_type = 0;
    int sample_rate = 0;
};

/// The SBR and PS extension that older decoders do not see behind the LC configuration (§1.6.6.2, "explicit
/// backward compatible signalling").
Signalled read_backward_compatible_extension(BitReader& config, Signalled core) {
    constexpr unsigned sbr_sync = 0x2B7;
    constexpr unsigned ps_sync = 0x548;
    constexpr unsigned sync_bits = 11;
    if (config.bits_left() < sync_bits || config.bits(sync_bits) != sbr_sync) return core;
    if (read_object_type(config) != spectral_band_replication) return core;
    const bool sbr = config.flag();
    if (!sbr) return core;
    const Signalled extended{spectral_band_replication, read_sample_rate(config)};
    if (!config.ok() || extended.sample_rate == 0) return core;
    if (config.bits_left() < sync_bits || config.bits(sync_bits) != ps_sync) return extended;
    return config.flag() ? Signalled{parametric_stereo, extended.sample_rate} : extended;
}

}  // namespace

std::optional<AudioParameters> parse_config(Bytes bytes) {
    BitReader config(bytes);
    unsigned object_type = read_object_type(config);
    Signalled signalled{object_type, read_sample_rate(config)};
    const unsigned channel_configuration = config.bits(4);
    if (object_type == spectral_band_replication || object_type == parametric_stereo) {
        signalled.sample_rate = read_sample_rate(config);
        object_type = read_object_type(config);
    } else if (is_general_audio(object_type) &&
               skip_general_audio(config, object_type, channel_configuration)) {
        signalled = read_backward_compatible_extension(config, signalled);
    }
    if (!config.ok() || object_type == 0 || signalled.sample_rate <= 0) return std::nullopt;

    AudioParameters audio;
    audio.sample_rate = signalled.sample_rate;
    audio.channels = channels_of(channel_configuration);
    if (signalled.object_type == parametric_stereo && audio.channels == 1) audio.channels = 2;
    audio.profile = profile_name(signalled.object_type);
    audio.codec_string = fmt::format("mp4a.40.{}", signalled.object_type);
    return audio;
}

}  // namespace rill::aac
