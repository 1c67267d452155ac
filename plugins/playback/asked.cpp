#include "asked.hpp"

namespace rill::playback {

const std::string* find(const http::Request& request, const std::string& key) {
    const auto found = request.query.find(key);
    return found == request.query.end() || found->second.empty() ? nullptr : &found->second;
}

}  // namespace rill::playback
