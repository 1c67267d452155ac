// Writes parameter sets bit by bit, as an encoder would, and puts them into configuration records.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

namespace rill::test {

using ByteVector = std::vector<std::uint8_t>;

class BitWriter {
  public:
    BitWriter& bits(std::uint64_t value, unsigned count);
    BitWriter& flag(bool value) { return bits(value ? 1 : 0, 1); }
    BitWriter& flags(std::string_view ones_and_zeros);
    BitWriter& ue(std::uint64_t value);
    BitWriter& ue(std::initializer_list<std::uint64_t> values);
    BitWriter& se(std::int64_t value);

    /// The bits after `header`, with trailing bits and emulation prevention.
    ByteVector nal(std::initializer_list<std::uint8_t> header) const;

  private:
    std::vector<bool> bits_;
};

/// An avcC record with one SPS and one PPS.
ByteVector avcc(const ByteVector& sps, unsigned length_size = 4);
/// An hvcC record with one VPS, SPS and PPS.
ByteVector hvcc(const ByteVector& sps, unsigned temporal_layers = 1);

/// Prefixes each NAL unit with its length in four bytes.
ByteVector length_prefixed(std::initializer_list<ByteVector> nals);

ByteVector from_hex(std::string_view text);

}  // namespace rill::test
