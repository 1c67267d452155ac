// Puts the bytes of a muxer into the segments and parts that the cutter has cut.
#pragma once

#include <rill/archive.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace rill::record {

/// The muxer works later than the cutter, and on other threads: what is to come is announced, and bytes are
/// told apart by their times. A part begins where a player can go on: with a packet, or with a Cluster. What
/// has no bytes of its own is of the part before.
///
/// Threading: any thread. The archive's writer only queues; it is called under the lock, which keeps it there
/// for as long as that takes.
class MuxCollector {
  public:
    /// The archive's writer outlives close().
    MuxCollector(ArchiveWriter& archive, Container container) : archive_(&archive), container_(container) {}

    struct Announced {
        Nanoseconds end{0};  ///< running time
        bool keyframe = false;
    };
    // The cutter's side.
    void announce(NewSegment segment, Nanoseconds start);
    /// Of the segment that was announced last.
    void announce(Announced part);
    /// Waits until all that was announced has come; false when nothing at all came for so long.
    bool wait_for_end(std::chrono::milliseconds patience);
    /// Nothing is taken any more.
    void close();

    // The muxer's side.
    void begin_file();
    /// `time` may count from anywhere, the same within a file.
    void take(GstBuffer* buffer, std::optional<Nanoseconds> time);
    void end_file();

  private:
    struct Segment {
        NewSegment file;
        Nanoseconds start{0};
        std::deque<Announced> parts;
    };
    bool can_begin_part(std::span<const std::uint8_t> bytes) const;
    void begin_segment();
    void pass_on(Nanoseconds until);

    std::mutex mutex_;
    std::condition_variable changed_;
    // Locked: mutex_.
    ArchiveWriter* archive_;  // null: closed
    const Container container_;
    std::deque<Segment> segments_;  // the first is that of the file, while there is one
    bool in_file_ = false;
    bool begun_ = false;  // the archive knows the segment
    std::optional<Nanoseconds> shift_;
    std::vector<std::uint8_t> bytes_;  // of the part in progress
    std::optional<bool> keyframe_;     // of the part in progress, once it may end
    Nanoseconds announced_end_{0};     // of those that are passed on
    std::uint64_t taken_ = 0;          // buffers, of all files
    std::int64_t written_us_ = 0;      // of the file
};

}  // namespace rill::record
