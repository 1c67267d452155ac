// Reads a recording part by part, forwards or backwards, for one viewer.
#pragma once

#include <rill/archive.hpp>
#include <rill/media/cmaf_units.hpp>
#include <rill/recorded_file.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rill::webrtc {

/// What a segment was recorded in. On the archive's thread: it reads the file. Errors: those of
/// RecordedFile; not_found when it is not fragmented MP4.
Result<std::vector<std::shared_ptr<const Format>>> formats_of(const RecordedSegment& segment);

/// What a look into the archive has found: the units of one part, by track of the file, or why there are
/// none.
struct ReplayPart {
    enum class Kind {
        units = 1,
        edge,     ///< forwards: nothing is recorded after this yet; backwards: nothing before it
        skipped,  ///< cannot be read, or is in another codec; the next call goes on behind it
        failed,   ///< the index cannot be read now; the next call tries the same again
    };
    Kind kind = Kind::edge;
    TimeRange time;                         ///< of units and skipped
    bool jumped = false;                    ///< units: a gap, or what was skipped, lies before it
    bool still_open = false;                ///< edge: of a segment that is being written, so more comes soon
    std::optional<std::int64_t> before_us;  ///< edge: where the recording before it ends, UTC
    std::vector<std::vector<UnitPtr>> units;
    Error error{Code::internal, ""};  ///< of skipped and failed
};

/// Knows where it is: the part given last. Works on the archive's thread, at most a megabyte a turn.
///
/// Threading: each call from one thread at a time, the next one after the answer; `done` comes on the
/// archive's thread. Ownership: a loader that is let go of reads no further, and does not answer. The archive
/// outlives it.
class ReplayLoader : public std::enable_shared_from_this<ReplayLoader> {
  public:
    using Done = std::function<void(ReplayPart)>;
    /// What is recorded without a track of the codec is skipped.
    ReplayLoader(Archive& archive, std::string path, Codec codec)
        : archive_(archive), path_(std::move(path)), codec_(codec) {}
    ReplayLoader(const ReplayLoader&) = delete;
    ReplayLoader& operator=(const ReplayLoader&) = delete;

    /// The part that playing at `time_us` begins with: the last one with a keyframe at or before it. In a gap
    /// the first part after it, or with `backwards` the last one with a keyframe before it.
    void seek(std::int64_t time_us, bool backwards, Done done);
    /// The part that follows what was given last; after one that was skipped, one that begins with a
    /// keyframe.
    void next(Done done);
    /// The first part with a keyframe that begins at or after a time; backwards at or before it.
    void next_keyframe(std::int64_t time_us, bool backwards, Done done);

  private:
    struct Place {
        RecordedSegment segment;
        std::vector<RecordedPart> parts;
        std::size_t part = 0;
    };
    struct Reading {
        RecordedPart part;
        std::vector<std::uint8_t> bytes;
        std::size_t have = 0;
    };
    /// Nothing: goes on in another turn.
    using Found = std::optional<ReplayPart>;
    using Step = std::function<Found(ArchiveView&)>;
    /// A segment, or what to answer instead.
    struct Picked {
        std::optional<RecordedSegment> segment;
        ReplayPart instead;
    };

    void run(Step step, Done done);
    Found find(ArchiveView& view, std::int64_t time_us, bool backwards);
    Found follow(ArchiveView& view);
    Found find_keyframe(ArchiveView& view, std::int64_t time_us, bool backwards);
    Picked pick(ArchiveView& view, std::int64_t time_us, bool backwards) const;
    Result<bool> grow(ArchiveView& view);
    Found enter(ArchiveView& view, const RecordedSegment& segment);
    Result<> open(const RecordedSegment& segment);
    Found give(bool jumped);
    Found read_on();
    ReplayPart skip(TimeRange time, Error error);

    Archive& archive_;
    const std::string path_;
    const Codec codec_;
    // Archive's thread.
    std::optional<Place> place_;              // nothing: goes on at end_us_
    std::optional<cmaf::UnitReader> reader_;  // of the segment
    RecordedFile file_;                       // of the segment
    std::int64_t end_us_ = 0;                 // of what was given or skipped last
    bool broken_ = false;                     // the next part must begin with a keyframe
    bool jumped_ = false;
    std::optional<Reading> reading_;
};

}  // namespace rill::webrtc
