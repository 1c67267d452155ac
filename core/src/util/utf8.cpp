#include "utf8.hpp"

#include <glib.h>

#include <algorithm>

namespace rill {

bool valid_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = std::min(text.find('\0'), text.size());
        if (g_utf8_validate_len(text.data(), length, nullptr) == FALSE) return false;
        text.remove_prefix(std::min(length + 1, text.size()));
    }
    return true;
}

}  // namespace rill
