#include "stun.hpp"

#include <glib.h>

#include <algorithm>
#include <cstring>

namespace rill::webrtc::ice {

namespace {

// RFC 8489 §5, §18.2 and §18.3; RFC 8445 §16.1
constexpr std::size_t header_size = 20;
constexpr std::uint16_t binding_request = 0x0001;
constexpr std::uint16_t binding_success_response = 0x0101;
constexpr std::uint16_t binding_error_response = 0x0111;
constexpr std::array<std::uint8_t, 4> magic_cookie{0x21, 0x12, 0xa4, 0x42};

enum Attribute : std::uint16_t {
    username = 0x0006,
    message_integrity = 0x0008,
    error_code = 0x0009,
    unknown_attributes = 0x000a,
    xor_mapped_address = 0x0020,
    priority = 0x0024,
    use_candidate = 0x0025,
    fingerprint = 0x8028,
    ice_controlled = 0x8029,
};
constexpr std::size_t integrity_size = 20;
constexpr std::uint32_t fingerprint_mask = 0x5354554e;
/// What we would be to a viewer that did not know our candidate: RFC 8445 §7.1.1 and §5.1.2.2.
constexpr std::uint32_t peer_reflexive_priority = 110U << 24 | 65535U << 8 | 255U;

std::uint16_t read_16(const std::uint8_t* at) {
    return static_cast<std::uint16_t>(at[0] << 8 | at[1]);
}

std::uint32_t read_32(const std::uint8_t* at) {
    return static_cast<std::uint32_t>(read_16(at)) << 16 | read_16(at + 2);
}

void put_16(std::uint8_t* at, std::size_t value) {
    at[0] = static_cast<std::uint8_t>(value >> 8);
    at[1] = static_cast<std::uint8_t>(value);
}

template <std::size_t size>
std::array<std::uint8_t, size> big_endian(std::uint64_t value) {
    std::array<std::uint8_t, size> bytes;
    for (std::size_t at = size; at > 0; value >>= 8)
        bytes[--at] = static_cast<std::uint8_t>(value);
    return bytes;
}

constexpr std::array<std::uint32_t, 256> make_crc_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
        std::uint32_t rest = byte;
        for (int bit = 0; bit < 8; ++bit)
            rest = (rest & 1) != 0 ? 0xedb88320 ^ rest >> 1 : rest >> 1;
        table[byte] = rest;
    }
    return table;
}
constexpr auto crc_table = make_crc_table();

/// The header says how long the message is up to the end of the attribute that is being made or checked.
std::array<std::uint8_t, header_size> header_until(Packet message, std::size_t end) {
    std::array<std::uint8_t, header_size> header;
    std::copy_n(message.begin(), header_size, header.begin());
    put_16(&header[2], end - header_size);
    return header;
}

/// CRC-32 of ITU V.42, as FINGERPRINT wants it (RFC 8489 §14.7).
std::uint32_t fingerprint_of(Packet message) {
    const auto header = header_until(message, message.size() + 8);
    std::uint32_t crc = 0xffffffff;
    for (std::size_t at = 0; at < message.size(); ++at) {
        const std::uint8_t byte = at < header_size ? header[at] : message[at];
        crc = crc_table[(crc ^ byte) & 0xff] ^ crc >> 8;
    }
    return ~crc ^ fingerprint_mask;
}

/// HMAC-SHA1 with the short-term password, which for these characters is its own key (RFC 8489 §9.1.1).
std::array<std::uint8_t, integrity_size> integrity_of(Packet message, std::string_view password) {
    const auto header = header_until(message, message.size() + 4 + integrity_size);
    GHmac* const hmac =
        g_hmac_new(G_CHECKSUM_SHA1, reinterpret_cast<const guchar*>(password.data()), password.size());
    g_hmac_update(hmac, header.data(), header.size());
    g_hmac_update(hmac, message.data() + header_size, static_cast<gssize>(message.size() - header_size));
    std::array<std::uint8_t, integrity_size> digest;
    gsize size = digest.size();
    g_hmac_get_digest(hmac, digest.data(), &size);
    g_hmac_unref(hmac);
    return digest;
}

bool is_understood(std::uint16_t type) {
    // The upper half may be passed over.
    return type >= 0x8000 || type == username || type == message_integrity || type == priority ||
           type == use_candidate;
}

/// A message that grows by attributes.
class Writer {
  public:
    Writer(std::uint16_t type, const Transaction& transaction) : bytes_(header_size) {
        put_16(bytes_.data(), type);
        std::copy(magic_cookie.begin(), magic_cookie.end(), &bytes_[4]);
        std::copy(transaction.begin(), transaction.end(), &bytes_[8]);
    }

    void add(std::uint16_t type, std::span<const std::uint8_t> value) {
        const std::size_t at = bytes_.size();
        bytes_.resize(at + 4 + (value.size() + 3) / 4 * 4);
        put_16(&bytes_[at], type);
        put_16(&bytes_[at + 2], value.size());
        std::copy(value.begin(), value.end(), &bytes_[at + 4]);
    }

    std::vector<std::uint8_t> finish(std::string_view password) {
        if (!password.empty()) add(message_integrity, integrity_of(bytes_, password));
        add(fingerprint, big_endian<4>(fingerprint_of(bytes_)));
        put_16(&bytes_[2], bytes_.size() - header_size);
        return std::move(bytes_);
    }

    Packet transaction_and_cookie() const { return Packet(bytes_).subspan(4, 16); }

  private:
    std::vector<std::uint8_t> bytes_;
};

std::string_view reason_of(int code) {
    switch (code) {
        case 401:
            return "Unauthenticated";
        case 420:
            return "Unknown Attribute";
        case 487:
            return "Role Conflict";
        default:
            return "Bad Request";
    }
}

}  // namespace

bool looks_like_stun(Packet packet) {
    return packet.size() >= header_size && packet[0] < 4 &&
           std::equal(magic_cookie.begin(), magic_cookie.end(), &packet[4]);
}

std::optional<BindingRequest> parse_binding_request(Packet packet) {
    if (!looks_like_stun(packet) || read_16(packet.data()) != binding_request) return std::nullopt;
    if (read_16(&packet[2]) != packet.size() - header_size || packet.size() % 4 != 0) return std::nullopt;
    BindingRequest request;
    std::copy_n(&packet[8], request.transaction.size(), request.transaction.begin());
    for (std::size_t at = header_size; at < packet.size();) {
        if (packet.size() - at < 4) return std::nullopt;
        const std::uint16_t type = read_16(&packet[at]);
        const std::size_t size = read_16(&packet[at + 2]);
        const std::size_t end = at + 4 + (size + 3) / 4 * 4;
        if (end > packet.size()) return std::nullopt;
        const Packet value = packet.subspan(at + 4, size);
        if (type == fingerprint) {
            const bool is_right = size == 4 && end == packet.size() &&
                                  read_32(value.data()) == fingerprint_of(packet.first(at));
            if (!is_right) return std::nullopt;
        } else if (!request.integrity_.empty()) {
            // What follows MESSAGE-INTEGRITY is not covered by it, and counts for nothing (RFC 8489 §14.5).
        } else if (type == message_integrity) {
            if (size != integrity_size) return std::nullopt;
            request.integrity_ = value;
            request.before_integrity_ = packet.first(at);
        } else if (type == username) {
            request.username = {reinterpret_cast<const char*>(value.data()), size};
        } else if (type == use_candidate) {
            request.use_candidate = true;
        } else if (type == ice_controlled) {
            request.controlled = true;
        } else if (!is_understood(type)) {
            request.unknown.push_back(type);
        }
        at = end;
    }
    return request;
}

bool BindingRequest::is_authentic(std::string_view password) const {
    if (integrity_.empty()) return false;
    const auto expected = integrity_of(before_integrity_, password);
    // In constant time: what differs says nothing about where.
    unsigned different = 0;
    for (std::size_t at = 0; at < expected.size(); ++at)
        different |= static_cast<unsigned>(expected[at] ^ integrity_[at]);
    return different == 0;
}

std::vector<std::uint8_t> binding_success(const BindingRequest& request, const Address& from,
                                          std::string_view password) {
    Writer writer(binding_success_response, request.transaction);
    // RFC 8489 §14.2: both are combined with what the packet begins with, so that no NAT rewrites them.
    const Packet mask = writer.transaction_and_cookie();
    const std::size_t skipped = from.is_v4() ? 12 : 0;
    std::vector<std::uint8_t> value(4 + from.ip.size() - skipped);
    value[1] = from.is_v4() ? 1 : 2;
    put_16(&value[2], static_cast<unsigned>(from.port) ^ read_16(mask.data()));
    for (std::size_t at = 4; at < value.size(); ++at)
        value[at] = from.ip[skipped + at - 4] ^ mask[at - 4];
    writer.add(xor_mapped_address, value);
    return writer.finish(password);
}

std::vector<std::uint8_t> binding_error(const BindingRequest& request, int code, std::string_view password) {
    Writer writer(binding_error_response, request.transaction);
    const std::string_view reason = reason_of(code);
    std::vector<std::uint8_t> value(4 + reason.size());
    value[2] = static_cast<std::uint8_t>(code / 100);
    value[3] = static_cast<std::uint8_t>(code % 100);
    std::copy(reason.begin(), reason.end(), &value[4]);
    writer.add(error_code, value);
    if (code == 420) {
        std::vector<std::uint8_t> types(request.unknown.size() * 2);
        for (std::size_t at = 0; at < request.unknown.size(); ++at)
            put_16(&types[at * 2], request.unknown[at]);
        writer.add(unknown_attributes, types);
    }
    return writer.finish(password);
}

std::vector<std::uint8_t> controlled_check(const OwnCheck& check, std::string_view password) {
    Writer writer(binding_request, check.transaction);
    writer.add(username,
               Packet(reinterpret_cast<const std::uint8_t*>(check.username.data()), check.username.size()));
    writer.add(priority, big_endian<4>(peer_reflexive_priority));
    writer.add(ice_controlled, big_endian<8>(check.tie_breaker));
    return writer.finish(password);
}

}  // namespace rill::webrtc::ice
