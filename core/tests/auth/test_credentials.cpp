// What clients show, and the secrets that it is compared with.
#include "auth/base64.hpp"
#include "auth/credentials.hpp"
#include "auth/secret.hpp"
#include "auth/signed_token.hpp"
#include "catch.hpp"

#include <fmt/format.h>
#include <glib.h>

#include <argon2.h>
#include <array>
#include <random>
#include <string>

using namespace rill;
using namespace rill::auth;

namespace {

std::string base64(std::string_view text) {
    const Owned<char> encoded(g_base64_encode(reinterpret_cast<const guchar*>(text.data()), text.size()));
    return encoded.get();
}

std::string argon2(argon2_type type, std::string_view password) {
    std::array<char, 200> encoded = {};
    constexpr std::string_view salt = "0123456789abcdef";
    REQUIRE(argon2_hash(1, 64, 1, password.data(), password.size(), salt.data(), salt.size(), nullptr, 32,
                        encoded.data(), encoded.size(), type, ARGON2_VERSION_13) == ARGON2_OK);
    return std::string("argon2:") + encoded.data();
}

std::string shown(const Result<Credentials>& credentials) {
    if (!credentials) return "error";
    return credentials->user + '|' + credentials->password + '|' + credentials->token;
}

}  // namespace

TEST_CASE("each value has one text in base64") {
    for (const std::string text : {"", "a", "ab", "abc", "abcd", "\xff\xfe\xfd\xfc\xfb"}) {
        CHECK(decode_base64(base64(text)) == text);
        CHECK(decode_base64url(encode_base64url(as_bytes(text))) == text);
    }
    CHECK(encode_base64url(as_bytes("\xfb\xff")) == "-_8");
    for (const std::string_view text :
         {"A", "AB", "AB=", "A===", "AB==C", "AB=C", "=", "====", "AA==\n", "A A=", "-_8="}) {
        INFO(text);
        CHECK_FALSE(decode_base64(text));
    }
    // The last bits, which make no byte, are zero.
    CHECK_FALSE(decode_base64("YR=="));
    CHECK(decode_base64("YQ==") == "a");
    for (const std::string_view text : {"A", "YQ==", "YR", "+/8", "Y Q"}) {
        INFO(text);
        CHECK_FALSE(decode_base64url(text));
    }
}

TEST_CASE("secrets match what they stand for, and nothing else") {
    const std::string hash =
        "sha256:" + base64(std::string_view(reinterpret_cast<const char*>(sha256("opensesame").data()), 32));
    CHECK(hash == "sha256:2fuS47vmW+HxqtSoLu9FZ/eh6+LNEQyASblpi+enDIg=");
    for (const std::string& text : {std::string("opensesame"), hash, argon2(Argon2_id, "opensesame"),
                                    argon2(Argon2_i, "opensesame"), argon2(Argon2_d, "opensesame")}) {
        INFO(text);
        const auto secret = Secret::parse(text);
        REQUIRE(secret);
        CHECK(secret->matches("opensesame"));
        for (const std::string_view guess : {"", "opensesam", "opensesame ", "Opensesame", "x"})
            CHECK_FALSE(secret->matches(guess));
        CHECK_FALSE(secret->matches(std::string(1 << 20, 'x')));
        CHECK_FALSE(secret->matches(text + "x"));
        CHECK(secret->is_slow() == text.starts_with("argon2:"));
    }
    const auto none = Secret::parse("");
    REQUIRE(none);
    CHECK(none->is_empty());
    CHECK(none->matches("anything"));
}

TEST_CASE("what is no secret is refused, and not shown") {
    const std::string salt = "c2FsdHNhbHQ";
    const std::string hash = "aGFzaGhhc2hoYXNoaGFzaA";
    CHECK(Secret::parse(fmt::format("argon2:$argon2id$v=19$m=64,t=1,p=1${}${}", salt, hash)));
    CHECK(Secret::parse(fmt::format("argon2:$argon2i$m=64,t=1,p=1${}${}", salt, hash)));
    for (const std::string& text :
         {std::string("sha256:"), std::string("sha256:hunter2"), std::string("sha256:aHVudGVyMg=="),
          std::string("argon2:"), std::string("argon2:hunter2"), std::string("argon2:$argon2x$hunter2"),
          fmt::format("argon2:$argon2id$v=20$m=64,t=1,p=1${}${}", salt, hash),
          fmt::format("argon2:$argon2id$v=19$m=4294967295,t=1,p=1${}${}", salt, hash),
          fmt::format("argon2:$argon2id$v=19$m=64,t=1000,p=1${}${}", salt, hash),
          fmt::format("argon2:$argon2id$v=19$m=64,t=1,p=17${}${}", salt, hash),
          fmt::format("argon2:$argon2id$v=19$m=64,t=1,p=1${}", salt),
          fmt::format("argon2:$argon2id$v=19$m=64,t=1,p=1$${}", hash),
          fmt::format("argon2:$argon2id$v=19$m=64,t=1,p=1${}${}$", salt, hash), std::string("hunter2\n"),
          std::string("hunter2\0", 8), std::string(2000, 'x')}) {
        INFO(text);
        const auto secret = Secret::parse(text);
        REQUIRE(!secret);
        CHECK(secret.error().code == Code::invalid_config);
        CHECK(secret.error().message.find("hunter2") == std::string::npos);
    }
}

TEST_CASE("the header says who somebody is") {
    struct Row {
        std::string header, credentials;
    };
    const auto rows = std::to_array<Row>({
        {"", "||"},
        {"Basic " + base64("bob:secret"), "bob|secret|"},
        {"bAsIc   " + base64("bob:secret"), "bob|secret|"},
        {"Basic " + base64("bob:a:b"), "bob|a:b|"},
        {"Basic " + base64("bob:"), "bob||"},
        {"Basic " + base64(":"), "||"},
        {"Basic " + base64("b\xc3\xb6"
                           "b:s\xff"),
         "b\xc3\xb6"
         "b|s\xff|"},
        {"Bearer bob:secret", "bob|secret|"},
        {"Bearer a.b.c", "||a.b.c"},
        {"bearer a:b:c", "||a:b:c"},
        {"Digest username=\"bob\"", "||"},
        {"bob:secret", "||"},
        {"Basic", "error"},
        {"Basic ", "error"},
        {"Basic !!!", "error"},
        {"Basic " + base64("bob"), "error"},
        {"Basic " + base64("bob:a\nb"), "error"},
        {"Basic " + base64(std::string("bob:\0", 5)), "error"},
        {"Basic " + base64(std::string(300, 'u') + ":x"), "error"},
        {"Basic " + base64("bob:secret") + ", Basic " + base64("eve:x"), "error"},
        {"Bearer", "error"},
        {"Bearer a b", "error"},
        {"Bearer a\xff", "error"},
        {"Bearer " + std::string(20'000, 'x'), "error"},
    });
    for (const Row& row : rows) {
        INFO(row.header.substr(0, 80));
        const auto credentials = parse_authorization(row.header);
        CHECK(shown(credentials) == row.credentials);
        if (credentials) continue;
        CHECK(credentials.error().code == Code::unauthorized);
        CHECK(credentials.error().message.find("bob") == std::string::npos);
    }
}

TEST_CASE("of the query only a signed token is read, and the header comes first") {
    http::Request request;
    request.query = {{"user", "bob"}, {"pass", "x"}, {"token", "a.b.c"}, {"jwt", "a.b.c"}};
    CHECK(shown(credentials_of(request)) == "||");
    request.query["token"] = "rill1.a.b";
    CHECK(shown(credentials_of(request)) == "||rill1.a.b");
    request.headers["authorization"] = "Bearer bob:secret";
    CHECK(shown(credentials_of(request)) == "bob|secret|");
    request.headers["authorization"] = "Basic x";
    CHECK(shown(credentials_of(request)) == "error");
}

TEST_CASE("what answers refer to carries only the token that has opened the request") {
    http::Request request;
    CHECK(token_query(request).empty());
    for (const std::string text : {"", "x", "a.b.c", "rill", "rillx.a.b"}) {
        request.query["token"] = text;
        CHECK(token_query(request).empty());
    }
    request.query["token"] = std::string(60'000, 'a');
    CHECK(token_query(request).empty());
    request.query["token"] = "rill1.a.b";
    CHECK(token_query(request) == "token=rill1.a.b");
    request.headers["authorization"] = "Bearer bob:secret";
    CHECK(token_query(request).empty());
}

TEST_CASE("no mutation of a header or a secret crashes or is taken for another") {
    std::mt19937 random(20261122);
    const auto any = [&](std::size_t below) { return static_cast<std::size_t>(random() % below); };
    const std::string headers[] = {"Basic " + base64("bob:secret"), "Bearer bob:secret", "Bearer aa.bb.cc",
                                   argon2(Argon2_id, "x"), "sha256:" + base64(std::string(32, 'h'))};
    for (int round = 0; round < 20'000; ++round) {
        std::string text = headers[any(std::size(headers))];
        for (std::size_t changes = 1 + any(4); changes > 0 && !text.empty(); --changes) {
            const std::size_t at = any(text.size());
            switch (any(3)) {
                case 0:
                    text[at] = static_cast<char>(any(256));
                    break;
                case 1:
                    text.erase(at, 1 + any(4));
                    break;
                default:
                    text.insert(at, 1 + any(3), static_cast<char>(any(256)));
            }
        }
        const auto credentials = parse_authorization(text);
        if (credentials) CHECK(credentials->user.size() <= 255);
        static_cast<void>(Secret::parse(text));
    }
}
