// Puts files of cmaf::Writer together into one, without touching a sample: which track a stored track
// becomes, the boxes before the first fragment, and what changes in a fragment on its way out.
//
// Threading: no state but the object's own.
#pragma once

#include <rill/media/cmaf_reader.hpp>
#include <rill/ref.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace rill::cmaf {

/// Where the samples of a stored track go.
struct JoinedPlace {
    /// As a track: its samples stay where they are and nothing refers to them.
    static constexpr std::size_t left_out = static_cast<std::size_t>(-1);

    std::size_t track = 0;          ///< index; the track_ID is one more
    std::uint32_t description = 1;  ///< its sample_description_index (ISO/IEC 14496-12 §8.5.2)

    bool operator==(const JoinedPlace&) const = default;
};

/// A track of the joined file: one codec, one time scale, and a sample entry for each set of parameters.
struct JoinedTrack {
    std::vector<std::shared_ptr<const Format>> descriptions;
    std::uint32_t time_scale = 0;
};

/// The tracks of a file that is put together.
class JoinedTracks {
  public:
    /// Finds room for the tracks of one more file and says where each goes. Two tracks of one file never
    /// share a track.
    std::vector<JoinedPlace> add(const Init& init);
    std::span<const JoinedTrack> tracks() const { return tracks_; }

    /// ftyp and moov. Playing begins at `begin` on the files' common time line, which an edit list says
    /// (§8.6.6; its duration is 0, to the end of the fragments). `duration`: how long it then takes, 0 when
    /// that is not known (mehd, §8.8.2).
    Ref<GBytes> init_segment(Nanoseconds begin, Nanoseconds duration) const;

  private:
    std::vector<JoinedTrack> tracks_;
};

/// The parameter sets of a video format as NAL units with lengths, to be put in front of a sample; empty for
/// sound. avc1 and hvc1 have no use for them, but ffmpeg does not look at a fragment's
/// sample_description_index.
std::vector<std::uint8_t> in_band_parameter_sets(const Format& format);

struct FragmentMove {
    std::span<const JoinedPlace> places;  ///< of the tracks of the fragment's file
    Nanoseconds delta{0};                 ///< what is added to all times, rounded to ticks once
    std::uint32_t sequence = 0;           ///< for mfhd
    /// So many bytes are going to be put in front of the first sample of a track of the fragment's file.
    std::optional<std::size_t> grown_track;
    std::uint32_t growth = 0;
};

struct MovedFragment {
    std::size_t moof_bytes = 0;
    /// Where the bytes of `growth` belong, from the start of the moof as it was. Nothing when the track has
    /// no sample here: nothing was changed for them.
    std::optional<std::uint64_t> growth_at;
};

/// Makes a stored fragment one of a joined file: rewrites mfhd, tfhd, tfdt and, if it grows, trun and the
/// size of mdat, each in its place. The traf of a track that is left out becomes a free box (§8.1.2). `bytes`
/// begin with a moof and the 8 bytes of mdat's header. A base time below 0 becomes 0. They are as before when
/// there is an error: unsupported_media as parse_fragment says, invalid_config when `places` are not as many
/// as the tracks.
Result<MovedFragment> move_fragment(std::span<std::uint8_t> bytes, const Init& init,
                                    const FragmentMove& move);

}  // namespace rill::cmaf
