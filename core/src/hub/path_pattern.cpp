#include "path_pattern.hpp"

#include <fmt/format.h>

namespace rill {

Result<PathPattern> PathPattern::parse(const std::string& pattern) {
    PathPattern parsed;
    parsed.text_ = pattern;
    std::string text = pattern;
    if (const auto query = text.find('?'); query != std::string::npos) {
        parsed.query_key_ = text.substr(query + 1);
        text.resize(query);
    }
    parsed.more_ = text.ends_with("/*");
    if (parsed.more_) text.pop_back();
    constexpr std::string_view hole = "{path}";
    const auto at = text.find(hole);
    if (at == std::string::npos)
        return Error{Code::invalid_config, fmt::format("the route {} has no \"{}\"", pattern, hole)};
    parsed.before_ = text.substr(0, at);
    parsed.after_ = text.substr(at + hole.size());
    return parsed;
}

/// A path's own name may look like the route's end, so its last place counts.
std::optional<PathPattern::Parts> PathPattern::match(const http::Request& request) const {
    if (!query_key_.empty() && !request.query.contains(query_key_)) return std::nullopt;
    std::string_view url = request.path;
    if (!url.starts_with(before_)) return std::nullopt;
    // Of the route's own slashes each means what it means to a proxy in front; those of a name at its end
    // mean nothing to either.
    if (request.encoded_slash < before_.size()) return std::nullopt;
    if (request.encoded_slash != std::string::npos && !after_.empty()) return std::nullopt;
    url.remove_prefix(before_.size());
    const auto at = url.rfind(after_);
    if (at == 0 || at == std::string_view::npos) return std::nullopt;
    Parts parts{std::string(url.substr(0, at)), std::string(url.substr(at + after_.size()))};
    if (parts.rest.empty() == more_) return std::nullopt;
    return parts;
}

}  // namespace rill
