#include "scalar.hpp"

#include "keys.hpp"
#include "util/escape.hpp"

#include <algorithm>
#include <cstdint>

namespace rill::config {
namespace {

bool is_plain(std::string_view text) {
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const auto is_safe = [&](char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '/' || c == '-';
    };
    if (text.empty() || !is_letter(text.front()) || !std::ranges::all_of(text, is_safe)) return false;
    const std::string lower_case = to_lower(text);
    return lower_case != "null" && lower_case != "yes" && lower_case != "no" && lower_case != "true" &&
           lower_case != "false" && lower_case != "on" && lower_case != "off";
}

}  // namespace

std::string as_scalar(std::string_view text) {
    if (is_plain(text)) return std::string(text);
    std::string out = "\"";
    append_escaped(out, text, Notation::json, SIZE_MAX);
    return out + '"';
}

}  // namespace rill::config
