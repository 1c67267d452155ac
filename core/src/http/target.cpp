#include "target.hpp"

#include "util/utf8.hpp"

#include <glib.h>

#include <algorithm>
#include <optional>

namespace rill::http {
namespace {

bool is_control(char character) {
    return static_cast<unsigned char>(character) < 0x20 || character == 0x7f;
}

/// Nothing when a '%' is not followed by two hexadecimal digits.
std::optional<std::string> percent_decoded(std::string_view text) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            decoded += text[at];
            continue;
        }
        if (text.size() - at < 3) return std::nullopt;
        const int high = g_ascii_xdigit_value(text[at + 1]);
        const int low = g_ascii_xdigit_value(text[at + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        decoded += static_cast<char>(high * 16 + low);
        at += 2;
    }
    return decoded;
}

/// Of what percent_decoded() decodes: where the first "%2F" is then.
std::size_t find_encoded_slash(std::string_view raw) {
    std::size_t decoded = 0;
    for (std::size_t at = 0; at < raw.size(); ++decoded) {
        const bool is_encoded = raw[at] == '%';
        if (is_encoded && raw[at + 1] == '2' && g_ascii_tolower(raw[at + 2]) == 'f') return decoded;
        at += is_encoded ? 3 : 1;
    }
    return std::string::npos;
}

bool has_dot_segment(std::string_view path) {
    while (!path.empty()) {
        path.remove_prefix(1);
        const std::string_view segment = path.substr(0, path.find('/'));
        if (segment == "." || segment == "..") return true;
        path.remove_prefix(segment.size());
    }
    return false;
}

Result<std::string> decode_path(std::string_view raw) {
    const auto path = percent_decoded(raw);
    if (!path) return Error{Code::invalid_config, "the path has a '%' without two hexadecimal digits"};
    if (!valid_utf8(*path)) return Error{Code::invalid_config, "the path is not UTF-8"};
    for (const char character : *path) {
        if (is_control(character) || character == '\\') {
            return Error{Code::invalid_config, "the path has a control character or a backslash"};
        }
    }
    if (has_dot_segment(*path)) return Error{Code::invalid_config, "the path has a dot segment"};
    return *path;
}

/// A form field: '+' is a space (WHATWG URL §5.1).
std::optional<std::string> decode_field(std::string_view raw) {
    std::string spaced(raw);
    std::replace(spaced.begin(), spaced.end(), '+', ' ');
    auto field = percent_decoded(spaced);
    if (!field || !valid_utf8(*field) || field->find('\0') != std::string::npos) return std::nullopt;
    return field;
}

Result<std::map<std::string, std::string>> decode_query(std::string_view raw) {
    std::map<std::string, std::string> query;
    while (!raw.empty()) {
        const std::string_view pair = raw.substr(0, raw.find('&'));
        raw.remove_prefix(std::min(pair.size() + 1, raw.size()));
        if (pair.empty()) continue;
        const std::size_t equals = std::min(pair.find('='), pair.size());
        const auto key = decode_field(pair.substr(0, equals));
        const auto value = decode_field(pair.substr(std::min(equals + 1, pair.size())));
        if (!key || !value) return Error{Code::invalid_config, "the query is not percent-encoded UTF-8"};
        query[*key] = *value;
    }
    return query;
}

/// The part of an absolute-form target behind the authority.
std::string_view without_authority(std::string_view target) {
    constexpr std::string_view scheme = "http://";
    if (target.size() < scheme.size() ||
        g_ascii_strncasecmp(target.data(), scheme.data(), scheme.size()) != 0) {
        return target;
    }
    target.remove_prefix(scheme.size());
    const std::size_t end = target.find_first_of("/?");
    if (end == std::string_view::npos || target[end] == '?') return "/";
    return target.substr(end);
}

}  // namespace

Result<Target> parse_target(std::string_view target) {
    target = without_authority(target);
    if (target.empty() || target.front() != '/') {
        return Error{Code::invalid_config, "the request target does not begin with '/'"};
    }
    if (target.find('#') != std::string_view::npos) {
        return Error{Code::invalid_config, "the request target has a fragment"};
    }
    const std::size_t question = std::min(target.find('?'), target.size());
    const std::string_view raw_query = target.substr(std::min(question + 1, target.size()));
    const std::string_view raw_path = target.substr(0, question);
    auto path = decode_path(raw_path);
    if (!path) return path.error();
    auto query = decode_query(raw_query);
    if (!query) return query.error();
    return Target{std::move(*path), std::move(*query), std::string(raw_query), find_encoded_slash(raw_path)};
}

}  // namespace rill::http
