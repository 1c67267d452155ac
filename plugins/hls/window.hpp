// The segments that a presentation offers now: what its playlists list, and what is kept for players that are
// a little behind.
#pragma once

#include <rill/media/cmaf.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace rill::hls {

class SegmentFile;

/// What a player gets for a name: bytes in memory, or a part of a file.
struct Media {
    cmaf::Chunks bytes;
    std::shared_ptr<const SegmentFile> file;  ///< instead, when there is one
    std::uint64_t first = 0;                  ///< in the file
    std::uint64_t size = 0;
};

/// An init segment (EXT-X-MAP). Lives as long as a segment refers to it.
struct Init {
    std::uint64_t number = 0;
    Ref<GBytes> bytes;
    std::vector<std::shared_ptr<const Format>> formats;  ///< of the tracks, video first
};

struct Part {
    std::uint64_t number = 0;  ///< counts through all segments, so that the next one's name is always known
    Nanoseconds duration{0};
    bool independent = false;  ///< starts with a keyframe
    cmaf::Chunks bytes;        ///< none when the segment is in a file
    std::size_t size = 0;
};

struct Segment {
    std::uint64_t sequence = 0;  ///< media sequence number
    std::shared_ptr<const Init> init;
    std::int64_t utc_us = 0;  ///< EXT-X-PROGRAM-DATE-TIME
    bool discontinuity = false;
    bool independent = false;
    bool gap = false;  ///< stands for time before the presentation began; has no bytes
    bool closed = false;
    Nanoseconds end{0};  ///< media time since the window began
    Nanoseconds duration{0};
    std::size_t size = 0;
    std::vector<Part> parts;
    std::shared_ptr<const SegmentFile> file;  ///< null: in memory

    cmaf::Chunks bytes() const;
    Media media() const;
    Media media(std::size_t part) const;  ///< of one of its parts, by its place
};

struct WindowRules {
    Nanoseconds target_duration{0};    ///< whole seconds
    Nanoseconds part_target{0};        ///< zero: playlists list no parts
    std::size_t segments = 7;          ///< listed at least, once there are so many
    std::size_t max_bytes = 0;         ///< above it, what is no longer listed goes at once
    unsigned gaps = 0;                 ///< segments without content at the start, and one of a part's length
    std::uint64_t first_sequence = 0;  ///< of the first segment
    std::uint64_t first_discontinuities = 0;  ///< what its Discontinuity Sequence Number is
};

/// Keeps the rules of RFC 8216bis §6.2.2: a playlist never gets shorter than three target durations, parts
/// can be fetched for three target durations after they are listed no more, and segments as long as the
/// playlist lasts after they are. Threading: none of its own.
class Window {
  public:
    /// Told of each segment that is closed with content.
    using Closed = std::function<void(const std::shared_ptr<Segment>&)>;
    explicit Window(WindowRules rules, Closed closed = nullptr);

    struct Start {
        std::shared_ptr<const Init> init;
        std::int64_t utc_us = 0;
        bool discontinuity = false;
        bool independent = true;
    };
    /// Begins a segment. One that is open is closed.
    void open(Start start);
    /// Adds to the open segment.
    void append(Nanoseconds duration, bool independent, cmaf::Chunks bytes);
    /// Time that is missing: EXT-X-GAP segments, none longer than the target duration. None may be open.
    void append_gap(Nanoseconds duration);
    /// Ends the open segment. One without content vanishes, and its discontinuity goes to the next.
    void close();

    const WindowRules& rules() const { return rules_; }
    /// Listed now, oldest first. Only the last may be open; it may be empty.
    const std::deque<std::shared_ptr<Segment>>& segments() const { return listed_; }
    /// The listed media time, with the open segment's parts.
    Nanoseconds duration() const;
    /// Media time until the end, in segments that have content.
    Nanoseconds content() const { return end_; }
    bool is_open() const { return !listed_.empty() && !listed_.back()->closed; }
    std::uint64_t next_sequence() const { return next_sequence_; }
    std::uint64_t next_part() const { return next_part_; }
    std::uint64_t discontinuity_sequence() const { return discontinuity_sequence_; }
    /// The Discontinuity Sequence Number of the last segment.
    std::uint64_t discontinuities() const { return discontinuities_; }
    std::size_t closed_with_content() const { return closed_with_content_; }
    /// False once a segment had to begin without a keyframe.
    bool independent() const { return independent_; }
    /// Raised by every change.
    std::uint64_t version() const { return version_; }

    /// Null when there is none (any more).
    std::optional<Media> find_part(std::uint64_t number) const;
    std::shared_ptr<const Segment> find_segment(std::uint64_t sequence) const;
    std::shared_ptr<const Init> find_init(std::uint64_t number) const;

  private:
    void list_gap(Nanoseconds duration);
    void retire();
    void forget();

    const WindowRules rules_;
    const Closed closed_;
    std::deque<std::shared_ptr<Segment>> listed_;
    std::deque<std::shared_ptr<Segment>> retired_;
    std::uint64_t next_sequence_ = 0;
    std::uint64_t next_part_ = 0;
    std::uint64_t discontinuity_sequence_ = 0;
    std::uint64_t discontinuities_ = 0;
    std::uint64_t version_ = 0;
    std::size_t closed_with_content_ = 0;
    std::size_t bytes_ = 0;
    Nanoseconds end_{0};
    bool pending_discontinuity_ = false;
    bool independent_ = true;
};

}  // namespace rill::hls
