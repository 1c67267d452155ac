#include "auth/settings.hpp"

#include <rill/ref.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace rill::auth {
namespace {

constexpr std::array<std::string_view, 3> methods = {"internal", "http", "jwt"};
constexpr std::array<std::string_view, 6> actions = {"publish", "read",    "playback",
                                                     "api",     "metrics", "pprof"};

constexpr auto permission_fields = std::to_array<Option>({
    {.name = "action",
     .type = Type::choice,
     .fallback = "",
     .doc = "What is permitted.",
     .choices = actions,
     .required = true},
    {.name = "path",
     .type = Type::text,
     .fallback = "",
     .doc =
         "The path that publish, read and playback are permitted for; empty: any, ~…: a regular expression."},
});

constexpr auto user_fields = std::to_array<Option>({
    {.name = "user",
     .type = Type::text,
     .fallback = "",
     .doc = "The name, in plain text or hashed as the password may be; any: everybody, without a password.",
     .required = true},
    {.name = "pass",
     .type = Type::text,
     .fallback = "",
     .doc = "The password: plain text, sha256:HASH in base64, or argon2:$argon2id$…; empty: any will do.",
     .secret = true},
    {.name = "ips",
     .type = Type::list,
     .fallback = "",
     .doc = "The addresses and ranges of addresses that the user may come from; empty: any."},
    {.name = "permissions",
     .type = Type::records,
     .fallback = "",
     .doc = "What the user may do.",
     .fields = permission_fields},
});

constexpr auto table = std::to_array<Option>({
    {.name = "authMethod",
     .type = Type::choice,
     .fallback = "internal",
     .doc = "Who decides about users: authInternalUsers, a service asked over HTTP, or JSON Web Tokens.",
     .choices = methods},
    {.name = "authInternalUsers",
     .type = Type::records,
     .fallback = R"([{"user":"any","permissions":[{"action":"publish"},{"action":"read"},)"
                 R"({"action":"playback"}]},{"user":"any","ips":["127.0.0.1","::1"],"permissions":)"
                 R"([{"action":"api"},{"action":"metrics"},{"action":"pprof"}]}])",
     .doc = "The users of authMethod internal, and what they may do.",
     .fields = user_fields},
    {.name = "authHTTPAddress",
     .type = Type::text,
     .fallback = "",
     .doc = "The URL that authMethod http posts each request to; it allows with a status of 2xx."},
    {.name = "authHTTPExclude",
     .type = Type::records,
     .fallback = R"([{"action":"api"},{"action":"metrics"},{"action":"pprof"}])",
     .doc = "What authMethod http allows to everybody, without asking.",
     .fields = permission_fields},
    {.name = "authJWTJWKS",
     .type = Type::text,
     .fallback = "",
     .doc = "The URL (https, http or file) of the keys that sign the tokens of authMethod jwt."},
    {.name = "authJWTClaimKey",
     .type = Type::text,
     .fallback = "mediamtx_permissions",
     .doc = "The claim of a JWT that holds the permissions."},
    {.name = "authJWTExclude",
     .type = Type::records,
     .fallback = "",
     .doc = "What authMethod jwt allows to everybody, without a token.",
     .fields = permission_fields},
    {.name = "authJWTIssuer",
     .type = Type::text,
     .fallback = "",
     .doc = "The issuer that a JWT must name; empty: any."},
    {.name = "authJWTAudience",
     .type = Type::text,
     .fallback = "",
     .doc = "The audience that a JWT must name; empty: any."},
});

/// With a host, except for files.
bool is_url(const std::string& text) {
    const auto is_blank = [](char c) { return static_cast<unsigned char>(c) <= 0x20; };
    if (std::ranges::any_of(text, is_blank)) return false;
    const Owned<GUri> uri(g_uri_parse(text.c_str(), G_URI_FLAGS_NONE, nullptr));
    if (!uri) return false;
    const char* const host = g_uri_get_host(uri.get());
    return text.starts_with("file:") || (host != nullptr && *host != '\0');
}

Error at(std::string_view place, const Error& error) {
    return {Code::invalid_config, fmt::format("{}: {}", place, error.message)};
}

Error at(std::string_view place, std::string_view what) {
    return {Code::invalid_config, fmt::format("{}: {}", place, what)};
}

Result<std::vector<Permission>> read_permissions(const Options::Records& records, const std::string& place) {
    std::vector<Permission> permissions;
    for (std::size_t i = 0; i < records.size(); ++i) {
        auto permission = Permission::parse(records[i].text("action"), records[i].text("path"));
        if (!permission) return at(fmt::format("{}[{}]", place, i), permission.error());
        permissions.push_back(std::move(*permission));
    }
    return permissions;
}

Result<User> read_user(const Options& record, const std::string& place) {
    User user;
    const std::string& name = record.text("user");
    if (name.empty()) return at(place + ".user", "a user has a name; any stands for everybody");
    user.is_any = name == "any";
    if (user.is_any && !record.text("pass").empty())
        return at(place + ".pass",
                  "the user any has no password: give the user a name, or take the password out");
    auto secret = Secret::parse(name);
    if (!secret) return at(place + ".user", secret.error());
    user.name = std::move(*secret);
    auto password = Secret::parse(record.text("pass"));
    if (!password) return at(place + ".pass", password.error());
    user.password = std::move(*password);
    for (const std::string& text : record.list("ips")) {
        const auto range = AddressRange::parse(text);
        if (!range) return at(place + ".ips", range.error());
        user.addresses.push_back(*range);
    }
    auto permissions = read_permissions(record.records("permissions"), place + ".permissions");
    if (!permissions) return permissions.error();
    user.permissions = std::move(*permissions);
    return user;
}

}  // namespace

std::span<const Option> auth_options() {
    return table;
}

bool has_same_options(const Options& left, const Options& right) {
    return std::ranges::all_of(table,
                               [&](const Option& option) { return left.has_same(option.name, right); });
}

Result<std::vector<User>> read_users(const Options& options) {
    const auto& records = options.records("authInternalUsers");
    std::vector<User> users;
    for (std::size_t i = 0; i < records.size(); ++i) {
        auto user = read_user(records[i], fmt::format("authInternalUsers[{}]", i));
        if (!user) return user.error();
        users.push_back(std::move(*user));
    }
    return users;
}

Result<std::vector<Permission>> read_exclude(const Options& options, std::string_view key) {
    return read_permissions(options.records(key), std::string(key));
}

Result<std::string> read_url(const Options& options, std::string_view key,
                             std::span<const std::string_view> schemes) {
    const std::string& text = options.text(key);
    const auto has_scheme = [&](std::string_view scheme) {
        return text.starts_with(fmt::format("{}://", scheme));
    };
    if (std::ranges::any_of(schemes, has_scheme) && is_url(text)) return text;
    return at(key, fmt::format("authMethod {} needs a URL here, with {}://", options.text("authMethod"),
                               fmt::join(schemes, ":// or ")));
}

}  // namespace rill::auth
