#include "auth/base64.hpp"
#include "auth/signed_token.hpp"
#include "catch.hpp"

#include <random>
#include <string>

using namespace rill;
using namespace rill::auth;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t now = 1'800'000'000;

std::string signed_by(const TokenSigner& signer) {
    const auto token = signer.sign(Action::read, "site/cam 1", 60s, now);
    REQUIRE(token);
    return *token;
}

}  // namespace

TEST_CASE("a token says what it was made for") {
    const TokenSigner signer;
    const std::string token = signed_by(signer);
    CHECK(is_signed_token(token));
    const auto grant = signer.verify(token);
    REQUIRE(grant);
    CHECK(grant->action == Action::read);
    CHECK(grant->path == "site/cam 1");
    CHECK(grant->expires == now + 60);
    // It stands in a URL as it is.
    CHECK(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.") ==
          std::string::npos);
}

TEST_CASE("a key may be shared, and others' tokens are forged") {
    const Digest key = sha256("shared");
    CHECK(TokenSigner(key).verify(signed_by(TokenSigner(key))));
    const auto verified = TokenSigner().verify(signed_by(TokenSigner(key)));
    REQUIRE(!verified);
    CHECK(verified.error().code == Code::unauthorized);
    CHECK(verified.error().message == "the token is forged");
}

TEST_CASE("tokens are for a path, an action on it, and not for long") {
    const TokenSigner signer;
    CHECK(!signer.sign(Action::api, "cam1", 60s, now));
    CHECK(!signer.sign(Action::read, "", 60s, now));
    CHECK(!signer.sign(Action::read, std::string(1025, 'x'), 60s, now));
    CHECK(!signer.sign(Action::read, "cam1", 0s, now));
    CHECK(!signer.sign(Action::read, "cam1", -1s, now));
    CHECK(!signer.sign(Action::read, "cam1", 24h + 1s, now));
    CHECK(signer.sign(Action::publish, "cam1", 24h, now));
    const auto longest = signer.sign(Action::playback, std::string(1024, 'x'), 24h, now);
    REQUIRE(longest);
    CHECK(signer.verify(*longest));
}

TEST_CASE("other texts are told from tokens") {
    for (const std::string_view text :
         {"", "rill", "rill.", "rill1", "rillx.a.b", "a.b.c", "eyJ.e.s", "Rill1.a.b"}) {
        INFO(text);
        CHECK_FALSE(is_signed_token(text));
    }
    // A version of the future is no JWT, nor is it verified.
    CHECK(is_signed_token("rill2.a.b"));
    CHECK(!TokenSigner().verify("rill2.a.b"));
    for (const std::string_view text : {"rill1.", "rill1..", "rill1.a", "rill1.a.b", "rill1.a.b.c", "rill1"})
        CHECK(!TokenSigner().verify(text));
}

TEST_CASE("no mutation of a token is a token") {
    const TokenSigner signer(sha256("shared"));
    const std::string token = signed_by(signer);
    std::mt19937 random(20261122);
    const auto any = [&](std::size_t below) { return static_cast<std::size_t>(random() % below); };
    for (std::size_t at = 0; at < token.size(); ++at) {
        for (const char c : {'A', 'B', '-', '.', '=', '\0'}) {
            std::string other = token;
            other[at] = c;
            if (other != token) CHECK(!signer.verify(other));
        }
        CHECK(!signer.verify(token.substr(0, at)));
        CHECK(!signer.verify(token.substr(at + 1)));
    }
    for (int round = 0; round < 5'000; ++round) {
        std::string other = token;
        for (std::size_t changes = 1 + any(4); changes > 0; --changes)
            other.insert(any(other.size()), 1, static_cast<char>(any(256)));
        CHECK(!signer.verify(other));
    }
}
