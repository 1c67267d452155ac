// Makes text of unknown origin safe to print: one line, valid UTF-8, no terminal controls.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rill {

enum class Notation {
    plain,  ///< \n, \t, \x1b for control characters and bytes that are no UTF-8
    json,   ///< the inside of a JSON string (RFC 8259 §7); bytes that are no UTF-8 become U+FFFD
};

/// Appends `text` to `out`, escaped. Adds at most `budget` bytes; text that does not fit ends in "…".
void append_escaped(std::string& out, std::string_view text, Notation notation, std::size_t budget);

/// `"text"`, escaped and cut to a length that fits into a message.
std::string in_quotes(std::string_view text);

}  // namespace rill
