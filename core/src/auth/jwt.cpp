#include "auth/jwt.hpp"

#include "auth/base64.hpp"
#include "auth/credentials.hpp"
#include "util/escape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace rill::auth {
namespace {

constexpr std::size_t most_permissions = 256;

Error refusal(std::string_view what) {
    return {Code::unauthorized, "the JWT " + std::string(what)};
}

Result<Json> object_of(std::string_view part, std::string_view name) {
    const auto text = decode_base64url(part);
    if (!text) return refusal(fmt::format("has a {} that is no base64url", name));
    auto json = Json::parse(*text);
    if (!json || !json->is_object()) return refusal(fmt::format("has a {} that is no JSON object", name));
    return json;
}

/// A NumericDate (RFC 7519 §2), which may have a fraction. Keeps `value` when there is none.
bool read_date(const Json& claims, std::string_view key, std::int64_t& value) {
    if (!claims.contains(key)) return true;
    const auto number = claims[key].number();
    if (!number || !std::isfinite(*number)) return false;
    constexpr double most = 1e15;  // in the year 31 million
    value = static_cast<std::int64_t>(std::floor(std::clamp(*number, -most, most)));
    return true;
}

bool names_audience(const Json& claim, const std::string& audience) {
    const auto is_it = [&](const Json& item) { return item.text() == audience; };
    return is_it(claim) || std::ranges::any_of(claim.items(), is_it);
}

Result<std::vector<Permission>> read_permissions(const Json& claim) {
    // Issuers that only know texts put the JSON into one.
    if (const auto text = claim.text()) {
        const auto inner = Json::parse(*text);
        if (inner && !inner->text()) return read_permissions(*inner);
    }
    if (!claim.is_array()) return refusal("has permissions that are no array");
    if (claim.items().size() > most_permissions)
        return refusal(fmt::format("has more than {} permissions", most_permissions));
    std::vector<Permission> permissions;
    for (const Json& item : claim.items()) {
        auto permission =
            Permission::parse(item["action"].text().value_or(""), item["path"].text().value_or(""));
        if (!permission) return refusal("has a permission where " + permission.error().message);
        permissions.push_back(std::move(*permission));
    }
    return permissions;
}

}  // namespace

Result<Jwt> parse_jwt(std::string_view text) {
    if (text.size() > longest_authorization) return refusal("is too long");
    if (std::ranges::count(text, '.') != 2) return refusal("has not three parts");
    const std::size_t first = text.find('.');
    const std::size_t last = text.rfind('.');
    const auto header = object_of(text.substr(0, first), "header");
    if (!header) return header.error();
    const std::string name = (*header)["alg"].text().value_or("");
    Jwt jwt;
    jwt.algorithm = find_algorithm(name);
    if (jwt.algorithm == nullptr) return refusal(fmt::format("has the algorithm {}", in_quotes(name)));
    if (header->contains("crit")) return refusal("has demands in its header that are not understood");
    jwt.key_id = (*header)["kid"].text().value_or("");
    auto claims = object_of(text.substr(first + 1, last - first - 1), "payload");
    if (!claims) return claims.error();
    jwt.claims = std::move(*claims);
    const auto signature = decode_base64url(text.substr(last + 1));
    if (!signature || signature->empty()) return refusal("has no signature in base64url");
    jwt.signed_text = text.substr(0, last);
    jwt.signature = *signature;
    return jwt;
}

bool is_signed_by(const Jwt& jwt, std::span<const Jwk> keys) {
    return std::ranges::any_of(keys, [&](const Jwk& key) {
        return (jwt.key_id.empty() || key.id() == jwt.key_id) && key.is_for(*jwt.algorithm) &&
               key.verify(*jwt.algorithm, jwt.signed_text, jwt.signature);
    });
}

Result<Claims> read_claims(const Json& claims, const ClaimRules& rules) {
    Claims result;
    result.user = claims["sub"].text().value_or("");
    if (!read_date(claims, "exp", result.expires)) return refusal("has an exp that is no number");
    if (!read_date(claims, "nbf", result.not_before)) return refusal("has an nbf that is no number");
    if (!rules.issuer.empty() && claims["iss"].text() != rules.issuer)
        return refusal("is from another issuer");
    if (!rules.audience.empty() && !names_audience(claims["aud"], rules.audience))
        return refusal("is for another audience");
    if (!claims.contains(rules.permissions))
        return refusal(fmt::format("has no claim {}", in_quotes(rules.permissions)));
    auto permissions = read_permissions(claims[rules.permissions]);
    if (!permissions) return permissions.error();
    result.permissions = std::move(*permissions);
    return result;
}

}  // namespace rill::auth
