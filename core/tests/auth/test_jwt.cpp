#include "auth/base64.hpp"
#include "auth/digest.hpp"
#include "auth/jwt.hpp"
#include "catch.hpp"
#include "jwt_issuer.hpp"

#include <fmt/format.h>

#include <array>
#include <random>
#include <string>
#include <vector>

using namespace rill;
using namespace rill::auth;
using rill::auth::test::IssuerKey;

namespace {

const std::array names = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256",
                          "ES384", "ES512", "EdDSA", "HS256", "HS384", "HS512"};

Json array_of(std::vector<Json> items) {
    Json array = Json::array();
    for (Json& item : items)
        array.append(std::move(item));
    return array;
}

Json permission(std::string_view action, std::string_view path = "") {
    return Json::object().set("action", action).set("path", path);
}

Json claims() {
    return Json::object().set("sub", "bob").set("p", array_of({permission("read", "cam1")}));
}

std::vector<Jwk> keys_of(const std::vector<Json>& keys) {
    std::vector<std::string> left_out;
    auto parsed = parse_jwks(test::jwks(keys), left_out);
    INFO((parsed ? "" : parsed.error().message));
    REQUIRE(parsed);
    CHECK(left_out.empty());
    return std::move(*parsed);
}

bool is_right(const std::string& token, const std::vector<Jwk>& keys) {
    const auto jwt = parse_jwt(token);
    return jwt && is_signed_by(*jwt, keys);
}

std::string refusal_of(const Json& claims, const ClaimRules& rules) {
    const auto read = read_claims(claims, rules);
    return read ? "" : read.error().message;
}

/// Keys take long to make.
const IssuerKey& rsa() {
    static const IssuerKey key("RS256");
    return key;
}

}  // namespace

TEST_CASE("every algorithm verifies its own signatures, and no others") {
    std::vector<IssuerKey> issuers;
    for (const char* name : names)
        issuers.emplace_back(name, "");
    for (const IssuerKey& issuer : issuers) {
        INFO(issuer.algorithm());
        const std::string token = issuer.token(claims());
        const auto keys = keys_of({issuer.jwk()});
        CHECK(is_right(token, keys));
        CHECK_FALSE(is_right(token.substr(0, token.rfind('.') + 1) + "AAAA", keys));
        const auto jwt = parse_jwt(token);
        REQUIRE(jwt);
        CHECK(jwt->algorithm->name == issuer.algorithm());
        CHECK(jwt->claims["sub"].text() == "bob");
        for (const IssuerKey& other : issuers) {
            if (&other == &issuer) continue;
            INFO(other.algorithm());
            // Another key's signature under this algorithm's name, and this key's under another name.
            CHECK_FALSE(is_right(other.token(claims(), Json::object().set("alg", issuer.algorithm())), keys));
            CHECK_FALSE(is_right(issuer.token(claims(), Json::object().set("alg", other.algorithm())), keys));
        }
    }
}

TEST_CASE("a token of no algorithm, or of an unknown one, is none") {
    const auto keys = keys_of({rsa().jwk()});
    for (const std::string_view name :
         {"none", "None", "NONE", "nOnE", "", "RS1", "HS1", "RS256 ", "rs256", "ES256K"}) {
        INFO(name);
        const Json header = Json::object().set("alg", name);
        CHECK(!parse_jwt(test::compact(header, claims(), "")));
        CHECK(!parse_jwt(test::compact(header, claims(), "x")));
        CHECK(!parse_jwt(rsa().token(claims(), header)));
    }
    CHECK(!parse_jwt(rsa().token(claims(), Json::object().set("alg", nullptr))));
    CHECK(!parse_jwt(rsa().token(claims(), Json::object().set("alg", 256))));
}

TEST_CASE("a public key is not taken for a shared secret") {
    const Json jwk = rsa().jwk();
    const auto keys = keys_of({jwk});
    // What an attacker knows: the modulus, and the key as it is published.
    for (const std::string& secret : {*jwk["n"].text(), *decode_base64url(*jwk["n"].text()), jwk.dump()}) {
        const Json header = Json::object().set("alg", "HS256").set("kid", "k1");
        const std::string unsigned_token = test::compact(header, claims(), "x");
        const std::string text = unsigned_token.substr(0, unsigned_token.rfind('.'));
        const Digest signature = hmac_sha256(as_bytes(secret), text);
        CHECK(parse_jwt(text + '.' + encode_base64url(signature)));
        CHECK_FALSE(is_right(text + '.' + encode_base64url(signature), keys));
    }
}

TEST_CASE("a key that says what it is for is used for nothing else") {
    const std::string token = rsa().token(claims());
    struct Row {
        const char* name;
        Json value;
        bool usable;
    };
    const std::vector<Row> rows = {
        {"alg", "RS256", true},
        {"alg", "RS512", false},
        {"alg", "PS256", false},
        {"use", "sig", true},
        {"use", "enc", false},
        {"key_ops", array_of({"verify"}), true},
        {"key_ops", array_of({"sign", "verify"}), true},
        {"key_ops", array_of({"encrypt"}), false},
        {"key_ops", array_of({}), false},
        {"x5c", array_of({"x"}), true},
    };
    for (const Row& row : rows) {
        INFO(row.name << " " << row.value.dump());
        const auto key = Jwk::parse(rsa().jwk().set(row.name, row.value));
        const auto jwt = parse_jwt(token);
        REQUIRE(jwt);
        CHECK((key && is_signed_by(*jwt, std::span(&*key, 1))) == row.usable);
    }
}

TEST_CASE("the key is found by its id, or by trying when the token names none") {
    const IssuerKey first("ES256", "a"), second("ES256", "b"), nameless("ES256", "");
    const auto both = keys_of({first.jwk(), second.jwk()});
    CHECK(is_right(first.token(claims()), both));
    CHECK(is_right(second.token(claims()), both));
    CHECK_FALSE(is_right(second.token(claims(), Json::object().set("kid", "a")), both));
    CHECK_FALSE(is_right(second.token(claims(), Json::object().set("kid", "c")), both));
    CHECK(is_right(nameless.token(claims()), keys_of({first.jwk(), nameless.jwk()})));
}

TEST_CASE("weak and broken keys are left out, with the reason") {
    const Json ec = IssuerKey("ES256").jwk();
    const Json okp = IssuerKey("EdDSA").jwk();
    const std::vector<std::pair<Json, const char*>> rows = {
        {IssuerKey("RS256", "k1", 1024).jwk(), "the RSA key has less than 2048 bits"},
        {rsa().jwk().set("e", "AQ"), "the RSA key is not valid"},
        {rsa().jwk().set("e", ""), "the RSA key has no n or no e in base64url"},
        {rsa().jwk().set("n", "A B"), "the RSA key has no n or no e in base64url"},
        {rsa().jwk().set("n", std::string(4000, '_')), "the RSA key is too large"},
        {Json(ec).set("x", ec["y"]), "the EC key is no point of its curve"},
        {Json(ec).set("x", "AAAA"), "the EC key has no x or no y of 32 bytes in base64url"},
        {Json(ec).set("crv", "secp256k1"), "the curve \"secp256k1\" is not known"},
        {Json(okp).set("x", "AAAA"), "the OKP key has no x of 32 bytes in base64url"},
        {Json(okp).set("crv", "X25519"), "the type \"OKP\" with the curve \"X25519\" is not known"},
        {Json::object().set("kty", "oct").set("k", "c2VjcmV0"),
         "the shared secret has less than 32 bytes in base64url (RFC 7518 §3.2)"},
        {Json::object(), "the type \"\" with the curve \"\" is not known"},
    };
    for (const auto& [json, reason] : rows) {
        INFO(json.dump().substr(0, 200));
        const auto key = Jwk::parse(json);
        REQUIRE(!key);
        CHECK(key.error().message == reason);
    }
    std::vector<std::string> left_out;
    const auto keys = parse_jwks(test::jwks(std::vector{rows[0].first, ec}), left_out);
    REQUIRE(keys);
    CHECK(keys->size() == 1);
    CHECK(left_out == std::vector<std::string>{"key \"k1\": the RSA key has less than 2048 bits"});
    for (const std::string& text :
         {std::string(), std::string("{}"), std::string("[]"), std::string(R"({"keys":{}})"),
          std::string(R"({"keys":[]})"), std::string(R"({"keys":[1,null,"x",[]]})"),
          test::jwks(std::vector<Json>(200, ec))}) {
        INFO(text.substr(0, 80));
        CHECK(!parse_jwks(text, left_out));
    }
}

TEST_CASE("a shared secret is as long as its hash") {
    IssuerKey issuer("HS512");
    const Json jwk = issuer.jwk();
    const std::string secret = decode_base64url(*jwk["k"].text())->substr(0, 40);
    const auto key = Jwk::parse(Json(jwk).set("k", encode_base64url(as_bytes(secret))));
    REQUIRE(key);
    CHECK(key->is_for(*find_algorithm("HS256")));
    CHECK_FALSE(key->is_for(*find_algorithm("HS384")));
    CHECK_FALSE(key->is_for(*find_algorithm("HS512")));
}

TEST_CASE("claims are read and checked") {
    const ClaimRules rules{.permissions = "p", .issuer = "", .audience = ""};
    const auto read = read_claims(claims().set("exp", 1800000000.7).set("nbf", 1700000000), rules);
    REQUIRE(read);
    CHECK(read->user == "bob");
    CHECK(read->expires == 1'800'000'000);
    CHECK(read->not_before == 1'700'000'000);
    CHECK(allow(read->permissions, Action::read, "cam1"));
    CHECK_FALSE(allow(read->permissions, Action::read, "cam2"));

    const ClaimRules strict{.permissions = "p", .issuer = "https://id.example", .audience = "rill"};
    const Json good = claims().set("iss", "https://id.example").set("aud", "rill");
    CHECK(refusal_of(good, strict).empty());
    CHECK(refusal_of(Json(good).set("aud", array_of({"other", "rill"})), strict).empty());
    const std::vector<std::pair<Json, std::string>> rows = {
        {Json(good).set("iss", "https://id.example/"), "the JWT is from another issuer"},
        {Json(good).set("iss", nullptr), "the JWT is from another issuer"},
        {Json(good).set("aud", "rill2"), "the JWT is for another audience"},
        {Json(good).set("aud", array_of({})), "the JWT is for another audience"},
        {Json(good).set("aud", Json::object().set("rill", true)), "the JWT is for another audience"},
        {Json(good).set("exp", "1800000000"), "the JWT has an exp that is no number"},
        {Json(good).set("nbf", nullptr), "the JWT has an nbf that is no number"},
        {Json(good).set("p", nullptr), "the JWT has permissions that are no array"},
        {Json(good).set("p", "x"), "the JWT has permissions that are no array"},
        {Json(good).set("p", "\"x\""), "the JWT has permissions that are no array"},
        {Json(good).set("p", array_of({1})),
         "the JWT has a permission where \"\" is no action: expected publish, read, playback, api, metrics "
         "or pprof"},
        {Json::object().set("iss", "https://id.example").set("aud", "rill"), "the JWT has no claim \"p\""},
        {Json(good).set("p", array_of(std::vector<Json>(257, permission("read")))),
         "the JWT has more than 256 permissions"},
    };
    for (const auto& [json, message] : rows) {
        INFO(message);
        CHECK(refusal_of(json, strict) == message);
    }
}

TEST_CASE("permissions may be JSON in a text") {
    const ClaimRules rules{.permissions = "p", .issuer = "", .audience = ""};
    const Json inner = array_of({permission("read", "~^cam"), permission("api")});
    const auto read = read_claims(Json::object().set("p", inner.dump()), rules);
    REQUIRE(read);
    CHECK(allow(read->permissions, Action::read, "cam7"));
    CHECK(allow(read->permissions, Action::api, ""));
    CHECK_FALSE(allow(read->permissions, Action::publish, "cam7"));
}

TEST_CASE("headers with demands, and texts that are no tokens, are refused") {
    CHECK(!parse_jwt(rsa().token(claims(), Json::object().set("crit", array_of({"b64"})).set("b64", false))));
    const std::string token = rsa().token(claims());
    for (const std::string& text :
         {std::string(), std::string("a"), std::string(".."), std::string("a.b.c"), token + '.', token + "=",
          '.' + token, token.substr(0, token.rfind('.')), token.substr(0, token.rfind('.') + 1),
          token + std::string(20'000, 'A'), std::string("e30.e30.e30"), std::string(20'000, '.')}) {
        INFO(text.substr(0, 60));
        const auto jwt = parse_jwt(text);
        REQUIRE(!jwt);
        CHECK(jwt.error().code == Code::unauthorized);
    }
}

TEST_CASE("no mutation of a token is signed") {
    std::mt19937 random(20261122);
    const auto any = [&](std::size_t below) { return static_cast<std::size_t>(random() % below); };
    const IssuerKey issuer("EdDSA"), shared("HS256", "k2");
    const auto keys = keys_of({issuer.jwk(), shared.jwk()});
    for (const std::string& token : {issuer.token(claims()), shared.token(claims())}) {
        REQUIRE(is_right(token, keys));
        for (int round = 0; round < 3'000; ++round) {
            std::string other = token;
            for (std::size_t changes = 1 + any(3); changes > 0; --changes) {
                const std::size_t at = any(other.size());
                if (any(2) == 0)
                    other[at] = "ABCabc019-_.="[any(13)];
                else
                    other.insert(at, 1, static_cast<char>(any(256)));
            }
            if (other != token) CHECK_FALSE(is_right(other, keys));
        }
    }
}

TEST_CASE("no mutation of a key set crashes") {
    std::mt19937 random(20261122);
    const auto any = [&](std::size_t below) { return static_cast<std::size_t>(random() % below); };
    const std::string set = test::jwks(std::vector{rsa().jwk(), IssuerKey("ES384").jwk(),
                                                   IssuerKey("EdDSA").jwk(), IssuerKey("HS256").jwk()});
    std::vector<std::string> left_out;
    for (int round = 0; round < 1'000; ++round) {
        std::string other = set;
        for (std::size_t changes = 1 + any(4); changes > 0; --changes)
            other[any(other.size())] = static_cast<char>(32 + any(95));
        static_cast<void>(parse_jwks(other, left_out));
    }
}
