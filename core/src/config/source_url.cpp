#include "source_url.hpp"

#include "keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace rill::config {
namespace {

/// RFC 3986 §3.1.
bool is_scheme(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
    });
}

}  // namespace

std::string scheme_of(std::string_view source) {
    return to_lower(source.substr(0, source.find("://")));
}

std::string no_source_module(std::string_view source, const Registry& registry) {
    for (const std::string_view word : {"publisher", "redirect", "rpiCamera"}) {
        if (source == word) return fmt::format("{} needs a module that is not installed", word);
    }
    const std::string scheme = scheme_of(source);
    if (source.find("://") == std::string_view::npos || !is_scheme(scheme)) {
        // The value is not told: it may be a URL with its password in a wrong place.
        return "expected a URL such as rtsp://192.0.2.1/stream";
    }
    std::vector<std::string_view> schemes;
    for (const SourceFactory* factory : registry.sources()) {
        schemes.insert(schemes.end(), factory->schemes.begin(), factory->schemes.end());
    }
    return fmt::format("needs a source module for {}://, which is not installed (installed: {})", scheme,
                       fmt::join(schemes, ", "));
}

}  // namespace rill::config
