#include "cmaf_init.hpp"

#include "aac.hpp"
#include "box_writer.hpp"
#include "h265.hpp"

#include <rill/media/cmaf.hpp>
#include <rill/media/formats.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace rill::cmaf {

bool can_write(Codec codec) {
    switch (codec) {
        case Codec::h264:
        case Codec::h265:
        case Codec::mjpeg:
        case Codec::aac:
        case Codec::opus:
        case Codec::pcmu:
        case Codec::pcma:
            return true;
        case Codec::vp8:
        case Codec::vp9:
        case Codec::g722:
        case Codec::lpcm:
            break;
    }
    return false;
}

bool is_cmaf(Codec codec) {
    switch (codec) {
        case Codec::h264:
        case Codec::h265:
        case Codec::aac:
        case Codec::opus:
            return true;
        case Codec::vp8:
        case Codec::vp9:
        case Codec::mjpeg:
        case Codec::pcmu:
        case Codec::pcma:
        case Codec::g722:
        case Codec::lpcm:
            break;
    }
    return false;
}

std::uint32_t time_scale(const Format& format) {
    constexpr std::uint32_t video_clock =
        90000;  // a whole number of ticks at 24, 25, 30, 50, 60 and 30000/1001
    return format.kind == Kind::video ? video_clock : static_cast<std::uint32_t>(format.sample_rate);
}

namespace {

/// G.711 has no record of its own: rate and channels stand in 16 bits of the sample entry or nowhere.
bool fits_sound_description(const Format& format) {
    constexpr int max_field = std::numeric_limits<std::uint16_t>::max();
    return format.config.empty() && format.sample_rate <= max_field && format.channels <= max_field;
}

bool has_valid_config(const Format& format) {
    switch (format.codec) {
        case Codec::h264:
            return format.kind == Kind::video && parse_h264_config(format.config).has_value();
        case Codec::h265:
            return format.kind == Kind::video && parse_h265_config(format.config).has_value();
        case Codec::mjpeg:
            return format.kind == Kind::video && format.config.empty();
        case Codec::aac:
            return format.kind == Kind::audio && aac::parse_config(format.config).has_value();
        case Codec::opus:
            return format.kind == Kind::audio && format.channels <= 2;
        case Codec::pcmu:
        case Codec::pcma:
            return format.kind == Kind::audio && fits_sound_description(format);
        case Codec::vp8:
        case Codec::vp9:
        case Codec::g722:
        case Codec::lpcm:
            break;
    }
    return false;
}

bool has_valid_dimensions(const Format& format) {
    constexpr int max_side = std::numeric_limits<std::uint16_t>::max();
    if (format.kind == Kind::audio) return format.sample_rate > 0 && format.channels > 0;
    return format.width > 0 && format.height > 0 && format.width <= max_side && format.height <= max_side;
}

}  // namespace

Result<> check_format(const Format& format) {
    if (!can_write(format.codec)) {
        return Error{Code::not_acceptable,
                     fmt::format("{} cannot be written to MP4; record the path's other tracks",
                                 to_string(format.codec))};
    }
    if (!has_valid_config(format) || !has_valid_dimensions(format)) {
        return Error{Code::not_acceptable,
                     fmt::format("the {} configuration record is broken", to_string(format.codec))};
    }
    return ok();
}

namespace {

constexpr std::uint32_t fixed_point_one = 0x10000;  // 16.16

/// What the parameter sets say, or of a picture without them that its pixels are square.
std::optional<VideoParameters> video_parameters(const Format& format) {
    if (format.codec == Codec::mjpeg) return VideoParameters{};
    return format.codec == Codec::h264 ? parse_h264_config(format.config) : parse_h265_config(format.config);
}

/// The width that square pixels would have, in 16.16 (ISO/IEC 14496-12 §8.3.2.3).
std::uint64_t presentation_width(const Format& format) {
    constexpr std::uint64_t widest =
        std::numeric_limits<std::uint16_t>::max() * std::uint64_t{fixed_point_one};
    const std::uint64_t width = static_cast<std::uint64_t>(format.width) * fixed_point_one;
    const auto video = video_parameters(format);
    if (!video) return 0;
    return std::min(widest, width * static_cast<std::uint64_t>(video->aspect_width) /
                                static_cast<std::uint64_t>(video->aspect_height));
}

/// Writes the moov of one presentation. Box by box in the order of ISO/IEC 14496-12 §6.2.3.
class MovieWriter {
  public:
    explicit MovieWriter(BoxWriter& out) : out_(out) {}

    void movie(const Movie& movie) {
        out_.box("moov", [&] {
            movie_header(movie);
            for (std::size_t i = 0; i < movie.tracks.size(); ++i)
                track(movie.tracks[i], i + 1);
            if (!movie.fragmented) return;
            out_.box("mvex", [&] {
                if (movie.fragment_duration > 0) {
                    out_.full_box("mehd", 1, 0, [&] { out_.u64(movie.fragment_duration); });
                }
                for (std::size_t i = 0; i < movie.tracks.size(); ++i)
                    track_extends(i + 1);
            });
        });
    }

  private:
    /// Version 1 of a header has 64 bits for each of its times.
    static unsigned version_for(std::uint64_t duration) {
        return duration > std::numeric_limits<std::uint32_t>::max() ? 1 : 0;
    }
    void time(unsigned version, std::uint64_t time) {
        if (version == 1) {
            out_.u64(time);
        } else {
            out_.u32(time);
        }
    }
    void creation_and_modification(unsigned version) { out_.zeros(version == 1 ? 8 + 8 : 4 + 4); }

    void movie_header(const Movie& movie) {
        const unsigned version = version_for(movie.duration);
        out_.full_box("mvhd", version, 0, [&] {
            creation_and_modification(version);
            out_.u32(movie.time_scale);
            time(version, movie.duration);  // 0: the fragments have it
            out_.u32(fixed_point_one);
            out_.u16(0x0100);  // volume
            out_.zeros(2 + 8);
            unity_matrix();
            out_.zeros(24);                     // pre_defined
            out_.u32(movie.tracks.size() + 1);  // next_track_ID
        });
    }

    void unity_matrix() {
        constexpr std::uint32_t w_one = 0x40000000;  // 2.30
        for (const std::uint32_t value : {fixed_point_one, 0U, 0U, 0U, fixed_point_one, 0U, 0U, 0U, w_one}) {
            out_.u32(value);
        }
    }

    void track(const MovieTrack& track, std::size_t id) {
        const Format& format = *track.descriptions.front();
        out_.box("trak", [&] {
            track_header(track, id);
            if (!track.edits.empty()) edit_list(track.edits);
            out_.box("mdia", [&] {
                media_header(format, track.media_duration);
                handler(format.kind);
                out_.box("minf", [&] { media_information(track, id); });
            });
        });
    }

    void track_header(const MovieTrack& track, std::size_t id) {
        constexpr std::uint32_t enabled_in_movie = 3;
        const Format& format = *track.descriptions.front();
        const unsigned version = version_for(track.movie_duration);
        out_.full_box("tkhd", version, enabled_in_movie, [&] {
            creation_and_modification(version);
            out_.u32(id);
            out_.zeros(4);
            time(version, track.movie_duration);
            out_.zeros(8 + 2 + 2);  // layer, alternate_group
            out_.u16(format.kind == Kind::audio ? 0x0100 : 0);
            out_.zeros(2);
            unity_matrix();
            out_.u32(format.kind == Kind::video ? presentation_width(format) : 0);
            out_.u32(static_cast<std::uint32_t>(format.height) << 16);
        });
    }

    void edit_list(std::span<const Edit> edits) {
        out_.box("edts", [&] {
            out_.full_box("elst", 1, 0, [&] {
                out_.u32(edits.size());
                for (const Edit& edit : edits) {
                    out_.u64(edit.duration);
                    out_.u64(static_cast<std::uint64_t>(edit.media_time));
                    out_.u32(fixed_point_one);  // media_rate
                }
            });
        });
    }

    void media_header(const Format& format, std::uint64_t duration) {
        constexpr std::uint16_t undetermined_language = 0x55C4;  // "und" in three times five bits
        const unsigned version = version_for(duration);
        out_.full_box("mdhd", version, 0, [&] {
            creation_and_modification(version);
            out_.u32(time_scale(format));
            time(version, duration);
            out_.u16(undetermined_language);
            out_.zeros(2);
        });
    }

    void handler(Kind kind) {
        out_.full_box("hdlr", 0, 0, [&] {
            out_.zeros(4);
            out_.text(kind == Kind::video ? "vide" : "soun");
            out_.zeros(12);
            out_.text(to_string(kind));
            out_.u8(0);
        });
    }

    void media_information(const MovieTrack& track, std::size_t id) {
        if (track.descriptions.front()->kind == Kind::video) {
            out_.full_box("vmhd", 0, 1, [&] { out_.zeros(8); });
        } else {
            out_.full_box("smhd", 0, 0, [&] { out_.zeros(4); });
        }
        out_.box("dinf", [&] {
            out_.full_box("dref", 0, 0, [&] {
                constexpr std::uint32_t in_this_file = 1;
                out_.u32(1);
                out_.full_box("url ", 0, in_this_file, [] {});
            });
        });
        out_.box("stbl", [&] {
            out_.full_box("stsd", 0, 0, [&] {
                out_.u32(track.descriptions.size());
                for (const auto& format : track.descriptions)
                    sample_entry(*format, id);
            });
            if (track.sample_tables) return track.sample_tables(out_);
            out_.full_box("stts", 0, 0, [&] { out_.u32(0); });
            out_.full_box("stsc", 0, 0, [&] { out_.u32(0); });
            out_.full_box("stsz", 0, 0, [&] { out_.zeros(4 + 4); });
            out_.full_box("stco", 0, 0, [&] { out_.u32(0); });
        });
    }

    void sample_entry(const Format& format, std::size_t id) {
        switch (format.codec) {
            case Codec::h264:
                out_.box("avc1", [&] {
                    visual_sample_entry(format);
                    out_.box("avcC", [&] { out_.bytes(format.config); });
                    pixel_aspect_ratio(format);
                });
                break;
            case Codec::h265:
                out_.box("hvc1", [&] {
                    visual_sample_entry(format);
                    out_.box("hvcC", [&] { out_.bytes(h265::with_complete_arrays(format.config)); });
                    pixel_aspect_ratio(format);
                });
                break;
            case Codec::mjpeg:
                out_.box("mp4v", [&] {
                    visual_sample_entry(format);
                    elementary_stream_descriptor(format, id);
                });
                break;
            case Codec::aac:
                out_.box("mp4a", [&] {
                    audio_sample_entry(format);
                    elementary_stream_descriptor(format, id);
                });
                break;
            case Codec::opus:
                out_.box("Opus", [&] {
                    audio_sample_entry(format);
                    opus_specific(format);
                });
                break;
            case Codec::pcmu:
                out_.box("ulaw", [&] { audio_sample_entry(format); });
                break;
            case Codec::pcma:
                out_.box("alaw", [&] { audio_sample_entry(format); });
                break;
            case Codec::vp8:
            case Codec::vp9:
            case Codec::g722:
            case Codec::lpcm:
                break;  // check_format refuses them
        }
    }

    void sample_entry_start() {
        out_.zeros(6);
        out_.u16(1);  // data_reference_index
    }

    void visual_sample_entry(const Format& format) {
        constexpr std::uint32_t dots_per_inch = 72 * fixed_point_one;
        constexpr std::size_t compressor_name_size = 32;
        sample_entry_start();
        out_.zeros(2 + 2 + 3 * 4);
        out_.u16(static_cast<std::uint16_t>(format.width));
        out_.u16(static_cast<std::uint16_t>(format.height));
        out_.u32(dots_per_inch);
        out_.u32(dots_per_inch);
        out_.zeros(4);
        out_.u16(1);  // frame_count
        out_.zeros(compressor_name_size);
        out_.u16(24);      // depth
        out_.u16(0xFFFF);  // pre_defined
    }

    void pixel_aspect_ratio(const Format& format) {
        const auto video = video_parameters(format);
        if (!video || video->aspect_width == video->aspect_height) return;
        out_.box("pasp", [&] {
            out_.u32(static_cast<std::uint32_t>(video->aspect_width));
            out_.u32(static_cast<std::uint32_t>(video->aspect_height));
        });
    }

    void audio_sample_entry(const Format& format) {
        constexpr int max_rate = std::numeric_limits<std::uint16_t>::max();
        sample_entry_start();
        out_.zeros(8);
        out_.u16(static_cast<std::uint16_t>(format.channels));
        out_.u16(16);  // samplesize; QuickTime asks for 16 with compressed sound, too
        out_.zeros(2 + 2);
        // 16.16 has no room for 88200 and above; the codec's own record has the rate.
        out_.u32(format.sample_rate <= max_rate ? static_cast<std::uint32_t>(format.sample_rate) << 16 : 0);
    }

    /// ISO/IEC 14496-1 §7.2.6.5 in ISO/IEC 14496-14 §5.6. Of Motion JPEG there is no DecoderSpecificInfo.
    void elementary_stream_descriptor(const Format& format, std::size_t id) {
        constexpr std::uint8_t visual_stream = 0x04 << 2 | 1;
        constexpr std::uint8_t audio_stream = 0x05 << 2 | 1;
        constexpr std::size_t header = 1 + 4;  // tag and length as descriptor() writes them
        const std::size_t config = format.config.size();
        const std::size_t decoder_config = 1 + 1 + 3 + 4 + 4 + (config > 0 ? header + config : 0);
        out_.full_box("esds", 0, 0, [&] {
            descriptor(0x03, 2 + 1 + header + decoder_config + header + 1);
            out_.u16(id);
            out_.u8(0);
            descriptor(0x04, decoder_config);
            out_.u8(format.kind == Kind::video ? jpeg_object_type : mpeg4_audio_object_type);
            out_.u8(format.kind == Kind::video ? visual_stream : audio_stream);
            out_.zeros(3 + 4 + 4);  // buffer size and bit rates: unknown
            if (config > 0) {
                descriptor(0x05, config);
                out_.bytes(format.config);
            }
            descriptor(0x06, 1);
            out_.u8(2);  // SLConfigDescriptor, predefined for MP4
        });
    }

    /// The length as four groups of seven bits.
    void descriptor(std::uint8_t tag, std::size_t length) {
        out_.u8(tag);
        for (unsigned shift : {21U, 14U, 7U})
            out_.u8((length >> shift & 0x7F) | 0x80);
        out_.u8(length & 0x7F);
    }

    /// "Encapsulation of Opus in ISO Base Media File Format" §4.3.2. PreSkip is 0: a live stream is joined in
    /// the middle, so there is no encoder delay at its start to leave out.
    void opus_specific(const Format& format) {
        out_.box("dOps", [&] {
            out_.u8(0);
            out_.u8(static_cast<std::uint8_t>(format.channels));
            out_.u16(0);
            out_.u32(static_cast<std::uint32_t>(format.sample_rate));
            out_.zeros(2 + 1);  // OutputGain, ChannelMappingFamily
        });
    }

    void track_extends(std::size_t id) {
        out_.full_box("trex", 0, 0, [&] {
            out_.u32(id);
            out_.u32(1);            // default_sample_description_index
            out_.zeros(4 + 4 + 4);  // durations, sizes and flags are in the fragments
        });
    }

    BoxWriter& out_;
};

}  // namespace

void write_movie(BoxWriter& out, const Movie& movie) {
    out.box("ftyp", [&] {
        out.text("iso6");
        out.u32(0);
        out.text("iso6");
        // A CMAF header describes one track (ISO/IEC 23000-19 §7.3.1) in one format.
        const std::vector<MovieTrack>& tracks = movie.tracks;
        const bool one = tracks.size() == 1 && tracks.front().descriptions.size() == 1;
        if (movie.fragmented && one && is_cmaf(tracks.front().descriptions.front()->codec)) out.text("cmfc");
    });
    MovieWriter(out).movie(movie);
}

Ref<GBytes> init_segment(std::span<const std::shared_ptr<const Format>> tracks) {
    Movie movie;
    for (const auto& format : tracks)
        movie.tracks.push_back({.descriptions = {format}, .edits = {}, .sample_tables = {}});
    BoxWriter out;
    write_movie(out, movie);
    return out.to_bytes();
}

}  // namespace rill::cmaf
