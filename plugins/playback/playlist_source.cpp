#include "playlist_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

namespace rill::playback {
namespace {

/// Playlists repeat themselves: more effort takes twice as long and saves little.
constexpr int compression_level = 2;
constexpr std::size_t text_at_once = 64u << 10;

Ref<GBytes> to_bytes(std::string_view text) {
    return Ref<GBytes>::adopt(g_bytes_new(text.data(), text.size()));
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

/// "gzip" and "gzip;q=0.5", but not "gzip;q=0".
bool is_gzip(std::string_view coding) {
    const auto semicolon = std::min(coding.find(';'), coding.size());
    const std::string_view name = trimmed(coding.substr(0, semicolon));
    const bool named = name == "*" || g_ascii_strncasecmp(name.data(), "gzip", name.size()) == 0;
    if (!named || (name != "*" && name.size() != std::string_view("gzip").size())) return false;
    const std::string_view weight = trimmed(coding.substr(std::min(semicolon + 1, coding.size())));
    return !weight.starts_with("q=0") || weight.find_first_of("123456789") != std::string_view::npos;
}

}  // namespace

bool accepts_gzip(std::string_view header) {
    while (!header.empty()) {
        const auto comma = std::min(header.find(','), header.size());
        if (is_gzip(header.substr(0, comma))) return true;
        header.remove_prefix(std::min(comma + 1, header.size()));
    }
    return false;
}

PlaylistSource::PlaylistSource(Archive& archive, std::shared_ptr<const Listing> listing, Links links,
                               bool compressed)
    : archive_(archive),
      path_(listing->path),
      text_(std::move(listing), std::move(links)),
      compressor_(compressed ? Ref<GZlibCompressor>::adopt(
                                   g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, compression_level))
                             : nullptr) {}

void PlaylistSource::read(std::uint64_t, std::size_t at_most, Done done) {
    // Whoever holds `done` holds this source.
    archive_.read(path_, [this, at_most, done = std::move(done)](ArchiveView&) { done(piece(at_most)); });
}

/// No bytes are the end.
Result<http::BodySource::Piece> PlaylistSource::piece(std::size_t at_most) {
    std::string out;
    while (out.empty() && !ended_) {
        if (taken_ == pending_.size()) {
            pending_ = text_.next(text_at_once);
            taken_ = 0;
        }
        const std::string_view text = std::string_view(pending_).substr(taken_);
        if (!compressor_) {
            ended_ = text.empty();
            out = text.substr(0, at_most);
            taken_ += out.size();
            continue;
        }
        auto compressed = compress(text, at_most);
        if (!compressed) return compressed.error();
        out = *std::move(compressed);
    }
    if (out.empty()) return Piece{};
    return Piece{to_bytes(out)};
}

/// What the compressor gives now for the text, which may be nothing; no text ends it.
Result<std::string> PlaylistSource::compress(std::string_view text, std::size_t at_most) {
    std::string out(std::min(at_most, text_at_once), '\0');
    gsize read = 0;
    gsize written = 0;
    GError* error = nullptr;
    const GConverterResult result = g_converter_convert(
        G_CONVERTER(compressor_.get()), text.data(), text.size(), out.data(), out.size(),
        text.empty() ? G_CONVERTER_INPUT_AT_END : G_CONVERTER_NO_FLAGS, &read, &written, &error);
    const Owned<GError> failure(error);
    if (result == G_CONVERTER_ERROR) {
        return Error{Code::internal, fmt::format("the playlist cannot be compressed: {}", failure->message)};
    }
    ended_ = result == G_CONVERTER_FINISHED;
    taken_ += read;
    out.resize(written);
    return out;
}

}  // namespace rill::playback
