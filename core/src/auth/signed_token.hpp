// Short-lived tokens for players that cannot send headers: a URL with one opens one path, for one action.
//
//   rill1.<base64url of "EXPIRES ACTION PATH">.<base64url of the HMAC-SHA-256 of all before it>
//
// EXPIRES is UTC, in seconds since 1970. The prefix names the version of this form.
#pragma once

#include "auth/digest.hpp"

#include <rill/access.hpp>
#include <rill/result.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace rill::auth {

/// What a token opens.
struct Grant {
    Action action = Action::read;  ///< publish, read or playback
    std::string path;
    std::int64_t expires = 0;  ///< UTC, seconds since 1970; from then on it opens nothing
};

/// Whether the text claims to be a token of this form, of any version.
bool is_signed_token(std::string_view text);

/// Threading: const calls on any thread.
class TokenSigner {
  public:
    static constexpr std::chrono::hours longest_life{24};

    /// With a key of its own: the tokens end with the process.
    TokenSigner() : TokenSigner(random_key()) {}
    /// With a key that several processes share.
    explicit TokenSigner(const Digest& key) : key_(key) {}

    /// A token from `now` (UTC, seconds since 1970) on. Error: invalid_config when the action concerns no
    /// path, there is no path, or `life` is below a second or above the longest.
    Result<std::string> sign(Action action, std::string_view path, std::chrono::seconds life,
                             std::int64_t now) const;
    /// What the token opens, which may have expired. Error: unauthorized when it is not from this signer.
    Result<Grant> verify(std::string_view token) const;

  private:
    std::string signature(std::string_view text) const;

    const Digest key_;
};

}  // namespace rill::auth
