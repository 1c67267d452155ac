#include "picture_cache.hpp"

namespace rill::preview {

namespace {

/// List node, hash node, the headers of GBytes and of the heap's pieces, about.
constexpr std::uint64_t bookkeeping = 320;

std::uint64_t weight_of(const std::string& key, const Picture& picture) {
    return g_bytes_get_size(picture.jpeg.get()) + 2 * key.size() + picture.etag.size() + bookkeeping;
}

}  // namespace

std::optional<Picture> PictureCache::find(const std::string& key) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return std::nullopt;
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->picture;
}

void PictureCache::put(const std::string& key, const Picture& picture) {
    const std::uint64_t bytes = weight_of(key, picture);
    if (bytes > most_bytes_ || by_key_.contains(key)) return;
    while (bytes_ + bytes > most_bytes_)
        drop_last();
    entries_.push_front({key, picture, bytes});
    by_key_[key] = entries_.begin();
    bytes_ += bytes;
}

void PictureCache::drop_last() {
    bytes_ -= entries_.back().bytes;
    by_key_.erase(entries_.back().key);
    entries_.pop_back();
}

}  // namespace rill::preview
