// Recordings, for those who make them and for those who play them: where bytes lie, by path and UTC.
#pragma once

#include <rill/event.hpp>
#include <rill/media/cmaf.hpp>
#include <rill/options.hpp>
#include <rill/result.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rill {

/// Every time here is UTC in microseconds since 1970, every range half open.
struct TimeRange {
    std::int64_t start_us = 0;
    std::int64_t end_us = 0;
    bool operator==(const TimeRange&) const = default;
};
/// Any time that RFC 3339 can say.
constexpr TimeRange all_time{-62'167'219'200'000'000, 253'402'300'800'000'000};

/// What a file is. Parts, and so playing them by time, are of fragmented MP4 only.
enum class Container { fmp4 = 1, mpegts, matroska };
/// As the configuration and the API name it.
constexpr std::string_view to_string(Container container) {
    return container == Container::mpegts ? "mpegts" : container == Container::matroska ? "mkv" : "fmp4";
}

/// What was recorded without a gap and in the same formats.
struct RecordedSpan {
    TimeRange time;
    std::string codecs;  ///< RFC 6381, separated by commas; G.711 is "ulaw" or "alaw"
    bool operator==(const RecordedSpan&) const = default;
};

/// A piece that can be played by itself behind the segment's first bytes: moof and mdat.
struct RecordedPart {
    TimeRange time;
    std::uint64_t offset = 0;  ///< in the file
    std::uint32_t bytes = 0;
    bool keyframe = false;  ///< its first picture is one; always of a recording without pictures
};

/// One file. Segments of one chain follow each other without a gap and have the same formats, those of
/// fragmented MP4 the same init segment; the one that is still being written is of the chain that it
/// continues. A chain's number may be another one after the next change.
struct RecordedSegment {
    std::filesystem::path file;
    TimeRange time;
    std::uint64_t bytes = 0;
    std::uint32_t init_bytes = 0;  ///< ftyp and moov, at the beginning of the file
    std::int64_t chain = 0;        ///< the same in segments that go on without a gap; of one look
    std::string codecs;            ///< as in RecordedSpan
    bool locked = false;           ///< kept from retention
    bool open = false;             ///< still being written: parts and bytes are those of this moment
    std::int64_t id = 0;           ///< the archive's own
    Container container = Container::fmp4;
};

/// What lies around a time at which nothing was recorded.
struct RecordedNeighbours {
    std::optional<RecordedSegment> before, after;

    /// Where what is before ends, and what is after begins.
    std::optional<std::int64_t> before_us() const {
        return before ? std::optional(before->time.end_us) : std::nullopt;
    }
    std::optional<std::int64_t> after_us() const {
        return after ? std::optional(after->time.start_us) : std::nullopt;
    }
};

/// What there is of one path.
struct RecordedPath {
    std::string name;
    TimeRange time;  ///< from the oldest to the newest
    std::uint64_t bytes = 0;
    std::uint64_t segments = 0;
};

/// Looks into the recordings of one path. What is still being written is seen up to its last part.
/// Threading: given to a function that runs on a thread of the archive, and valid only in there. It may wait
/// for a disk. Errors: unavailable (the disk or the index cannot be read now), internal (damaged).
class ArchiveView {
  public:
    virtual ~ArchiveView() = default;
    /// In order, cut off at the range.
    virtual Result<std::vector<RecordedSpan>> spans(TimeRange range) = 0;
    /// Those that have something of the range, by start; the first `limit` of them.
    virtual Result<std::vector<RecordedSegment>> segments(TimeRange range, std::size_t limit) = 0;
    /// Where recordings overlap because the machine's clock was set back, the one recorded last.
    virtual Result<std::optional<RecordedSegment>> segment_at(std::int64_t time_us) = 0;
    /// What ends last among those that start at or before a time, and what starts first after it.
    virtual Result<RecordedNeighbours> nearest(std::int64_t time_us) = 0;
    /// In order, without holes from the end of the init segment on. Error: not_found when it was deleted, and
    /// of a file that is not fragmented MP4: who plays parts passes it over.
    virtual Result<std::vector<RecordedPart>> parts(const RecordedSegment& segment) = 0;
};

/// What a recorder says of a new file.
struct NewSegment {
    std::vector<std::shared_ptr<const Format>> formats;
    Ref<GBytes>
        init;  ///< ftyp and moov; of Matroska what stands before the first cluster, of MPEG-TS nothing
    std::int64_t start_us = 0;
    bool continues = false;  ///< nothing is missing between the segment before and this one
    Container container = Container::fmp4;
};

struct NewPart {
    cmaf::Chunks bytes;  ///< begins with the header of a moof, of a cluster, or with a packet
    std::int64_t duration_us = 0;
    bool keyframe = false;  ///< its first picture is one
};

/// Writes one path's recording. Nothing blocks: bytes are queued for the disk's thread, within a bound.
/// Destroying it ends the segment after what was queued.
/// Threading: one thread at a time.
class ArchiveWriter {
  public:
    virtual ~ArchiveWriter() = default;
    /// Ends the segment before, if there is one.
    virtual void begin(NewSegment segment) = 0;
    virtual void append(NewPart part) = 0;
};

/// A root folder and its disk.
struct StorageStatus {
    std::filesystem::path root;
    std::uint64_t segments = 0;
    std::uint64_t bytes = 0;          ///< of finished segments
    std::uint64_t disk_bytes = 0;     ///< the size of the disk
    std::uint64_t disk_free = 0;      ///< what is left for us
    std::uint64_t written_bytes = 0;  ///< since the start
    std::uint64_t queued_bytes = 0;   ///< wait for the disk
    std::uint64_t dropped_parts = 0;  ///< since the start, because the disk failed or was too slow
    std::uint64_t deleted_bytes = 0;  ///< since the start, by retention or on request
    std::string failure;              ///< why nothing can be written; empty when all is well
};

/// What the archive is told of one path, also where nothing is to be recorded: recordings outlive the wish to
/// make them.
struct ArchivePath {
    std::string name;
    std::shared_ptr<const Options> options;  ///< of the sink with the archive's id
};

/// Threading: any thread, unless said otherwise. Callbacks come on a thread of the archive. Lives longer than
/// every path and controller.
class Archive {
  public:
    virtual ~Archive() = default;
    /// `failed` is called at most once, on the disk's thread, when the disk fails, is full or too slow; what
    /// is appended later is dropped. It is not called when the writer's destructor has returned, and must not
    /// wait for it. Error: unavailable, when it is known already that nothing can be written;
    /// conflict, when the path is being recorded; not_found, when the archive was not told of the path.
    virtual Result<std::unique_ptr<ArchiveWriter>> write(const std::string& path,
                                                         std::function<void(Error)> failed) = 0;
    /// Runs `look` soon. Of an unknown path nothing is recorded. Reading from the files belongs in there,
    /// too, a megabyte at a time, so that one reader does not hold up the others.
    virtual void read(const std::string& path, std::function<void(ArchiveView&)> look) = 0;
    /// All that is recorded in all roots, also of paths that are no longer configured: one entry a name, by
    /// name. Everything else answers of one root a path, the configured one: where `recordPath` has changed,
    /// what lies in the old root counts here and is not seen there.
    virtual void paths(std::function<void(Result<std::vector<RecordedPath>>)> done) = 0;
    /// Deletes the segments that lie wholly in the range, are finished and are not locked; says how many
    /// bytes that were.
    virtual void erase(const std::string& path, TimeRange range,
                       std::function<void(Result<std::uint64_t>)> done) = 0;
    /// Keeps the segments that touch the range from retention, or no longer; says how many have changed.
    virtual void lock(const std::string& path, TimeRange range, bool locked,
                      std::function<void(Result<std::uint64_t>)> done) = 0;
    virtual std::vector<StorageStatus> storages() const = 0;
    /// As ArchiveFactory::create(), for the archive that is there: what is being recorded goes on as it was
    /// begun, everything else is as told now. With an error everything stays.
    virtual Result<> configure(std::span<const ArchivePath> paths, const Options& others) = 0;
    /// Ends every file and waits for the disks, at most `timeout`; false when one was not done. Main thread,
    /// once, after all writers are gone.
    virtual bool close(std::chrono::milliseconds timeout) = 0;
};

/// A module's way to keep recordings. A process has at most one.
struct ArchiveFactory {
    std::string_view id;  ///< of a sink of the same module, whose options it is configured by
    std::string_view summary;
    /// `others` are the options for recordings of paths that are not configured. The archive tells `events`
    /// (never null) of recordings, segments and storages. Error: invalid_config.
    Result<std::unique_ptr<Archive>> (*create)(std::span<const ArchivePath> paths, const Options& others,
                                               std::shared_ptr<Events> events);
};

}  // namespace rill
