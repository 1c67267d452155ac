#include "window.hpp"

#include "slices.hpp"

#include <rill/clock.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace rill::playback {
namespace {

constexpr std::int64_t second_us = 1'000'000;
/// Durations are rounded to whole seconds before they are compared to the target (§4.4.3.1).
constexpr std::int64_t rounding_us = 450'000;
constexpr std::int64_t least_target_s = 5;
/// §6.2.2: parts are listed for three target durations at least, and a live playlist is as long.
constexpr int parts_listed = 3;
/// §4.4.3.8: the Skip Boundary is at least six target durations.
constexpr int skip_boundary = 6;
/// Formats are named by a file near to the segment, because older files are deleted, but not by each file:
/// players load them anew for each name.
constexpr std::int64_t map_lasts_us = 600 * second_us;
/// How far a player may ask ahead: three parts, or as many as a long time has.
constexpr std::int64_t advance_us = 3 * second_us;
constexpr std::int64_t part_step_us = 10'000;

/// What players hold back.
constexpr std::size_t parts_to_begin = 3;

/// The longest slice that there is, and a second of reserve for keyframes that come later.
std::int64_t choose_target(const std::vector<WindowFile>& files) {
    std::int64_t longest_us = 0;
    for (const WindowFile& file : files) {
        for (const Slice& slice : cut_slices(file.parts, {INT64_MIN, INT64_MAX}, false))
            longest_us = std::max(longest_us, slice.end_us - slice.start_us);
    }
    const std::int64_t rounded_s = (longest_us + second_us / 2) / second_us;
    return std::clamp(rounded_s + 1, least_target_s, longest_slice_us / second_us);
}

/// The longest part that there is: recordPartDuration, in whole frames.
std::int64_t choose_part_target(const std::vector<WindowFile>& files) {
    std::int64_t longest_us = 0;
    for (const WindowFile& file : files) {
        for (const RecordedPart& part : file.parts)
            longest_us = std::max(longest_us, part.time.end_us - part.time.start_us);
    }
    if (longest_us == 0) longest_us = second_us;
    return (longest_us + part_step_us - 1) / part_step_us * part_step_us;
}

double in_seconds(std::int64_t time_us) {
    return static_cast<double>(time_us) / second_us;
}

template <class... A>
void line(std::string& text, fmt::format_string<A...> format, A&&... args) {
    fmt::format_to(std::back_inserter(text), format, std::forward<A>(args)...);
    text += '\n';
}

}  // namespace

bool can_begin(const std::vector<WindowFile>& files) {
    std::size_t parts = 0;
    for (const WindowFile& file : files)
        parts += file.parts.size();
    return parts >= parts_to_begin;
}

Window::Window(std::int64_t length_us, const std::vector<WindowFile>& files)
    : length_us_(length_us), target_s_(choose_target(files)), part_target_us_(choose_part_target(files)) {
    update(files);
}

void Window::update(const std::vector<WindowFile>& files) {
    for (const WindowFile& file : files) {
        if (file.start_us < file_us_) continue;
        if (file.start_us > file_us_) begin_file(file);
        for (const RecordedPart& part : file.parts) {
            if (part.offset >= next_byte_) add_part(part);
        }
        if (!file.open) close();
    }
    retire();
}

void Window::begin_file(const WindowFile& file) {
    close();
    const bool first = file_us_ == INT64_MIN;
    if (!file.continues) starts_anew_ = !first;
    if (first || !file.continues || file.start_us - map_us_ > map_lasts_us) map_us_ = file.start_us;
    file_us_ = file.start_us;
    next_byte_ = 0;
}

void Window::add_part(const RecordedPart& part) {
    const std::int64_t longest_us = target_s_ * second_us + rounding_us;
    if (!segments_.empty() && begins_slice(part, segments_.back().start_us, longest_us)) close();
    if (segments_.empty() || segments_.back().closed) {
        Segment segment;
        segment.file_us = file_us_;
        segment.map_us = map_us_;
        segment.start_us = part.time.start_us;
        segment.first_byte = part.offset;
        segment.discontinuity = std::exchange(starts_anew_, false);
        segments_.push_back(std::move(segment));
    }
    Segment& segment = segments_.back();
    segment.end_us = part.time.end_us;
    segment.end_byte = part.offset + part.bytes;
    segment.parts.push_back(part);
    ++segment.part_count;
    next_byte_ = segment.end_byte;
    end_us_ = segment.end_us;
}

void Window::close() {
    if (!segments_.empty()) segments_.back().closed = true;
}

void Window::retire() {
    const std::int64_t least_us = parts_listed * target_s_ * second_us;
    const std::int64_t listed_us = std::max(length_us_, least_us);
    while (segments_.size() > 1 && segments_.front().end_us <= end_us_ - listed_us)
        forget_first();
    for (auto segment = segments_.rbegin(); segment != segments_.rend(); ++segment) {
        if (segment->end_us > end_us_ - least_us) continue;
        if (segment->parts.empty()) break;
        segment->parts = {};
    }
}

void Window::forget_before(std::int64_t file_start_us) {
    while (segments_.size() > 1 && segments_.front().file_us < file_start_us)
        forget_first();
}

void Window::forget_first() {
    if (segments_.front().discontinuity) ++discontinuity_sequence_;
    ++first_sequence_;
    segments_.pop_front();
}

const Window::Segment* Window::find(std::uint64_t sequence) const {
    if (sequence < first_sequence_ || sequence >= next_sequence()) return nullptr;
    return &segments_[sequence - first_sequence_];
}

bool Window::contains(WindowPosition position) const {
    const Segment* segment = find(position.sequence);
    if (segment != nullptr && segment->closed && position.part && *position.part >= segment->part_count) {
        // Beyond the last part of a segment: part 0 of the next.
        position = {position.sequence + 1, 0};
        segment = find(position.sequence);
    }
    if (segment == nullptr) return position.sequence < next_sequence();
    return segment->closed || (position.part && *position.part < segment->part_count);
}

bool Window::is_too_far(const WindowPosition& position) const {
    if (position.sequence > next_sequence() + 1) return true;
    if (!position.part || position.sequence + 1 < next_sequence()) return false;
    const auto advance = static_cast<std::uint64_t>(std::max<std::int64_t>(3, advance_us / part_target_us_));
    const Segment* segment = find(position.sequence);
    return *position.part > (segment != nullptr ? segment->part_count : 0) + advance;
}

bool Window::awaits_part(std::int64_t file_start_us, std::uint64_t first_byte) const {
    return file_start_us == file_us_ && first_byte == next_byte_ && !segments_.empty() &&
           !segments_.back().closed;
}

/// Segments that lie wholly before the Skip Boundary.
std::size_t Window::skippable() const {
    const std::int64_t boundary_us = end_us_ - skip_boundary * target_s_ * second_us;
    const auto within = [&](const Segment& segment) {
        return segment.closed && segment.end_us < boundary_us;
    };
    const auto stop = std::ranges::find_if_not(segments_, within);
    return static_cast<std::size_t>(stop - segments_.begin());
}

std::string Window::text(bool skip, const Links& links) const {
    const std::size_t skipped = skip ? skippable() : 0;
    std::string text;
    write_header(text, skipped);
    std::int64_t map_us = INT64_MIN;
    for (std::size_t i = skipped; i < segments_.size(); ++i) {
        const Segment& segment = segments_[i];
        if (segment.discontinuity) text += "#EXT-X-DISCONTINUITY\n";
        if (std::exchange(map_us, segment.map_us) != segment.map_us) {
            text += "#EXT-X-MAP:URI=\"";
            append_uri(text, {.file_start_us = segment.map_us}, links);
            text += "\"\n";
        }
        write_segment(text, segment, links);
    }
    if (!segments_.empty() && !segments_.back().closed) {
        text += "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"";
        append_uri(text,
                   {.file_start_us = file_us_, .first_byte = next_byte_, .end_byte = Resource::one_part},
                   links);
        text += "\"\n";
    } else if (!segments_.empty()) {
        // hls.js 1.7 takes a segment that ends the text for one in progress, too, and stops when it is listed
        // twice behind a discontinuity.
        text += "# what follows has not begun\n";
    }
    return text;
}

void Window::write_header(std::string& text, std::size_t skipped) const {
    line(text, "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:{}", target_s_);
    line(text, "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK={:.3f},CAN-SKIP-UNTIL={}",
         3 * in_seconds(part_target_us_), skip_boundary * target_s_);
    line(text, "#EXT-X-PART-INF:PART-TARGET={:.3f}", in_seconds(part_target_us_));
    line(text, "#EXT-X-MEDIA-SEQUENCE:{}", first_sequence_);
    if (discontinuity_sequence_ > 0) line(text, "#EXT-X-DISCONTINUITY-SEQUENCE:{}", discontinuity_sequence_);
    if (skipped > 0) line(text, "#EXT-X-SKIP:SKIPPED-SEGMENTS={}", skipped);
}

void Window::write_segment(std::string& text, const Segment& segment, const Links& links) {
    text += fmt::format("#EXT-X-PROGRAM-DATE-TIME:{}\n", rfc3339(segment.start_us));
    for (const RecordedPart& part : segment.parts) {
        fmt::format_to(std::back_inserter(text), "#EXT-X-PART:DURATION={:.6f},URI=\"",
                       in_seconds(part.time.end_us - part.time.start_us));
        append_uri(text, {segment.file_us, part.offset, Resource::one_part}, links);
        text += part.keyframe ? "\",INDEPENDENT=YES\n" : "\"\n";
    }
    if (!segment.closed) return;
    line(text, "#EXTINF:{:.6f},", in_seconds(segment.end_us - segment.start_us));
    append_uri(text, {segment.file_us, segment.first_byte, segment.end_byte}, links);
    text += '\n';
}

}  // namespace rill::playback
