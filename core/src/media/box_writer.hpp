// Builds ISO base media boxes (ISO/IEC 14496-12 §4.2) in memory.
#pragma once

#include "bits.hpp"

#include <rill/bytes.hpp>
#include <rill/ref.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace rill::cmaf {

class BoxWriter {
  public:
    void u8(std::uint64_t value) { big_endian(value, 1); }
    void u16(std::uint64_t value) { big_endian(value, 2); }
    void u24(std::uint64_t value) { big_endian(value, 3); }
    void u32(std::uint64_t value) { big_endian(value, 4); }
    void u64(std::uint64_t value) { big_endian(value, 8); }
    void zeros(std::size_t count) { bytes_.insert(bytes_.end(), count, 0); }
    void text(std::string_view text) { bytes_.insert(bytes_.end(), text.begin(), text.end()); }
    void bytes(Bytes bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }

    /// A box with what `content` writes.
    template <class Content>
    void box(std::string_view type, const Content& content) {
        const std::size_t start = bytes_.size();
        u32(0);
        text(type);
        content();
        patch_u32(start, bytes_.size() - start);
    }
    template <class Content>
    void full_box(std::string_view type, unsigned version, std::uint32_t flags, const Content& content) {
        box(type, [&] {
            u8(version);
            u24(flags);
            content();
        });
    }

    std::size_t size() const { return bytes_.size(); }
    /// Writes over four bytes that are there already.
    void patch_u32(std::size_t position, std::uint64_t value) {
        for (std::size_t i = 0; i < 4; ++i) {
            bytes_[position + i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
        }
    }

    std::vector<std::uint8_t> take() { return std::move(bytes_); }
    Ref<GBytes> to_bytes() && { return rill::to_bytes(take()); }
    Ref<GBytes> to_bytes() const& { return Ref<GBytes>::adopt(g_bytes_new(bytes_.data(), bytes_.size())); }

  private:
    void big_endian(std::uint64_t value, unsigned width) {
        for (unsigned shift = 8 * width; shift > 0; shift -= 8) {
            bytes_.push_back(static_cast<std::uint8_t>(value >> (shift - 8)));
        }
    }

    std::vector<std::uint8_t> bytes_;
};

}  // namespace rill::cmaf
