#include "auth/digest.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <cstdio>
#include <cstdlib>

namespace rill::auth {

std::span<const std::uint8_t> as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

Digest sha256(std::string_view text) {
    Digest digest = {};
    EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
    return digest;
}

Digest hmac_sha256(std::span<const std::uint8_t> key, std::string_view text) {
    Digest digest = {};
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), as_bytes(text).data(), text.size(),
         digest.data(), nullptr);
    return digest;
}

Digest random_key() {
    Digest key = {};
    if (RAND_bytes(key.data(), static_cast<int>(key.size())) == 1) return key;
    std::fputs("rill: the system gives no random numbers\n", stderr);
    std::abort();
}

bool equal(std::span<const std::uint8_t> left, std::span<const std::uint8_t> right) {
    return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace rill::auth
