// The body of a playlist's answer: written, and compressed where the client takes that, while it is sent.
#pragma once

#include "playlist.hpp"

#include <rill/archive.hpp>
#include <rill/http_body.hpp>
#include <rill/ref.hpp>

#include <gio/gio.h>

#include <memory>
#include <string>

namespace rill::playback {

/// Reads no recordings; writing a long playlist is work for the archive's thread all the same.
class PlaylistSource final : public http::BodySource {
  public:
    /// The archive outlives it.
    PlaylistSource(Archive& archive, std::shared_ptr<const Listing> listing, Links links, bool compressed);

    std::optional<std::uint64_t> size() const override { return std::nullopt; }
    void read(std::uint64_t offset, std::size_t at_most, Done done) override;

  private:
    Result<Piece> piece(std::size_t at_most);
    Result<std::string> compress(std::string_view text, std::size_t at_most);

    Archive& archive_;
    const std::string path_;
    // Archive's thread.
    PlaylistText text_;
    const Ref<GZlibCompressor> compressor_;  ///< null: plain text
    std::string pending_;                    ///< text that is not sent yet
    std::size_t taken_ = 0;                  ///< of it
    bool ended_ = false;
};

/// Whether the value of an Accept-Encoding header takes gzip (RFC 9110 §12.5.3).
bool accepts_gzip(std::string_view header);

}  // namespace rill::playback
