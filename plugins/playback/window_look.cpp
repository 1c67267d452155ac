#include "window_look.hpp"

#include "continuity.hpp"

#include <rill/recorded_codecs.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace rill::playback {
namespace {

/// What one turn may do: a few milliseconds.
constexpr std::size_t files_a_turn = 200;

/// Threading: the archive's thread, one turn at a time.
class Looker : public std::enable_shared_from_this<Looker> {
  public:
    Looker(Archive& archive, const std::string& path, std::int64_t from_us, std::int64_t window_us,
           std::function<void(WindowLook)> done)
        : archive_(archive), path_(path), from_us_(from_us), window_us_(window_us), done_(std::move(done)) {}

    void next_turn() {
        archive_.read(path_, [self = shared_from_this()](ArchiveView& view) {
            if (const auto done = self->collect(view); !done) self->done_({done.error(), 0, {}, {}, {}});
        });
    }

  private:
    Result<> collect(ArchiveView& view) {
        const auto page = view.segments({page_start_us_.value_or(from_us_), all_time.end_us}, page_size_);
        if (!page) return page.error();
        bool is_new = false;
        for (const RecordedSegment& segment : *page) {
            // What was recorded while the clock was set back comes again, or lies before what is known.
            if (last_ && segment.time.start_us <= last_->time.start_us) continue;
            is_new = true;
            if (auto added = add(view, segment); !added) return added;
        }
        if (page->size() < page_size_) return finish(view);
        if (!is_new) page_size_ *= 2;
        page_start_us_ = page->back().time.start_us;
        next_turn();
        return ok();
    }

    Result<> add(ArchiveView& view, const RecordedSegment& segment) {
        const bool goes_on = last_ && continues(*last_, segment);
        last_ = segment;
        if (segment.container != Container::fmp4) {
            passed_over_ = segment.container;
            return ok();
        }
        if (cmaf_codecs(segment.codecs).empty()) return ok();
        auto parts = view.parts(segment);
        if (!parts) return parts.error().code == Code::not_found ? ok() : Result<>(parts.error());
        files_.push_back({segment.time.start_us, segment.open, goes_on, *std::move(parts)});
        return ok();
    }

    Result<> finish(ArchiveView& view) {
        WindowLook look{std::move(files_), INT64_MIN, {}, {}, passed_over_};
        const auto oldest = view.segments({window_us_, all_time.end_us}, 1);
        if (!oldest) return oldest.error();
        if (!oldest->empty()) look.oldest_file_us = oldest->front().time.start_us;
        if (look.files->empty()) {
            const auto nearest = view.nearest(from_us_);
            if (!nearest) return nearest.error();
            look.before = nearest->before_us();
            look.after = nearest->after_us();
        }
        done_(std::move(look));
        return ok();
    }

    // Given.
    Archive& archive_;
    const std::string path_;
    const std::int64_t from_us_;
    const std::int64_t window_us_;
    const std::function<void(WindowLook)> done_;
    // State.
    std::vector<WindowFile> files_;
    std::optional<RecordedSegment> last_;
    std::optional<Container> passed_over_;
    std::optional<std::int64_t> page_start_us_;
    std::size_t page_size_ = files_a_turn;
};

}  // namespace

void look_for_window(Archive& archive, const std::string& path, std::int64_t from_us, std::int64_t window_us,
                     std::function<void(WindowLook)> done) {
    std::make_shared<Looker>(archive, path, from_us, window_us, std::move(done))->next_turn();
}

}  // namespace rill::playback
