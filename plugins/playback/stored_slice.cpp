#include "stored_slice.hpp"

#include "joined_source.hpp"
#include "piece_reader.hpp"
#include "plan.hpp"

#include <rill/media/cmaf.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace rill::playback {
namespace {

/// Of the same start there is rarely more than one.
constexpr std::size_t most_at_once = 64;

Result<RecordedSegment> file_at(ArchiveView& view, std::int64_t start_us) {
    auto found = view.segments({start_us, start_us + 1}, most_at_once);
    if (!found) return found.error();
    for (RecordedSegment& segment : *found) {
        if (segment.time.start_us == start_us) return std::move(segment);
    }
    return Error{Code::not_found, "the recording was deleted; load the playlist again"};
}

/// Where the tracks of a file go: those that HLS can carry, in their order.
std::vector<cmaf::JoinedPlace> places_of(const cmaf::Init& init) {
    std::vector<cmaf::JoinedPlace> places;
    std::size_t next = 0;
    for (const Format& format : init.tracks)
        places.push_back({cmaf::is_cmaf(format.codec) ? next++ : cmaf::JoinedPlace::left_out});
    return places;
}

Result<Ref<GBytes>> formats_of(const cmaf::Init& init) {
    std::vector<std::shared_ptr<const Format>> formats;
    for (const Format& format : init.tracks) {
        if (cmaf::is_cmaf(format.codec)) formats.push_back(std::make_shared<const Format>(format));
    }
    const auto writer = cmaf::Writer::create(std::move(formats), Nanoseconds(0));
    if (!writer) return writer.error();
    return writer->init_segment();
}

/// 0 when there is none that begins here.
std::uint64_t end_of_part(ArchiveView& view, const RecordedSegment& segment, std::uint64_t first_byte) {
    const auto parts = view.parts(segment);
    if (!parts) return 0;
    const auto found = std::ranges::find(*parts, first_byte, &RecordedPart::offset);
    return found == parts->end() ? 0 : found->offset + found->bytes;
}

Result<std::shared_ptr<Plan>> plan_of(ArchiveView& view, const RecordedSegment& segment, cmaf::Init init,
                                      const Resource& resource) {
    auto plan = std::make_shared<Plan>();
    plan->head = Ref<GBytes>::adopt(g_bytes_new(nullptr, 0));
    auto places = places_of(init);
    plan->layouts.push_back({std::move(init), std::move(places), {}, {}});
    Piece piece;
    piece.id = segment.id;
    piece.start_us = segment.time.start_us;
    piece.first_byte = resource.first_byte;
    piece.end_byte = resource.end_byte;
    if (resource.end_byte == Resource::one_part)
        piece.end_byte = end_of_part(view, segment, piece.first_byte);
    piece.body_end = piece.end_byte - piece.first_byte;
    piece.shift = std::chrono::microseconds(segment.time.start_us);
    if (const auto parts = parts_between(view, segment, piece.first_byte, piece.end_byte); !parts) {
        return Error{Code::not_found, "the recording has no such part; load the playlist again"};
    }
    plan->pieces.push_back(piece);
    return plan;
}

}  // namespace

Result<std::unique_ptr<http::BodySource>> open_resource(Archive& archive, ArchiveView& view,
                                                        const std::string& path, const Resource& resource) {
    const auto segment = file_at(view, resource.file_start_us);
    if (!segment) return segment.error();
    const auto file = RecordedFile::open(segment->file);
    if (!file) return file.error();
    auto init = file->read_init(segment->init_bytes);
    if (!init) return init.error();
    auto plan = std::make_shared<Plan>();
    if (resource.end_byte == 0) {
        auto formats = formats_of(*init);
        if (!formats) return formats.error();
        plan->head = *std::move(formats);
    } else {
        auto made = plan_of(view, *segment, *std::move(init), resource);
        if (!made) return made.error();
        plan = *std::move(made);
    }
    plan->wanted.path = path;
    return std::unique_ptr<http::BodySource>(std::make_unique<JoinedSource>(archive, std::move(plan)));
}

}  // namespace rill::playback
