#include "planner.hpp"

#include "nothing.hpp"
#include "piece_reader.hpp"

#include <rill/bytes.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace rill::playback {
namespace {

// What one turn may do: a few milliseconds.
constexpr std::size_t segments_a_turn = 500;
constexpr std::size_t lookups_a_turn = 200;
constexpr std::size_t most_segments = 100'000;

/// FNV-1a, 64 bits.
class Hash {
  public:
    void add(std::span<const std::uint8_t> bytes) {
        for (const std::uint8_t byte : bytes)
            value_ = (value_ ^ byte) * 0x100000001b3;
    }
    void add(std::uint64_t number) {
        for (unsigned shift = 0; shift < 64; shift += 8)
            value_ = (value_ ^ (number >> shift & 0xFF)) * 0x100000001b3;
    }
    std::uint64_t value() const { return value_; }

  private:
    std::uint64_t value_ = 0xcbf29ce484222325;
};

/// Two plans with the same tag give the same bytes.
std::string etag_of(const Plan& plan) {
    Hash hash;
    hash.add(view(plan.head));
    for (const Piece& piece : plan.pieces) {
        hash.add(static_cast<std::uint64_t>(piece.id));
        hash.add(static_cast<std::uint64_t>(piece.start_us));
        hash.add(piece.first_byte);
        hash.add(piece.end_byte);
        hash.add(static_cast<std::uint64_t>(piece.shift.count()));
        hash.add(piece.layout);
    }
    return fmt::format("\"{:016x}-{:x}\"", hash.value(), plan.size());
}

}  // namespace

Planner::Planner(Archive& archive, Wanted wanted, std::function<void(Planned)> done)
    : archive_(archive), done_(std::move(done)), page_size_(segments_a_turn) {
    page_start_us_ = wanted.time.start_us;
    plan_->wanted = std::move(wanted);
}

void Planner::begin() {
    next(&Planner::collect);
}

void Planner::next(Turn turn) {
    archive_.read(plan_->wanted.path, [self = shared_from_this(), turn](ArchiveView& view) {
        const auto done = (self.get()->*turn)(view);
        if (!done) self->done_({done.error(), {}, {}});
    });
}

Result<> Planner::collect(ArchiveView& view) {
    const auto page = view.segments({page_start_us_, plan_->wanted.time.end_us}, page_size_);
    if (!page) return page.error();
    const std::size_t before = plan_->pieces.size();
    for (const RecordedSegment& segment : *page) {
        if (is_collected(segment)) continue;
        if (auto added = add(view, segment); !added) return added;
    }
    if (plan_->pieces.size() > most_segments) {
        return Error{Code::too_large, fmt::format("more than {} files are too many for one answer; ask for a "
                                                  "shorter duration",
                                                  most_segments)};
    }
    if (page->size() < page_size_) {
        if (plan_->pieces.empty()) return refuse(view);
        group();
        next(&Planner::place_groups);
        return ok();
    }
    // What overlaps the next page's start comes again; where only that comes, the page is too small.
    const bool stands_still = page->back().time.start_us <= page_start_us_;
    if (plan_->pieces.size() == before && stands_still) page_size_ *= 2;
    page_start_us_ = std::max(page_start_us_, page->back().time.start_us);
    next(&Planner::collect);
    return ok();
}

/// Segments come by their start, so those that are known are the last ones.
bool Planner::is_collected(const RecordedSegment& segment) const {
    for (auto known = plan_->pieces.rbegin(); known != plan_->pieces.rend(); ++known) {
        if (known->start_us > segment.time.start_us) return true;
        if (known->start_us < segment.time.start_us) return false;
        if (known->id == segment.id) return true;
    }
    return false;
}

/// A segment that lies within the range is taken as a whole, without a look at its parts.
Result<> Planner::add(ArchiveView& view, const RecordedSegment& segment) {
    if (segment.container != Container::fmp4) {
        passed_over_ = segment.container;
        return ok();
    }
    const TimeRange& wanted = plan_->wanted.time;
    Piece piece;
    piece.id = segment.id;
    piece.start_us = segment.time.start_us;
    piece.end_us = segment.time.end_us;
    piece.chain = segment.chain;
    piece.first_byte = segment.init_bytes;
    piece.end_byte = segment.bytes;
    const bool whole = segment.time.start_us >= wanted.start_us && segment.time.end_us <= wanted.end_us;
    if (!whole || segment.open) {
        const auto parts = view.parts(segment);
        if (!parts && parts.error().code == Code::not_found) return ok();
        if (!parts) return parts.error();
        const auto first = std::find_if(parts->rbegin(), parts->rend(), [&](const RecordedPart& part) {
            return part.keyframe && part.time.start_us <= wanted.start_us;
        });
        const auto end = std::find_if(parts->begin(), parts->end(), [&](const RecordedPart& part) {
            return part.time.start_us >= wanted.end_us;
        });
        const auto begin = first == parts->rend() ? parts->begin() : std::prev(first.base());
        if (begin >= end) return ok();
        const RecordedPart& last = *std::prev(end);
        piece.first_byte = begin->offset;
        piece.end_byte = last.offset + last.bytes;
        piece.end_us = last.time.end_us;
    }
    if (piece.end_byte > piece.first_byte) plan_->pieces.push_back(piece);
    return ok();
}

/// Chains overlap when the clock was set back. They are told one after the other, not mixed.
void Planner::group() {
    std::vector<Piece>& pieces = plan_->pieces;
    std::map<std::int64_t, std::size_t> order;
    for (const Piece& piece : pieces)
        order.emplace(piece.chain, order.size());
    std::stable_sort(pieces.begin(), pieces.end(), [&](const Piece& one, const Piece& other) {
        return order.at(one.chain) < order.at(other.chain);
    });
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        if (i == 0 || pieces[i].chain != pieces[i - 1].chain) groups_.push_back({i, i});
        groups_.back().last = i + 1;
    }
}

Result<> Planner::count_growths(ArchiveView& view) {
    const std::size_t stop = std::min(plan_->pieces.size(), next_piece_ + lookups_a_turn);
    for (; next_piece_ < stop; ++next_piece_) {
        Piece& piece = plan_->pieces[next_piece_];
        if (!plan_->layouts[piece.layout].grown_track) continue;
        const auto segment = find_segment(view, piece);
        if (!segment) return segment.error();
        const auto parts = parts_between(view, *segment, piece.first_byte, piece.end_byte);
        if (!parts) return parts.error();
        const auto keyframe = [](const RecordedPart& part) { return part.keyframe; };
        piece.growths = static_cast<std::uint32_t>(std::count_if(parts->begin(), parts->end(), keyframe));
    }
    next(next_piece_ < plan_->pieces.size() ? &Planner::count_growths : last_turn());
    return ok();
}

Result<> Planner::finish(ArchiveView&) {
    if (!plan_->head) plan_->head = plan_->tracks.init_segment(plan_->begin, plan_->end - plan_->begin);
    std::uint64_t end = g_bytes_get_size(plan_->head.get());
    for (Piece& piece : plan_->pieces) {
        const std::size_t growth = plan_->layouts[piece.layout].parameter_sets.size();
        end += piece.end_byte - piece.first_byte + piece.growths * std::uint64_t{growth};
        piece.body_end = end;
    }
    plan_->etag = etag_of(*plan_);
    done_({std::shared_ptr<const Plan>(std::move(plan_)), {}, {}});
    return ok();
}

Result<> Planner::refuse(ArchiveView& view) {
    if (unreadable_) return *unreadable_;
    const Wanted& wanted = plan_->wanted;
    const auto nearest = view.nearest(wanted.time.start_us);
    if (!nearest) return nearest.error();
    Planned refused{nothing_to_play(wanted.path, passed_over_), {}, {}};
    refused.before = nearest->before_us();
    refused.after = nearest->after_us();
    done_(std::move(refused));
    return ok();
}

void make_plan(Archive& archive, Wanted wanted, std::function<void(Planned)> done) {
    std::make_shared<Planner>(archive, std::move(wanted), std::move(done))->begin();
}

}  // namespace rill::playback
