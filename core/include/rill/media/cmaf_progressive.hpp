// A progressive MP4 file of stored fragments: one moov with complete sample tables (ISO/IEC 14496-12 §8.5 to
// §8.7) in front of one mdat, in which the fragments lie as they are stored, moofs and all.
#pragma once

#include <rill/media/cmaf_join.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace rill::cmaf {

/// Gathers the samples of fragments. Memory: 4 bytes a sample, 8 more where its duration differs from the one
/// before, 8 more where its composition offset does, 4 for a keyframe, 20 for a run; head() takes as much
/// again.
///
/// Threading: none of its own.
class SampleTables {
  public:
    /// Fragments come in the order of their times. Each run goes to `places` of its track, `delta` later, as
    /// with move_fragment. `position` is where the moof comes to lie, from the beginning of mdat's content.
    /// Decode times that do not grow are moved behind the one before.
    void add(const Fragment& fragment, const Init& init, std::span<const JoinedPlace> places,
             Nanoseconds delta, std::uint64_t position);
    std::size_t samples() const { return samples_; }

    /// ftyp, moov and the header of an mdat with `content` bytes. Playing begins at `begin` of the fragments'
    /// common time line; tracks that begin later wait (§8.6.6). A track without samples is there, empty.
    Ref<GBytes> head(const JoinedTracks& tracks, Nanoseconds begin, std::uint64_t content) const;

  private:
    friend class TableWriter;
    /// So many samples in a row have this value.
    struct Repeated {
        std::uint32_t count = 0;
        std::uint32_t value = 0;
    };
    struct ChunkRun {
        std::uint32_t first_chunk = 0;
        std::uint32_t samples = 0;
        std::uint32_t description = 0;
    };
    struct Track {
        std::uint64_t first_dts = 0;
        std::uint64_t last_dts = 0;
        std::int64_t first_pts = 0;
        std::int64_t end_pts = 0;  ///< where the last picture has been shown
        std::uint32_t last_duration = 0;
        std::vector<Repeated> durations;  ///< of all but the last sample
        std::vector<Repeated> composition_offsets;
        std::vector<std::uint32_t> sizes;
        std::vector<std::uint32_t> keyframes;  ///< numbers of samples, from 1
        std::vector<std::uint64_t> chunks;     ///< from the beginning of mdat's content
        std::vector<ChunkRun> chunk_runs;
    };
    static void repeat(std::vector<Repeated>& values, std::uint32_t value);
    static void add_sample(Track& track, std::uint64_t dts, const SampleInfo& sample);

    std::vector<Track> tracks_;
    std::size_t samples_ = 0;
};

}  // namespace rill::cmaf
