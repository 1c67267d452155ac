// Readers of untrusted bits and bytes: every read is bounded, and a read past the end gives 0 and is
// remembered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace rill {

using Bytes = std::span<const std::uint8_t>;

/// Big-endian fields and byte ranges, as in configuration records.
class ByteReader {
  public:
    explicit ByteReader(Bytes bytes) : rest_(bytes) {}

    /// False once a read has gone past the end; what was read since is 0 or empty.
    bool ok() const { return ok_; }

    Bytes take(std::size_t count) {
        if (count > rest_.size()) {
            ok_ = false;
            rest_ = {};
            return {};
        }
        const Bytes taken = rest_.first(count);
        rest_ = rest_.subspan(count);
        return taken;
    }
    std::uint8_t u8() {
        const Bytes byte = take(1);
        return byte.empty() ? std::uint8_t{0} : byte[0];
    }
    std::uint16_t u16() {
        const unsigned high = u8();
        return static_cast<std::uint16_t>(high << 8 | u8());
    }
    std::uint32_t u32() {
        const std::uint32_t high = u16();
        return high << 16 | u16();
    }
    std::uint64_t u64() {
        const std::uint64_t high = u32();
        return high << 32 | u32();
    }
    /// What has not been read yet.
    Bytes rest() const { return rest_; }

  private:
    Bytes rest_;
    bool ok_ = true;
};

/// Bit fields and Exp-Golomb codes (H.264 and H.265 §9.1 and §9.2), without emulation prevention bytes.
class BitReader {
  public:
    explicit BitReader(Bytes bytes) : bytes_(bytes) {}

    /// False once a read has gone past the end or met a code out of range; what was read since is 0.
    bool ok() const { return ok_; }
    std::size_t bits_left() const { return bytes_.size() * 8 - position_; }

    bool flag() { return bits(1) != 0; }

    /// At most 32 bits.
    std::uint32_t bits(unsigned count) {
        if (count > bits_left()) return fail();
        std::uint32_t value = 0;
        for (; count > 0; --count, ++position_) {
            value = value << 1 | (bytes_[position_ / 8] >> (7 - position_ % 8) & 1U);
        }
        return value;
    }

    void skip(std::size_t count) {
        if (count > bits_left()) {
            fail();
        } else {
            position_ += count;
        }
    }

    /// ue(v): 0 to 2^32 - 2.
    std::uint32_t ue() {
        unsigned zeros = 0;
        while (ok_ && !flag())
            ++zeros;
        if (!ok_ || zeros > 31) return fail();
        return (std::uint32_t{1} << zeros) - 1 + bits(zeros);
    }

    /// ue(v), failing above `limit`.
    std::uint32_t ue(std::uint32_t limit) {
        const std::uint32_t value = ue();
        return value > limit ? fail() : value;
    }

    /// se(v).
    std::int64_t se() {
        const std::int64_t code = ue();
        return code % 2 != 0 ? (code + 1) / 2 : -(code / 2);
    }

  private:
    std::uint32_t fail() {
        ok_ = false;
        position_ = bytes_.size() * 8;
        return 0;
    }

    Bytes bytes_;
    std::size_t position_ = 0;
    bool ok_ = true;
};

}  // namespace rill
