#include "mediamtx.hpp"

#include "page.hpp"
#include "recordings.hpp"
#include "segments_body.hpp"

#include <rill/http_query.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace rill::api {
namespace {

constexpr std::string_view get_prefix = "get/";
/// Segments that may overlap with one that is to be deleted.
constexpr std::size_t most_around = 100;

http::Response streamed(std::unique_ptr<SegmentsBody> body) {
    http::Response response;
    response.content_type = "application/json";
    response.stream = http::StreamedBody(std::move(body));
    return response;
}

http::Response list(Archive& archive, const std::vector<RecordedPath>& paths, const Page& page) {
    std::vector<std::string> names;
    for (std::size_t i = page.first(paths.size()); i < page.end(paths.size()); ++i)
        names.push_back(paths[i].name);
    return streamed(std::make_unique<SegmentsBody>(
        archive, std::move(names),
        fmt::format(R"({{"pageCount":{},"itemCount":{},"items":[)", page.count(paths.size()), paths.size()),
        "]}"));
}

void answer_list(const Asked& asked, Archive& archive) {
    const auto page = Page::of(asked.request());
    if (!page) return asked.fail(page.error());
    archive.paths([asked, &archive, page = *page](Result<std::vector<RecordedPath>> paths) {
        if (!paths) return asked.fail(paths.error());
        asked.respond(list(archive, *paths, page));
    });
}

void answer_get(const Asked& asked, Archive& archive, const std::string& name) {
    with_recordings(asked, archive, name, [asked, &archive, name](ArchiveView&) {
        asked.respond(
            streamed(std::make_unique<SegmentsBody>(archive, std::vector<std::string>{name}, "", "")));
    });
}

/// The one segment that begins at a time and may be deleted with all that lies in it, which is itself alone.
Result<RecordedSegment> find_to_delete(ArchiveView& view, const std::string& path, std::int64_t start_us) {
    const auto around = view.segments({start_us, start_us + 1}, most_around);
    if (!around) return around.error();
    const auto found =
        std::ranges::find(*around, start_us, [](const auto& segment) { return segment.time.start_us; });
    if (found == around->end()) {
        return Error{Code::not_found, fmt::format("no segment of '{}' begins at that time; take 'start' from "
                                                  "/v3/recordings/get/{}",
                                                  path, path)};
    }
    if (found->open) return Error{Code::conflict, "the segment is still being written"};
    if (found->locked) return Error{Code::conflict, "the segment is locked; unlock it first"};
    const auto within = view.segments(found->time, most_around);
    if (!within) return within.error();
    const auto others = std::ranges::count_if(*within, [&](const RecordedSegment& other) {
        return other.id != found->id && other.time.start_us >= found->time.start_us &&
               other.time.end_us <= found->time.end_us;
    });
    // The clock was set back. An archive deletes by time.
    if (others > 0) {
        return Error{Code::conflict,
                     fmt::format("{} other segments lie within its time; delete them all with DELETE "
                                 "/api/v1/recordings/{}",
                                 others, path)};
    }
    return *found;
}

void answer_delete(const Asked& asked, Archive& archive) {
    const auto path = http::required(asked.request(), "path");
    if (!path) return asked.fail(path.error());
    const auto start = http::required_time(asked.request(), "start");
    if (!start) return asked.fail(start.error());
    archive.read(*path, [asked, &archive, path = *path, start = *start](ArchiveView& view) {
        const auto segment = find_to_delete(view, path, start);
        if (!segment) return asked.fail(segment.error());
        archive.erase(path, segment->time, [asked](const Result<std::uint64_t>& bytes) {
            if (!bytes) return asked.fail(bytes.error());
            if (*bytes == 0)
                return asked.fail({Code::conflict, "the segment was locked or deleted meanwhile"});
            asked.respond(Json::object().set("status", "ok"));
        });
    });
}

}  // namespace

void answer_mediamtx(const Asked& asked, Archive* archive, const std::string& rest) {
    const std::string& method = asked.request().method;
    const bool is_get = rest.starts_with(get_prefix) && rest.size() > get_prefix.size();
    if (rest == "list" || is_get) {
        if (method != "GET") return asked.refuse_method("GET");
        if (lacks_archive(asked, archive)) return;
        if (rest == "list") return answer_list(asked, *archive);
        return answer_get(asked, *archive, rest.substr(get_prefix.size()));
    }
    if (rest != "deletesegment") {
        return asked.fail({Code::not_found, fmt::format("there is no '{}' here; ask for list, get/<name> or "
                                                        "deletesegment",
                                                        rest)});
    }
    if (method != "DELETE") return asked.refuse_method("DELETE");
    if (lacks_archive(asked, archive)) return;
    answer_delete(asked, *archive);
}

}  // namespace rill::api
