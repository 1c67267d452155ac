#include "joined_source.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace rill::playback {
namespace {

/// Numbers of mfhd grow through the answer. How many parts a file has is known when it is opened, so each has
/// an equal share of the numbers: of the most files that a plan has, 42949.
std::uint32_t first_number(const Plan& plan, std::size_t piece) {
    const auto share = UINT32_MAX / static_cast<std::uint32_t>(plan.pieces.size());
    return static_cast<std::uint32_t>(piece) * share + 1;
}

Ref<GBytes> slice(const Ref<GBytes>& bytes, std::uint64_t offset, std::size_t at_most) {
    const std::size_t count = std::min<std::size_t>(at_most, g_bytes_get_size(bytes.get()) - offset);
    return Ref<GBytes>::adopt(g_bytes_new_from_bytes(bytes.get(), offset, count));
}

Ref<GBytes> copy(std::span<const std::uint8_t> bytes) {
    return Ref<GBytes>::adopt(g_bytes_new(bytes.data(), bytes.size()));
}

/// A box that says nothing (ISO/IEC 14496-12 §8.1.2).
Ref<GBytes> free_space(std::size_t size) {
    std::vector<std::uint8_t> box(size);
    for (std::size_t i = 0; i < 4; ++i)
        box[i] = static_cast<std::uint8_t>(size >> (24 - 8 * i));
    std::memcpy(box.data() + 4, "free", 4);
    return copy(box);
}

}  // namespace

JoinedSource::JoinedSource(Archive& archive, std::shared_ptr<const Plan> plan)
    : archive_(archive), plan_(std::move(plan)) {}

void JoinedSource::read(std::uint64_t offset, std::size_t at_most, Done done) {
    if (offset < g_bytes_get_size(plan_->head.get())) {
        done(BodySource::Piece{slice(plan_->head, offset, at_most)});
        return;
    }
    // Whoever holds `done` holds this source.
    archive_.read(plan_->wanted.path, [this, offset, at_most, done = std::move(done)](ArchiveView& view) {
        done(collect(view, offset, at_most));
    });
}

Result<http::BodySource::Piece> JoinedSource::collect(ArchiveView& view, std::uint64_t offset,
                                                      std::size_t at_most) {
    BodySource::Piece collected;
    while (at_most > 0 && offset < plan_->size()) {
        const auto piece = std::upper_bound(
            plan_->pieces.begin(), plan_->pieces.end(), offset,
            [](std::uint64_t at, const playback::Piece& other) { return at < other.body_end; });
        const auto opened = open_piece(view, static_cast<std::size_t>(piece - plan_->pieces.begin()));
        if (!opened) return opened.error();
        const auto part = std::prev(std::upper_bound(
            parts_.begin(), parts_.end(), offset,
            [](std::uint64_t at, const PlacedPart& other) { return at < other.body_start; }));
        const auto ready = open_part(static_cast<std::size_t>(part - parts_.begin()));
        if (!ready) return ready.error();
        auto bytes = bytes_of_part(offset - part->body_start, at_most);
        if (!bytes) return bytes.error();
        const std::size_t count = g_bytes_get_size(bytes->get());
        offset += count;
        at_most -= count;
        collected.push_back(*std::move(bytes));
    }
    return collected;
}

Result<> JoinedSource::open_piece(ArchiveView& view, std::size_t index) {
    if (piece_ == index) return ok();
    piece_ = part_ = none;
    const playback::Piece& piece = plan_->pieces[index];
    const auto segment = find_segment(view, piece);
    if (!segment) return segment.error();
    const auto parts = parts_between(view, *segment, piece.first_byte, piece.end_byte);
    if (!parts) return parts.error();
    auto file = RecordedFile::open(segment->file);
    if (!file) return file.error();

    piece_ = index;
    file_ = *std::move(file);
    parts_.clear();
    std::uint64_t body = index == 0 ? g_bytes_get_size(plan_->head.get()) : plan_->pieces[index - 1].body_end;
    for (const RecordedPart& part : *parts) {
        parts_.push_back({part, body});
        body += part.bytes + plan_->layouts[piece.layout].growth(part);
    }
    if (body == piece.body_end) return ok();
    piece_ = none;
    return Error{Code::conflict, "the recording has changed since the answer was begun; ask again"};
}

Result<> JoinedSource::open_part(std::size_t index) {
    if (part_ == index) return ok();
    part_ = none;
    const RecordedPart& part = parts_[index].part;
    const playback::Piece& piece = plan_->pieces[piece_];
    const Layout& layout = plan_->layouts[piece.layout];
    auto moof = file_.read_moof(part);
    if (!moof) return moof.error();
    cmaf::FragmentMove move;
    move.places = layout.places;
    move.delta = piece.shift;
    move.sequence = first_number(*plan_, piece_) + static_cast<std::uint32_t>(index);
    move.grown_track = layout.grown_track;
    move.growth = layout.growth(part);
    const auto moved = cmaf::move_fragment(*moof, layout.init, move);
    if (!moved) return file_.damaged(moved.error().message);

    part_ = index;
    moof_ = copy(*moof);
    insert_at_ = moved->growth_at.value_or(part.bytes);
    inserted_.reset();
    if (move.growth > 0) inserted_ = moved->growth_at ? copy(layout.parameter_sets) : free_space(move.growth);
    return ok();
}

/// A part is its moof, samples from the file, what is inserted, and the other samples.
Result<Ref<GBytes>> JoinedSource::bytes_of_part(std::uint64_t offset, std::size_t at_most) const {
    const RecordedPart& part = parts_[part_].part;
    const std::size_t head = g_bytes_get_size(moof_.get());
    if (offset < head) return slice(moof_, offset, at_most);
    if (offset < insert_at_) {
        return file_.read(part.offset + offset, std::min<std::uint64_t>(at_most, insert_at_ - offset));
    }
    const std::uint64_t inserted = inserted_ ? g_bytes_get_size(inserted_.get()) : 0;
    if (offset < insert_at_ + inserted) return slice(inserted_, offset - insert_at_, at_most);
    const std::uint64_t stored = offset - inserted;
    return file_.read(part.offset + stored, std::min<std::uint64_t>(at_most, part.bytes - stored));
}

}  // namespace rill::playback
