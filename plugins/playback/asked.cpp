#include "asked.hpp"

#include <fmt/format.h>

namespace rill::playback {

const std::string* find(const http::Request& request, const std::string& key) {
    const auto found = request.query.find(key);
    return found == request.query.end() || found->second.empty() ? nullptr : &found->second;
}

Error about(std::string_view key, const Error& error) {
    return {error.code, fmt::format("{}: {}", key, error.message)};
}

}  // namespace rill::playback
