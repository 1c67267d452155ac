#include "listing.hpp"

#include "continuity.hpp"
#include "nothing.hpp"

#include <rill/recorded_codecs.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace rill::playback {
namespace {

// What one turn may do: a few milliseconds.
constexpr std::size_t files_a_turn = 200;
constexpr std::size_t most_slices = 200'000;
/// A recording that ended so long ago may go on: its file was full, or the camera comes back.
constexpr std::int64_t patience_us = 60'000'000;

/// Threading: the archive's thread, one turn at a time.
class Lister : public std::enable_shared_from_this<Lister> {
  public:
    Lister(Archive& archive, const std::string& path, TimeRange range, std::int64_t now_us,
           std::function<void(Listed)> done)
        : archive_(archive), done_(std::move(done)), now_us_(now_us), page_start_us_(range.start_us) {
        listing_->path = path;
        listing_->range = range;
    }

    void next_turn() {
        archive_.read(listing_->path, [self = shared_from_this()](ArchiveView& view) {
            if (const auto done = self->collect(view); !done) self->done_({done.error(), {}, {}});
        });
    }

  private:
    Result<> collect(ArchiveView& view) {
        const auto page = view.segments({page_start_us_, listing_->range.end_us}, page_size_);
        if (!page) return page.error();
        const std::size_t before = seen_;
        for (const RecordedSegment& segment : *page) {
            if (is_known(segment)) continue;
            ++seen_;
            newest_end_us_ = std::max(newest_end_us_, segment.time.end_us);
            if (auto added = add(view, segment); !added) return added;
        }
        if (listing_->slices.size() > most_slices) {
            return Error{Code::too_large, fmt::format("more than {} segments are too many for one playlist; "
                                                      "ask for a shorter time",
                                                      most_slices)};
        }
        if (page->size() < page_size_) return finish(view);
        // What overlaps the next page's start comes again; where only that comes, the page is too small.
        if (seen_ == before) page_size_ *= 2;
        page_start_us_ = std::max(page_start_us_, page->back().time.start_us);
        next_turn();
        return ok();
    }

    /// Segments come by their start, so those that are known are the last ones.
    bool is_known(const RecordedSegment& segment) const {
        for (auto known = listing_->files.rbegin(); known != listing_->files.rend(); ++known) {
            if (known->start_us != segment.time.start_us) return known->start_us > segment.time.start_us;
            if (known->id == segment.id) return true;
        }
        return false;
    }

    Result<> add(ArchiveView& view, const RecordedSegment& segment) {
        ListedFile file;
        file.id = segment.id;
        file.start_us = segment.time.start_us;
        file.chain = chain_of(segment);
        file.first_slice = file.end_slice = listing_->slices.size();
        // One without slices is known, and forgotten at the end.
        listing_->files.push_back(file);
        if (segment.container != Container::fmp4) {
            passed_over_ = segment.container;
            return ok();
        }
        if (cmaf_codecs(segment.codecs).empty()) return ok();
        const auto parts = view.parts(segment);
        if (!parts) return parts.error().code == Code::not_found ? ok() : Result<>(parts.error());
        const bool grows = segment.open && listing_->range.end_us > now_us_;
        const auto slices = cut_slices(*parts, listing_->range, grows);
        listing_->slices.insert(listing_->slices.end(), slices.begin(), slices.end());
        listing_->files.back().end_slice = listing_->slices.size();
        last_ = segment;
        return ok();
    }

    /// The archive does not know the chain of what is being written before it is finished.
    std::int64_t chain_of(const RecordedSegment& segment) const {
        return segment.open && last_ && continues(*last_, segment) ? last_->chain : segment.chain;
    }

    Result<> finish(ArchiveView& view) {
        const bool is_live = newest_end_us_ + patience_us >= now_us_;
        listing_->grows = listing_->range.end_us > now_us_ && is_live;
        order();
        if (listing_->slices.empty()) return refuse(view);
        done_({std::shared_ptr<const Listing>(std::move(listing_)), {}, {}});
        return ok();
    }

    /// Chains overlap when the clock was set back. They are told one after the other, in the order in which
    /// they were recorded: a playlist that grows gets longer at its end only.
    void order() {
        std::vector<ListedFile>& files = listing_->files;
        std::erase_if(files, [](const ListedFile& file) { return file.first_slice == file.end_slice; });
        std::map<std::int64_t, std::int64_t> first_id;
        for (const ListedFile& file : files) {
            const auto [chain, is_new] = first_id.emplace(file.chain, file.id);
            if (!is_new) chain->second = std::min(chain->second, file.id);
        }
        std::stable_sort(files.begin(), files.end(), [&](const ListedFile& one, const ListedFile& other) {
            return first_id.at(one.chain) < first_id.at(other.chain);
        });
        for (std::size_t i = 1; i < files.size(); ++i)
            files[i].discontinuity = files[i].chain != files[i - 1].chain;
    }

    Result<> refuse(ArchiveView& view) {
        const auto nearest = view.nearest(listing_->range.start_us);
        if (!nearest) return nearest.error();
        Listed refused{nothing_to_play(listing_->path, passed_over_), {}, {}};
        refused.before = nearest->before_us();
        refused.after = nearest->after_us();
        done_(std::move(refused));
        return ok();
    }

    // Given.
    Archive& archive_;
    const std::function<void(Listed)> done_;
    const std::int64_t now_us_;
    // State.
    std::shared_ptr<Listing> listing_ = std::make_shared<Listing>();
    std::optional<RecordedSegment> last_;
    std::optional<Container> passed_over_;  // what is not played
    std::int64_t page_start_us_;
    std::size_t page_size_ = files_a_turn;
    std::size_t seen_ = 0;
    std::int64_t newest_end_us_ = 0;
};

}  // namespace

void make_listing(Archive& archive, const std::string& path, TimeRange range, std::int64_t now_us,
                  std::function<void(Listed)> done) {
    std::make_shared<Lister>(archive, path, range, now_us, std::move(done))->next_turn();
}

}  // namespace rill::playback
