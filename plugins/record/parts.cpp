#include "parts.hpp"

#include <limits>

namespace rill::record {

namespace {

void put(std::vector<std::uint8_t>& packed, std::uint64_t value) {
    for (; value >= 0x80; value >>= 7)
        packed.push_back(static_cast<std::uint8_t>(value | 0x80));
    packed.push_back(static_cast<std::uint8_t>(value));
}

/// False at the end of the bytes and above 35 bits; no field needs more.
bool take(std::span<const std::uint8_t>& packed, std::uint64_t& value) {
    value = 0;
    for (unsigned shift = 0; shift < 35 && !packed.empty(); shift += 7) {
        const std::uint8_t byte = packed.front();
        packed = packed.subspan(1);
        value |= std::uint64_t{byte & 0x7fU} << shift;
        if (byte < 0x80) return true;
    }
    return false;
}

std::uint64_t zigzag(std::int64_t value) {
    return static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
}

std::int64_t unzigzag(std::uint64_t value) {
    return static_cast<std::int64_t>(value >> 1 ^ (~(value & 1) + 1));
}

constexpr auto limit = std::numeric_limits<std::uint32_t>::max();

}  // namespace

std::vector<std::uint8_t> pack_parts(std::span<const Part> parts) {
    std::vector<std::uint8_t> packed;
    packed.reserve(parts.size() * 5);
    std::int64_t before = 0;
    for (const Part& part : parts) {
        put(packed, zigzag(part.duration_us - before));
        put(packed, std::uint64_t{part.bytes} << 1 | (part.keyframe ? 1 : 0));
        before = part.duration_us;
    }
    return packed;
}

Result<std::vector<Part>> unpack_parts(std::span<const std::uint8_t> packed) {
    const Error broken{Code::internal,
                       "the index holds broken parts of a segment; its file has to be read instead"};
    std::vector<Part> parts;
    std::int64_t duration = 0;
    while (!packed.empty()) {
        std::uint64_t longer = 0;
        std::uint64_t bytes = 0;
        if (!take(packed, longer) || !take(packed, bytes)) return broken;
        duration += unzigzag(longer);
        if (duration < 0 || duration > limit || bytes >> 1 > limit) return broken;
        parts.push_back(
            {static_cast<std::uint32_t>(duration), static_cast<std::uint32_t>(bytes >> 1), (bytes & 1) != 0});
    }
    return parts;
}

}  // namespace rill::record
