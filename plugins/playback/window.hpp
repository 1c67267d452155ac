// A live playlist of what is being recorded, with a window behind it in which viewers rewind.
#pragma once

#include "resource.hpp"

#include <rill/archive.hpp>

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace rill::playback {

/// A file and its parts, as an archive has them now.
struct WindowFile {
    std::int64_t start_us = 0;
    bool open = false;
    bool continues = true;  ///< where the file before it ended, in the same formats
    std::vector<RecordedPart> parts;
};

/// Whether there is enough to promise how long parts are, which a window does at its beginning: parts that
/// end early, before keyframes, are not three in a row.
bool can_begin(const std::vector<WindowFile>& files);

/// A request of a player that waits (RFC 8216bis §6.2.5.2).
struct WindowPosition {
    std::uint64_t sequence = 0;
    std::optional<std::uint64_t> part;
};

/// Segments and their numbers, which never change while they are listed (§6.2.1). Its segments are cut as all
/// slices are, but never longer than the target duration that the window promised at its beginning. Its parts
/// are those of the recording.
///
/// Threading: none of its own.
class Window {
  public:
    /// `files` are all that have something of the window, in the order in which they were recorded; see
    /// can_begin().
    Window(std::int64_t length_us, const std::vector<WindowFile>& files);

    /// What was recorded since: files from the newest known one on.
    void update(const std::vector<WindowFile>& files);
    /// From where on update() needs to know: the start of the newest file.
    std::int64_t newest_file_us() const { return file_us_; }
    std::int64_t end_us() const { return end_us_; }
    /// Leaves out segments of files that start before a time: they were deleted.
    void forget_before(std::int64_t file_start_us);

    /// `skip`: a Playlist Delta Update (§6.2.5.1), as far as there is something to skip.
    std::string text(bool skip, const Links& links) const;
    /// Whether the playlist has this already, or no longer.
    bool contains(WindowPosition position) const;
    /// What no player asks for that follows the playlist.
    bool is_too_far(const WindowPosition& position) const;
    /// Whether a part of the newest file that begins here is the next to come.
    bool awaits_part(std::int64_t file_start_us, std::uint64_t first_byte) const;
    std::int64_t part_target_us() const { return part_target_us_; }
    std::int64_t target_s() const { return target_s_; }
    std::size_t segments() const { return segments_.size(); }

  private:
    struct Segment {
        std::int64_t file_us = 0;
        std::int64_t map_us = 0;  ///< the file whose formats are those of the segment
        std::int64_t start_us = 0;
        std::int64_t end_us = 0;
        std::uint64_t first_byte = 0;
        std::uint64_t end_byte = 0;
        std::size_t part_count = 0;
        bool discontinuity = false;
        bool closed = false;
        std::vector<RecordedPart> parts;  ///< dropped when they are listed no more
    };
    void begin_file(const WindowFile& file);
    void add_part(const RecordedPart& part);
    void close();
    void retire();
    void forget_first();

    std::uint64_t next_sequence() const { return first_sequence_ + segments_.size(); }
    const Segment* find(std::uint64_t sequence) const;
    std::size_t skippable() const;
    void write_header(std::string& text, std::size_t skipped) const;
    static void write_segment(std::string& text, const Segment& segment, const Links& links);

    const std::int64_t length_us_;
    std::int64_t target_s_ = 0;
    std::int64_t part_target_us_ = 0;
    std::deque<Segment> segments_;
    std::uint64_t first_sequence_ = 0;
    std::uint64_t discontinuity_sequence_ = 0;
    std::int64_t file_us_ = INT64_MIN;  ///< the newest file
    std::int64_t map_us_ = 0;
    std::uint64_t next_byte_ = 0;  ///< where its next part begins
    std::int64_t end_us_ = 0;
    bool starts_anew_ = false;  ///< the next segment does not continue the one before
};

}  // namespace rill::playback
