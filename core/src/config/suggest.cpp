#include "suggest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace rill::config {
namespace {

constexpr std::size_t longest_name = 64;

char to_lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// How many letters must be added, removed, changed or swapped with their neighbour. Case does not count.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before_last(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j)
        row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        before_last.swap(last);
        last.swap(row);
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const char left = to_lower(a[i - 1]);
            const char right = to_lower(b[j - 1]);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (left == right ? 0 : 1)});
            const bool swapped = i > 1 && j > 1 && left == to_lower(b[j - 2]) && to_lower(a[i - 2]) == right;
            if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
    }
    return row[b.size()];
}

}  // namespace

std::string nearest_of(const std::vector<std::string_view>& names, std::string_view name) {
    if (name.size() > longest_name) return "";
    std::size_t smallest = std::clamp<std::size_t>(name.size() / 3, 1, 4) + 1;
    std::string_view best;
    for (const std::string_view candidate : names) {
        const std::size_t distance = edit_distance(name, candidate);
        if (distance > smallest || (distance == smallest && (best.empty() || candidate > best))) continue;
        smallest = distance;
        best = candidate;
    }
    return std::string(best);
}

std::string unknown_key(std::string_view suggestion) {
    if (suggestion.empty()) return "unknown key";
    return fmt::format("unknown key, did you mean {}?", suggestion);
}

}  // namespace rill::config
