// Reads back what cmaf::Writer (rill/media/cmaf.hpp) wrote, and nothing else: boxes or flags that it never
// writes are an error. Files on disk may be damaged, so every length is checked; memory is at most a small
// multiple of the bytes looked at.
//
// Threading: no state; any thread. Errors: unsupported_media, saying which box is wrong.
#pragma once

#include <rill/media/access_unit.hpp>
#include <rill/result.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace rill::cmaf {

/// An init segment. Writer::create takes its formats and makes the same bytes of them.
struct Init {
    /// As Writer got them, but for what the file does not hold: a frame rate that only the caps knew is 0,
    /// and array_completeness of an hvcC (ISO/IEC 14496-15 §8.3.3.1.3) is 0, as GStreamer's h265parse leaves
    /// it.
    std::vector<Format> tracks;
    std::vector<std::uint32_t> time_scales;  ///< of the tracks, ticks a second
    std::size_t bytes = 0;                   ///< of ftyp and moov together

    bool operator==(const Init&) const = default;
};

/// `bytes` begin with ftyp and moov (ISO/IEC 14496-12 §4.3, §8.2.1); what follows is not looked at.
Result<Init> parse_init(std::span<const std::uint8_t> bytes);

/// One sample. Times count from the writer's epoch; nanoseconds are the rounded ticks.
struct SampleInfo {
    std::uint64_t dts = 0;       ///< ticks
    std::int64_t pts = 0;        ///< ticks; below 0 when a pts before its dts comes before the epoch
    std::uint32_t duration = 0;  ///< ticks, not 0
    std::uint32_t size = 0;      ///< bytes, not 0
    std::uint64_t offset = 0;    ///< bytes from the start of the moof
    Nanoseconds dts_time{0};
    Nanoseconds pts_time{0};
    Nanoseconds duration_time{0};  ///< up to the rounded end: dts_time and it give the next dts_time
    bool keyframe = false;
    bool disposable = false;
};

/// The samples of a traf, in decode order; at least one. Their dts rise strictly.
struct RunInfo {
    std::size_t track = 0;  ///< index into Init::tracks
    std::vector<SampleInfo> samples;
};

struct Fragment {
    std::uint32_t sequence = 0;  ///< of mfhd
    std::size_t moof_bytes = 0;  ///< the content of mdat begins 8 bytes further
    std::uint64_t data_end = 0;  ///< where the last sample ends, from the start of the moof
    std::vector<RunInfo> runs;   ///< in the writer's order
};

/// `bytes` begin with a moof (ISO/IEC 14496-12 §8.8.4); what follows is not looked at. So whether the samples
/// are there is for the caller to see: the part has at least `data_end` bytes, which scan() makes sure of.
/// Times beyond the 292 years of Nanoseconds are an error.
Result<Fragment> parse_fragment(std::span<const std::uint8_t> bytes, const Init& init);

/// A complete moof with its mdat. The leading track is the first of video, else the first; a part without
/// samples of it has the times of the first track that has some.
struct Part {
    std::uint64_t offset = 0;  ///< in the file
    std::uint64_t bytes = 0;   ///< of moof and mdat
    Nanoseconds start{0};      ///< first dts of the leading track, from the writer's epoch
    Nanoseconds duration{0};   ///< of the leading track; start and it give the next part's start
    bool keyframe =
        false;  ///< playback can start here: the first sample of the leading track is there and sync
};

struct Scan {
    Init init;
    std::vector<Part> parts;
    /// Up to here the file is whole; the first incomplete or foreign thing begins here. A file may be cut off
    /// here and be continued.
    std::uint64_t complete_bytes = 0;
    std::string rest;  ///< why the file is not whole to its end; empty when it is
};

/// Finds the parts of a file: reads the init segment, box headers and moofs, and skips the samples. A `free`
/// box (§8.1.2) is skipped between parts; at the end it is a part that was never completed and not counted in
/// `complete_bytes`.
///
/// `fd` is a regular file, read with pread: its position is neither used nor moved, and it stays the
/// caller's. Of a file that grows meanwhile, what was there at the start is seen. Error: unsupported_media
/// when there is no whole init segment of ours; internal when reading fails, wherever that is: a disk's error
/// is not the end of a file, and nothing must be cut off because of it.
Result<Scan> scan(int fd);

}  // namespace rill::cmaf
