// Cuts the units of a path into parts and segments.
#pragma once

#include "plan.hpp"
#include "sound.hpp"
#include "timeline.hpp"
#include "window.hpp"

#include <rill/log.hpp>
#include <rill/media/cmaf.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace rill::hls {

/// One rendition with picture and sound in the same fragments. The picture leads: parts and segments are cut
/// by its decode times, and take the sound of the same time with them. Where there is no picture, the sound
/// leads.
///
/// - A part ends before the unit that would make it longer than the part target. A unit that alone lasts
///   longer (a camera that sends fewer frames than it did) is a longer part: no rule can be kept then.
/// - A segment ends at the first keyframe after the segment duration; without one, where it would break the
///   target duration. The segment after that starts without a keyframe and says so.
/// - A hole in the leading track that a part cannot bridge, and every change of format, is an
///   EXT-X-DISCONTINUITY. What follows starts with a keyframe and has its own init segment if the format
///   changed. A smaller loss only makes the frame before it last longer.
/// - A segment above the size limit ends; what follows is dropped until the next keyframe.
///
/// One that follows another's Timeline (a rendition of the same picture) has discontinuities where the other
/// has them and nowhere else: at the first keyframe after, for which it asks. A hole of its own is EXT-X-GAP
/// segments, a change of its own format a new init segment and no more; other sound waits for the
/// discontinuity.
///
/// Threading: none of its own.
class Segmenter {
  public:
    struct Settings {
        Plan plan;
        Nanoseconds segment_duration{0};
        std::size_t segment_max_size = 0;
        /// Asks the source for a keyframe, shortly before a segment would have to end without one.
        std::function<void()> want_keyframe;
        Timeline* leads = nullptr;          ///< others follow it
        const Timeline* follows = nullptr;  ///< instead
    };
    Segmenter(Settings settings, Window& window, Log log);

    /// The leading track's next unit. Before the first keyframe nothing is taken.
    void push(const UnitPtr& unit);
    /// The next unit of the sound beside a picture.
    void push_sound(const UnitPtr& unit);
    /// Which sound there is from now on; null: none. Takes effect at the next keyframe.
    void set_sound(std::shared_ptr<const Format> format);
    /// The segment in progress ends here, as far as it goes: the source is gone.
    void flush();

    std::uint64_t dropped() const { return dropped_; }
    Nanoseconds longest_keyframe_interval() const { return longest_interval_; }

  private:
    bool breaks_before(const AccessUnit& unit) const;
    bool begin(const UnitPtr& unit);
    bool make_writer(const UnitPtr& unit);
    void open_segment(const AccessUnit& unit, bool discontinuity);
    void cut_before(const UnitPtr& unit);
    bool owes_discontinuity(const AccessUnit& unit) const;
    bool renews_at(const AccessUnit& unit) const;
    std::int64_t date_of(const AccessUnit& unit) const;
    void want_keyframe();
    void finish_part(std::size_t count, Nanoseconds end);
    void finish_broken();
    void note_keyframe(const AccessUnit& unit);
    void warn_oversize(Nanoseconds now);

    // Given.
    const Settings settings_;
    Window& window_;
    const Log log_;
    // Owned.
    std::optional<cmaf::Writer> writer_;
    std::shared_ptr<const Init> init_;
    Sound sound_;
    // State.
    std::shared_ptr<const Format> format_;        // of the leading track, as the writer has it
    std::shared_ptr<const Format> sound_format_;  // as wanted; the writer has it from the next keyframe on
    std::vector<UnitPtr> pending_;                // the leading track's units of the part in progress
    bool waiting_ = true;                         // for a keyframe
    bool renew_ = false;                          // the set of tracks changed
    std::uint64_t next_init_ = 0;
    std::optional<Nanoseconds> epoch_;
    Nanoseconds step_{0};
    Nanoseconds part_start_{0};
    Nanoseconds segment_start_{0};
    Nanoseconds last_end_{0};
    std::int64_t next_utc_us_ = 0;
    std::size_t segment_bytes_ = 0;
    bool asked_ = false;
    std::optional<Nanoseconds> last_keyframe_;
    Nanoseconds longest_interval_{0};
    std::uint64_t dropped_ = 0;
    std::optional<Nanoseconds> warned_;
};

}  // namespace rill::hls
