#include "parameter_set_builder.hpp"

#include <string>

namespace rill::test {

BitWriter& BitWriter::bits(std::uint64_t value, unsigned count) {
    for (; count > 0; --count)
        bits_.push_back((value >> (count - 1) & 1) != 0);
    return *this;
}

BitWriter& BitWriter::flags(std::string_view ones_and_zeros) {
    for (const char digit : ones_and_zeros)
        flag(digit == '1');
    return *this;
}

BitWriter& BitWriter::ue(std::uint64_t value) {
    unsigned length = 0;
    while ((value + 1) >> (length + 1) != 0)
        ++length;
    return bits(0, length).bits(value + 1, length + 1);
}

BitWriter& BitWriter::ue(std::initializer_list<std::uint64_t> values) {
    for (const std::uint64_t value : values)
        ue(value);
    return *this;
}

BitWriter& BitWriter::se(std::int64_t value) {
    return ue(static_cast<std::uint64_t>(value > 0 ? 2 * value - 1 : -2 * value));
}

ByteVector BitWriter::nal(std::initializer_list<std::uint8_t> header) const {
    std::vector<bool> all = bits_;
    all.push_back(true);
    while (all.size() % 8 != 0)
        all.push_back(false);

    ByteVector nal = header;
    unsigned zeros = 0;
    for (std::size_t i = 0; i < all.size(); i += 8) {
        std::uint8_t byte = 0;
        for (std::size_t bit = 0; bit < 8; ++bit)
            byte = static_cast<std::uint8_t>(byte << 1 | (all[i + bit] ? 1 : 0));
        if (zeros >= 2 && byte <= 3) {
            nal.push_back(3);
            zeros = 0;
        }
        zeros = byte == 0 ? zeros + 1 : 0;
        nal.push_back(byte);
    }
    return nal;
}

namespace {

void append_set(ByteVector& record, const ByteVector& nal) {
    record.push_back(static_cast<std::uint8_t>(nal.size() >> 8));
    record.push_back(static_cast<std::uint8_t>(nal.size()));
    record.insert(record.end(), nal.begin(), nal.end());
}

void append_array(ByteVector& record, std::uint8_t nal_type, const ByteVector& nal) {
    record.insert(record.end(), {nal_type, 0, 1});
    append_set(record, nal);
}

}  // namespace

ByteVector avcc(const ByteVector& sps, unsigned length_size) {
    ByteVector record{1, sps[1], sps[2], sps[3], static_cast<std::uint8_t>(0xFC | (length_size - 1)), 0xE1};
    append_set(record, sps);
    record.push_back(1);
    append_set(record, {0x68, 0xEE, 0x3C, 0x80});
    return record;
}

ByteVector hvcc(const ByteVector& sps, unsigned temporal_layers) {
    ByteVector record(21, 0);
    record[0] = 1;
    record.push_back(static_cast<std::uint8_t>(temporal_layers << 3 | 3));
    record.push_back(3);
    append_array(record, 32, {0x40, 0x01, 0x0C});
    append_array(record, 33, sps);
    append_array(record, 34, {0x44, 0x01, 0xC1});
    return record;
}

ByteVector length_prefixed(std::initializer_list<ByteVector> nals) {
    ByteVector unit;
    for (const ByteVector& nal : nals) {
        for (int shift = 24; shift >= 0; shift -= 8)
            unit.push_back(static_cast<std::uint8_t>(nal.size() >> shift));
        unit.insert(unit.end(), nal.begin(), nal.end());
    }
    return unit;
}

ByteVector from_hex(std::string_view text) {
    ByteVector bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
        bytes.push_back(static_cast<std::uint8_t>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
    }
    return bytes;
}

}  // namespace rill::test
