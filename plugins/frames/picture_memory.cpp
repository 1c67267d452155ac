#include "picture_memory.hpp"

#include <rill/callback.hpp>

#include <utility>

namespace rill::frames {

std::optional<PictureMemory::Blank> PictureMemory::take(std::size_t bytes) {
    if (used_->fetch_add(bytes) + bytes > most_) {
        used_->fetch_sub(bytes);
        return std::nullopt;
    }
    Blank blank;
    blank.claim_ = std::make_unique<Blank::Claim>(used_, bytes);
    blank.data_ = std::make_unique_for_overwrite<std::uint8_t[]>(bytes);
    blank.size_ = bytes;
    return blank;
}

Ref<GBytes> PictureMemory::Blank::seal() && {
    const std::uint8_t* const data = data_.get();
    const std::size_t size = size_;
    return Ref<GBytes>::adopt(g_bytes_new_with_free_func(data, size, drop<Blank>, keep(std::move(*this))));
}

}  // namespace rill::frames
