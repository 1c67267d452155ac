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

Result<RecordedSegment> file_at(ArchiveView& view, std::int64_t start_us) {
    auto found =
        segment_where(view, start_us, [&](const auto& file) { return file.time.start_us == start_us; });
    if (!found) return found.error();
    if (*found) return **std::move(found);
    return Error{Code::not_found, "the recording was deleted; load the playlist again"};
}

Error too_old() {
    return {Code::not_found, "this is older than a window may be; ?start= plays it"};
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

/// Where the parts of a resource end. Error: not_found when there are none that begin and end so.
Result<std::uint64_t> end_of_parts(ArchiveView& view, const RecordedSegment& segment,
                                   const Resource& resource, std::int64_t oldest_us) {
    const Error none{Code::not_found, "the recording has no such part; load the playlist again"};
    const auto parts = view.parts(segment);
    if (!parts) return parts.error().code == Code::not_found ? none : parts.error();
    const auto end_of = [](const RecordedPart& part) { return part.offset + part.bytes; };
    const auto first = std::ranges::lower_bound(*parts, resource.first_byte, {}, &RecordedPart::offset);
    if (first == parts->end() || first->offset != resource.first_byte) return none;
    if (first->time.end_us < oldest_us) return too_old();
    if (resource.end_byte == Resource::one_part) return end_of(*first);
    const auto last = std::ranges::lower_bound(first, parts->end(), resource.end_byte, {}, end_of);
    if (last == parts->end() || end_of(*last) != resource.end_byte) return none;
    return resource.end_byte;
}

Result<std::shared_ptr<Plan>> plan_of(ArchiveView& view, const RecordedSegment& segment, cmaf::Init init,
                                      const Resource& resource, std::int64_t oldest_us) {
    const auto end = end_of_parts(view, segment, resource, oldest_us);
    if (!end) return end.error();
    auto plan = std::make_shared<Plan>();
    plan->head = Ref<GBytes>::adopt(g_bytes_new(nullptr, 0));
    auto places = places_of(init);
    plan->layouts.push_back({std::move(init), std::move(places), {}, {}});
    Piece piece;
    piece.id = segment.id;
    piece.start_us = segment.time.start_us;
    piece.first_byte = resource.first_byte;
    piece.end_byte = *end;
    piece.body_end = piece.end_byte - piece.first_byte;
    piece.shift = std::chrono::microseconds(segment.time.start_us);
    plan->pieces.push_back(piece);
    return plan;
}

}  // namespace

Result<std::unique_ptr<http::BodySource>> open_resource(Archive& archive, ArchiveView& view,
                                                        const std::string& path, const Resource& resource,
                                                        std::int64_t oldest_us) {
    const auto segment = file_at(view, resource.file_start_us);
    if (!segment) return segment.error();
    if (segment->time.end_us < oldest_us) return too_old();
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
        auto made = plan_of(view, *segment, *std::move(init), resource, oldest_us);
        if (!made) return made.error();
        plan = *std::move(made);
    }
    plan->wanted.path = path;
    return std::unique_ptr<http::BodySource>(std::make_unique<JoinedSource>(archive, std::move(plan)));
}

}  // namespace rill::playback
