// STUN Binding (RFC 8489) as ICE uses it (RFC 8445 §7), seen from the side that is led.
#pragma once

#include "address.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace rill::webrtc::ice {

using Packet = std::span<const std::uint8_t>;
using Transaction = std::array<std::uint8_t, 12>;

/// Whether it may be STUN, told from DTLS and SRTP by its first bits and the magic cookie (RFC 7983 §7,
/// RFC 8489 §5).
bool looks_like_stun(Packet packet);

/// A Binding request whose form is right: length, attributes, and FINGERPRINT when there is one. Views into
/// the packet.
struct BindingRequest {
    Transaction transaction{};
    std::string_view username;  ///< ours, a colon, the viewer's
    bool use_candidate = false;
    bool controlled = false;  ///< ICE-CONTROLLED: the viewer thinks that we lead
    /// Attributes that must be understood and are not (RFC 8489 §6.3.1).
    std::vector<std::uint16_t> unknown;

    /// Whether MESSAGE-INTEGRITY was made with this password.
    bool is_authentic(std::string_view password) const;
    /// The part of the username that is of the side that is asked.
    std::string_view local_ufrag() const { return username.substr(0, username.find(':')); }

  private:
    friend std::optional<BindingRequest> parse_binding_request(Packet packet);
    Packet before_integrity_;
    Packet integrity_;
};

/// Null for everything else: responses, indications, other methods, what is broken.
std::optional<BindingRequest> parse_binding_request(Packet packet);

/// The answer that says from where the request came.
std::vector<std::uint8_t> binding_success(const BindingRequest& request, const Address& from,
                                          std::string_view password);

/// A refusal (RFC 8489 §14.8). `code` is 400, 401, 420 (with the unknown attributes) or 487. Authenticated
/// when there is a password.
std::vector<std::uint8_t> binding_error(const BindingRequest& request, int code, std::string_view password);

/// A check that we make ourselves (RFC 8445 §7.1).
struct OwnCheck {
    Transaction transaction{};  ///< random
    std::string_view username;  ///< the viewer's, a colon, ours
    std::uint64_t tie_breaker = 0;
};
std::vector<std::uint8_t> controlled_check(const OwnCheck& check, std::string_view password);

}  // namespace rill::webrtc::ice
