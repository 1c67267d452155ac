// The init segment of a presentation (ISO/IEC 14496-12 §8.2.1; of one CMAF track: ISO/IEC 23000-19 §7.3.1).
#pragma once

#include <rill/media/access_unit.hpp>
#include <rill/result.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace rill::cmaf {

/// objectTypeIndication of a DecoderConfigDescriptor (ISO/IEC 14496-1 §7.2.6.6.2, table 5).
constexpr std::uint8_t mpeg4_audio_object_type = 0x40;
constexpr std::uint8_t jpeg_object_type = 0x6C;

/// Ticks a second of a track's times.
std::uint32_t time_scale(const Format& format);

/// Error: not_acceptable when the format cannot be described in an init segment.
Result<> check_format(const Format& format);

class BoxWriter;

/// An entry of an edit list (ISO/IEC 14496-12 §8.6.6).
struct Edit {
    std::uint64_t duration = 0;    ///< of the movie's time; 0: to the end of a fragmented file
    std::int64_t media_time = -1;  ///< of the track's time; -1: nothing to show
};

/// What a trak says.
struct MovieTrack {
    /// Its sample entries, at least one: of one kind and one time scale.
    std::vector<std::shared_ptr<const Format>> descriptions;
    std::vector<Edit> edits;
    std::uint64_t media_duration = 0;  ///< ticks; 0 where the samples are in fragments
    std::uint64_t movie_duration = 0;  ///< the same with the edits, of the movie's time
    /// Writes stts to stco. Not set: there are no samples outside of fragments.
    std::function<void(BoxWriter&)> sample_tables;
};

/// What a moov says.
struct Movie {
    std::vector<MovieTrack> tracks;
    std::uint32_t time_scale = 1000;
    std::uint64_t duration = 0;
    bool fragmented = true;
    std::uint64_t fragment_duration = 0;  ///< for mehd (§8.8.2); 0: not known
};

/// ftyp and moov. `tracks` hold formats that check_format accepts.
void write_movie(BoxWriter& out, const Movie& movie);

/// ftyp and moov of formats that check_format accepts.
Ref<GBytes> init_segment(std::span<const std::shared_ptr<const Format>> tracks);

}  // namespace rill::cmaf
