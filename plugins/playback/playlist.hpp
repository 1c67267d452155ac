// Writes playlists of recordings (RFC 8216bis), a piece at a time.
#pragma once

#include "listing.hpp"
#include "resource.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace rill::playback {

/// A media playlist: EVENT when it grows or, without an end, may have grown, for what it promised then holds
/// for ever (§6.2.1); else VOD. Threading: none of its own.
class PlaylistText {
  public:
    PlaylistText(std::shared_ptr<const Listing> listing, Links links);
    /// The next at least `count` bytes; fewer at the end, and then none.
    std::string next(std::size_t count);

  private:
    void write_header();
    void write_file_start(const ListedFile& file);
    void write_slice(const ListedFile& file, const Slice& slice);

    const std::shared_ptr<const Listing> listing_;
    const Links links_;
    std::string text_;
    bool begun_ = false;
    bool ended_ = false;
    std::size_t file_ = 0;
    std::size_t slice_ = 0;
};

/// A multivariant playlist with one variant, for a URL whose times move on: `media_uri` says them fixed.
std::string multivariant_text(std::string_view media_uri, std::uint64_t bandwidth);
/// Bits a second of the slice that has most (§4.4.6.2).
std::uint64_t peak_bandwidth(const Listing& listing);

}  // namespace rill::playback
