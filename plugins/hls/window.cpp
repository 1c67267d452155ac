#include "window.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace rill::hls {

namespace {

/// RFC 8216bis §6.2.2: the least duration of a live playlist, and how long parts outlive their tags.
constexpr int min_target_durations = 3;

}  // namespace

cmaf::Chunks Segment::bytes() const {
    cmaf::Chunks all;
    for (const Part& part : parts)
        all.insert(all.end(), part.bytes.begin(), part.bytes.end());
    return all;
}

Media Segment::media() const {
    return {bytes(), file, 0, size};
}

Media Segment::media(std::size_t part) const {
    Media media{parts[part].bytes, file, 0, parts[part].size};
    for (std::size_t before = 0; before < part; ++before)
        media.first += parts[before].size;
    return media;
}

Window::Window(WindowRules rules, Closed closed)
    : rules_(rules),
      closed_(std::move(closed)),
      next_sequence_(rules.first_sequence),
      discontinuity_sequence_(rules.first_discontinuities),
      discontinuities_(rules.first_discontinuities) {
    list_gap(rules_.gaps * rules_.target_duration);
    if (rules_.gaps > 0) list_gap(rules_.part_target);
}

void Window::append_gap(Nanoseconds duration) {
    list_gap(duration);
    retire();
    forget();
}

void Window::list_gap(Nanoseconds duration) {
    for (Nanoseconds left = duration; left > Nanoseconds(0); left -= rules_.target_duration) {
        auto gap = std::make_shared<Segment>();
        gap->sequence = next_sequence_++;
        gap->gap = true;
        gap->closed = true;
        gap->duration = std::min(left, rules_.target_duration);
        listed_.push_back(std::move(gap));
    }
    ++version_;
}

void Window::open(Start start) {
    close();
    auto segment = std::make_shared<Segment>();
    segment->sequence = next_sequence_++;
    segment->init = std::move(start.init);
    segment->utc_us = start.utc_us;
    segment->discontinuity = start.discontinuity || pending_discontinuity_;
    segment->independent = start.independent;
    segment->end = end_;
    if (segment->discontinuity) ++discontinuities_;
    pending_discontinuity_ = false;
    listed_.push_back(std::move(segment));
    ++version_;
}

void Window::append(Nanoseconds duration, bool independent, cmaf::Chunks bytes) {
    if (!is_open()) return;
    Segment& segment = *listed_.back();
    const std::size_t size = cmaf::size_of(bytes);
    segment.parts.push_back({next_part_++, duration, independent, std::move(bytes), size});
    segment.duration += duration;
    segment.size += size;
    end_ += duration;
    segment.end = end_;
    bytes_ += size;
    if (!segment.independent) independent_ = false;
    forget();
    ++version_;
}

void Window::close() {
    if (!is_open()) return;
    Segment& segment = *listed_.back();
    if (segment.parts.empty()) {
        pending_discontinuity_ = segment.discontinuity;
        if (segment.discontinuity) --discontinuities_;
        --next_sequence_;
        listed_.pop_back();
        return;
    }
    segment.closed = true;
    ++closed_with_content_;
    if (closed_) closed_(listed_.back());
    retire();
    forget();
    ++version_;
}

Nanoseconds Window::duration() const {
    Nanoseconds sum{0};
    for (const auto& segment : listed_)
        sum += segment->duration;
    return sum;
}

void Window::retire() {
    const Nanoseconds least = min_target_durations * rules_.target_duration;
    Nanoseconds total = duration();
    while (listed_.size() > rules_.segments && total - listed_.front()->duration >= least) {
        auto oldest = std::move(listed_.front());
        listed_.pop_front();
        total -= oldest->duration;
        if (oldest->discontinuity) ++discontinuity_sequence_;
        if (!oldest->gap) retired_.push_back(std::move(oldest));
    }
}

void Window::forget() {
    const Nanoseconds parts_keep = rules_.part_target > Nanoseconds(0)
                                       ? 2 * min_target_durations * rules_.target_duration
                                       : Nanoseconds(0);
    const Nanoseconds listed = duration();
    while (!retired_.empty()) {
        const Segment& oldest = *retired_.front();
        const Nanoseconds keep = std::max(parts_keep, listed + oldest.duration);
        if (bytes_ <= rules_.max_bytes && end_ - oldest.end <= keep) return;
        bytes_ -= oldest.size;
        retired_.pop_front();
    }
}

namespace {

using Segments = std::deque<std::shared_ptr<Segment>>;

/// Searches the youngest first: that is what players ask for.
template <class Predicate>
std::shared_ptr<const Segment> find_last(const Segments& listed, const Segments& retired,
                                         Predicate predicate) {
    for (const Segments* segments : {&listed, &retired}) {
        const auto found = std::find_if(segments->rbegin(), segments->rend(), predicate);
        if (found != segments->rend()) return *found;
    }
    return nullptr;
}

}  // namespace

std::optional<Media> Window::find_part(std::uint64_t number) const {
    const auto segment = find_last(listed_, retired_, [number](const auto& candidate) {
        return !candidate->parts.empty() && candidate->parts.front().number <= number;
    });
    if (!segment) return std::nullopt;
    const std::uint64_t index = number - segment->parts.front().number;
    return index < segment->parts.size() ? std::optional(segment->media(index)) : std::nullopt;
}

std::shared_ptr<const Segment> Window::find_segment(std::uint64_t sequence) const {
    return find_last(listed_, retired_, [sequence](const auto& candidate) {
        return candidate->sequence == sequence && candidate->closed && !candidate->gap;
    });
}

std::shared_ptr<const Init> Window::find_init(std::uint64_t number) const {
    const auto segment = find_last(listed_, retired_, [number](const auto& candidate) {
        return candidate->init && candidate->init->number == number;
    });
    return segment ? segment->init : nullptr;
}

}  // namespace rill::hls
