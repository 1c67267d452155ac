#include "playlist.hpp"

#include "slices.hpp"

#include <rill/clock.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace rill::playback {
namespace {

constexpr std::int64_t second_us = 1'000'000;

std::int64_t duration_us(const Slice& slice) {
    return slice.end_us - slice.start_us;
}

/// Its URL is that of a playlist that grows, or may have been.
bool is_event(const Listing& listing) {
    return listing.grows || listing.range.end_us == all_time.end_us;
}

/// Durations are rounded to whole seconds before they are compared with it (§4.4.3.1).
std::int64_t target_duration_s(const Listing& listing) {
    if (is_event(listing)) return longest_slice_us / second_us;
    std::int64_t longest_us = second_us;
    for (const Slice& slice : listing.slices)
        longest_us = std::max(longest_us, duration_us(slice));
    return (longest_us + second_us / 2) / second_us;
}

/// Where playing begins, from the beginning of the playlist.
std::int64_t start_offset_us(const Listing& listing) {
    const Slice& first = listing.slices[listing.files.front().first_slice];
    return std::clamp<std::int64_t>(listing.range.start_us - first.start_us, 0, duration_us(first));
}

}  // namespace

PlaylistText::PlaylistText(std::shared_ptr<const Listing> listing, Links links)
    : listing_(std::move(listing)), links_(std::move(links)) {}

std::string PlaylistText::next(std::size_t count) {
    text_.clear();
    if (!std::exchange(begun_, true)) write_header();
    while (text_.size() < count && file_ < listing_->files.size()) {
        const ListedFile& file = listing_->files[file_];
        slice_ = std::max(slice_, file.first_slice);
        if (slice_ == file.first_slice) write_file_start(file);
        write_slice(file, listing_->slices[slice_]);
        if (++slice_ < file.end_slice) continue;
        ++file_;
        slice_ = 0;
    }
    if (file_ == listing_->files.size() && !std::exchange(ended_, true) && !listing_->grows) {
        text_ += "#EXT-X-ENDLIST\n";
    }
    return text_;
}

void PlaylistText::write_header() {
    const auto keyframe = [](const Slice& slice) { return slice.keyframe; };
    // Nobody knows what is still to come.
    const bool independent = !is_event(*listing_) && std::ranges::all_of(listing_->slices, keyframe);
    fmt::format_to(std::back_inserter(text_),
                   "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{}\n#EXT-X-PLAYLIST-TYPE:{}\n"
                   "#EXT-X-MEDIA-SEQUENCE:0\n{}#EXT-X-START:TIME-OFFSET={:.3f},PRECISE=YES\n",
                   target_duration_s(*listing_), is_event(*listing_) ? "EVENT" : "VOD",
                   independent ? "#EXT-X-INDEPENDENT-SEGMENTS\n" : "",
                   static_cast<double>(start_offset_us(*listing_)) / second_us);
}

void PlaylistText::write_file_start(const ListedFile& file) {
    const bool first = file_ == 0;
    if (file.discontinuity) text_ += "#EXT-X-DISCONTINUITY\n";
    if (!first && !file.discontinuity) return;
    text_ += "#EXT-X-MAP:URI=\"";
    append_uri(text_, {.file_start_us = file.start_us}, links_);
    text_ += "\"\n";
}

void PlaylistText::write_slice(const ListedFile& file, const Slice& slice) {
    text_ += fmt::format("#EXT-X-PROGRAM-DATE-TIME:{}\n", rfc3339(slice.start_us));
    const std::int64_t duration = duration_us(slice);
    fmt::format_to(std::back_inserter(text_), "#EXTINF:{}.{:06},\n", duration / second_us,
                   duration % second_us);
    append_uri(text_, {file.start_us, slice.first_byte, slice.end_byte}, links_);
    text_ += '\n';
}

std::string multivariant_text(std::string_view media_uri, std::uint64_t bandwidth) {
    return fmt::format("#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-STREAM-INF:BANDWIDTH={}\n{}\n", bandwidth,
                       media_uri);
}

std::uint64_t peak_bandwidth(const Listing& listing) {
    std::uint64_t peak = 1;
    for (const Slice& slice : listing.slices) {
        const auto duration = static_cast<std::uint64_t>(std::max<std::int64_t>(1, duration_us(slice)));
        peak = std::max(peak, (slice.end_byte - slice.first_byte) * 8 * second_us / duration);
    }
    return peak;
}

}  // namespace rill::playback
