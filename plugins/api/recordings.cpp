#include "recordings.hpp"

#include "recordings_json.hpp"
#include "segment_cursor.hpp"

#include <rill/clock.hpp>
#include <rill/http_query.hpp>
#include <rill/http_recorded.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <string_view>
#include <utility>

namespace rill::api {
namespace {

constexpr std::size_t page_default = 1000;
constexpr std::size_t page_most = 10'000;

/// What is recorded of a range: its spans at once, its files a turn at a time.
class Survey : public std::enable_shared_from_this<Survey> {
  public:
    Survey(Asked asked, Archive& archive, std::string path, TimeRange range)
        : asked_(std::move(asked)),
          archive_(archive),
          path_(std::move(path)),
          range_(range),
          cursor_(range) {}

    void begin() {
        with_recordings(asked_, archive_, path_,
                        [self = shared_from_this()](ArchiveView& view) { self->look(view); });
    }

  private:
    void look(ArchiveView& view) {
        const auto spans = view.spans(range_);
        if (!spans) return asked_.fail(spans.error());
        body_.set("name", path_).set("spans", to_array(*spans)).set("gaps", gaps_of(*spans));
        if (spans->empty()) {
            const auto nearest = view.nearest(range_.start_us);
            if (!nearest) return asked_.fail(nearest.error());
            http::set_neighbours(body_, nearest->before_us(), nearest->after_us());
        }
        count(view);
    }
    void count(ArchiveView& view) {
        const auto found = cursor_.next(view, segments_a_turn);
        if (!found) return asked_.fail(found.error());
        segments_ += found->size();
        for (const RecordedSegment& segment : *found)
            bytes_ += segment.bytes;
        if (found->size() < segments_a_turn)
            return asked_.respond(body_.set("segments", segments_).set("bytes", bytes_));
        archive_.read(path_, [self = shared_from_this()](ArchiveView& again) { self->count(again); });
    }

    const Asked asked_;
    Archive& archive_;
    const std::string path_;
    const TimeRange range_;
    SegmentCursor cursor_;
    Json body_ = Json::object();
    std::uint64_t segments_ = 0;
    std::uint64_t bytes_ = 0;
};

void get_spans(const Asked& asked, Archive& archive, const std::string& path) {
    const auto range = http::optional_range(asked.request());
    if (!range) return asked.fail(range.error());
    std::make_shared<Survey>(asked, archive, path, *range)->begin();
}

/// One page of segments, a turn at a time.
class Page : public std::enable_shared_from_this<Page> {
  public:
    Page(Asked asked, Archive& archive, std::string path, SegmentCursor cursor, std::size_t limit)
        : asked_(std::move(asked)),
          archive_(archive),
          path_(std::move(path)),
          cursor_(cursor),
          limit_(limit) {}

    void begin() {
        with_recordings(asked_, archive_, path_,
                        [self = shared_from_this()](ArchiveView& view) { self->look(view); });
    }

  private:
    void look(ArchiveView& view) {
        // One more than the page tells whether there is another page.
        const std::size_t wanted = std::min(limit_ + 1 - segments_.size(), segments_a_turn);
        auto found = cursor_.next(view, wanted);
        if (!found) return asked_.fail(found.error());
        std::ranges::move(*found, std::back_inserter(segments_));
        if (found->size() < wanted || segments_.size() > limit_) return answer();
        archive_.read(path_, [self = shared_from_this()](ArchiveView& again) { self->look(again); });
    }
    void answer() {
        const bool goes_on = segments_.size() > limit_;
        if (goes_on) segments_.pop_back();
        Json body = Json::object().set("name", path_).set("segments", to_array(segments_));
        if (goes_on) body.set("next", position_of(segments_.back()).text());
        asked_.respond(body);
    }

    const Asked asked_;
    Archive& archive_;
    const std::string path_;
    SegmentCursor cursor_;
    const std::size_t limit_;
    std::vector<RecordedSegment> segments_;
};

void get_segments(const Asked& asked, Archive& archive, const std::string& path) {
    const auto range = http::optional_range(asked.request());
    if (!range) return asked.fail(range.error());
    const auto limit = http::number(asked.request(), "limit", page_default, 1, page_most);
    if (!limit) return asked.fail(limit.error());
    std::optional<Position> after;
    if (const std::string* next = http::find(asked.request(), "next")) {
        const auto position = Position::parse(*next);
        if (!position) return asked.fail(position.error());
        after = *position;
    }
    std::make_shared<Page>(asked, archive, path, SegmentCursor(*range, after), *limit)->begin();
}

/// Answers with a number by this name.
std::function<void(Result<std::uint64_t>)> answer_number(const Asked& asked, std::string_view name) {
    return [asked, name](const Result<std::uint64_t>& number) {
        if (!number) return asked.fail(number.error());
        asked.respond(Json::object().set(name, *number));
    };
}

void erase(const Asked& asked, Archive& archive, const std::string& path) {
    const auto range = http::required_range(asked.request());
    if (!range) return asked.fail(range.error());
    with_recordings(asked, archive, path, [asked, &archive, path, range = *range](ArchiveView&) {
        archive.erase(path, range, answer_number(asked, "bytes"));
    });
}

void lock(const Asked& asked, Archive& archive, const std::string& path, bool locked) {
    const auto range = http::required_range(asked.request());
    if (!range) return asked.fail(range.error());
    with_recordings(asked, archive, path, [asked, &archive, path, range = *range, locked](ArchiveView&) {
        archive.lock(path, range, locked, answer_number(asked, "segments"));
    });
}

void answer_path(const Asked& asked, Archive& archive, const std::string& path) {
    const std::string& method = asked.request().method;
    if (method == "GET") return get_spans(asked, archive, path);
    if (method == "DELETE") return erase(asked, archive, path);
    asked.refuse_method("GET, DELETE");
}

}  // namespace

bool lacks_archive(const Asked& asked, Archive* archive) {
    if (archive != nullptr) return false;
    asked.fail({Code::unavailable, "no module keeps recordings; build and install the module 'record'"});
    return true;
}

void with_recordings(const Asked& asked, Archive& archive, const std::string& path,
                     std::function<void(ArchiveView&)> work) {
    archive.read(path, [asked, path, work = std::move(work)](ArchiveView& view) {
        const auto any = view.nearest(0);
        if (!any) return asked.fail(any.error());
        if (any->before || any->after) return work(view);
        asked.fail({Code::not_found, fmt::format("nothing is recorded of '{}'", path)});
    });
}

void answer_recordings(const Asked& asked, Archive* archive) {
    if (asked.request().method != "GET") return asked.refuse_method("GET");
    if (lacks_archive(asked, archive)) return;
    archive->paths([asked](Result<std::vector<RecordedPath>> paths) {
        if (!paths) return asked.fail(paths.error());
        asked.respond(to_array(*paths));
    });
}

RecordingRequest recording_request(const Hub& hub, const std::string& rest) {
    const auto slash = rest.rfind('/');
    const std::string path = rest.substr(0, slash == std::string::npos ? 0 : slash);
    const std::string word = rest.substr(slash == std::string::npos ? 0 : slash + 1);
    const bool is_word = word == "segments" || word == "lock" || word == "unlock";
    if (path.empty() || !is_word || hub.status(rest)) return {rest, ""};
    return {path, word};
}

void answer_recording(const Asked& asked, Archive* archive, const RecordingRequest& request) {
    if (lacks_archive(asked, archive)) return;
    const auto& [path, word] = request;
    if (word.empty()) return answer_path(asked, *archive, path);
    const std::string& method = asked.request().method;
    if (word == "segments") {
        if (method != "GET") return asked.refuse_method("GET");
        return get_segments(asked, *archive, path);
    }
    if (method != "POST") return asked.refuse_method("POST");
    lock(asked, *archive, path, word == "lock");
}

void answer_storages(const Asked& asked, Archive* archive) {
    if (asked.request().method != "GET") return asked.refuse_method("GET");
    if (lacks_archive(asked, archive)) return;
    asked.respond(to_array(archive->storages()));
}

}  // namespace rill::api
