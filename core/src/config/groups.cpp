#include "groups.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace rill::config {
namespace {

struct Reference {
    std::size_t group = 0;
    std::size_t size = 0;  ///< of the whole of it
};

/// What the text begins with: "$G12" or "${G12}".
std::optional<Reference> reference_at(std::string_view text) {
    const bool has_brace = text.starts_with("${G");
    if (!has_brace && !text.starts_with("$G")) return {};
    const std::size_t digits = has_brace ? 3 : 2;
    Reference found;
    const char* const begin = text.data() + digits;
    const auto [end, error] = std::from_chars(begin, text.data() + text.size(), found.group);
    if (error != std::errc() || found.group == 0) return {};
    found.size = static_cast<std::size_t>(end - text.data());
    if (!has_brace) return found;
    if (found.size == text.size() || text[found.size] != '}') return {};
    ++found.size;
    return found;
}

}  // namespace

std::string with_groups(std::string_view text, std::span<const std::string> groups) {
    std::string result;
    while (!text.empty()) {
        const auto reference = reference_at(text);
        if (reference && reference->group < groups.size()) {
            result += groups[reference->group];
            text.remove_prefix(reference->size);
        } else {
            result += text.front();
            text.remove_prefix(1);
        }
    }
    return result;
}

std::size_t highest_group(std::string_view text) {
    std::size_t highest = 0;
    for (; !text.empty(); text.remove_prefix(1)) {
        if (const auto reference = reference_at(text)) highest = std::max(highest, reference->group);
    }
    return highest;
}

}  // namespace rill::config
