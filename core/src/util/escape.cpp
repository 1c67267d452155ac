#include "escape.hpp"

#include <fmt/format.h>
#include <glib.h>

namespace rill {
namespace {

constexpr std::string_view ellipsis = "…";
constexpr std::size_t in_quotes_budget = 80;

struct Character {
    std::size_t bytes;  ///< taken from the text
    gunichar code;
    bool valid;
};

Character first_character(std::string_view text) {
    const auto byte = static_cast<unsigned char>(text[0]);
    if (byte < 0x80) return {1, byte, true};
    const gunichar code = g_utf8_get_char_validated(text.data(), static_cast<gssize>(text.size()));
    if (code >= static_cast<gunichar>(-2)) return {1, byte, false};
    return {static_cast<std::size_t>(g_unichar_to_utf8(code, nullptr)), code, true};
}

/// C0, DEL and C1: the last contains CSI, which terminals obey as they do ESC [.
bool is_control(gunichar code) {
    return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

std::string escape_plain(const Character& character) {
    switch (character.code) {
        case '\n':
            return "\\n";
        case '\r':
            return "\\r";
        case '\t':
            return "\\t";
        default:
            return fmt::format("\\x{:02x}", character.code);
    }
}

std::string escape_json(const Character& character) {
    if (!character.valid) return "\xef\xbf\xbd";
    switch (character.code) {
        case '"':
            return "\\\"";
        case '\\':
            return "\\\\";
        case '\n':
            return "\\n";
        case '\r':
            return "\\r";
        case '\t':
            return "\\t";
        default:
            return fmt::format("\\u{:04x}", character.code);
    }
}

bool needs_escape(const Character& character, Notation notation) {
    if (!character.valid || is_control(character.code)) return true;
    return notation == Notation::json && (character.code == '"' || character.code == '\\');
}

}  // namespace

void append_escaped(std::string& out, std::string_view text, Notation notation, std::size_t budget) {
    const std::size_t start = out.size();
    std::size_t fits_with_ellipsis = start;
    while (!text.empty()) {
        const Character character = first_character(text);
        if (needs_escape(character, notation)) {
            out += notation == Notation::json ? escape_json(character) : escape_plain(character);
        } else {
            out += text.substr(0, character.bytes);
        }
        text.remove_prefix(character.bytes);
        const std::size_t used = out.size() - start;
        if (used + ellipsis.size() <= budget) fits_with_ellipsis = out.size();
        if (used <= budget) continue;
        out.resize(fits_with_ellipsis);
        if (ellipsis.size() <= budget) out += ellipsis;
        return;
    }
}

std::string in_quotes(std::string_view text) {
    std::string result = "\"";
    append_escaped(result, text, Notation::plain, in_quotes_budget);
    return result + '"';
}

}  // namespace rill
