#include "sessions.hpp"

#include <algorithm>
#include <chrono>
#include <random>
#include <utility>

namespace rill::hls {

namespace {

constexpr Nanoseconds session_timeout = std::chrono::seconds(30);
constexpr std::size_t session_limit = 10'000;
constexpr unsigned session_digits = 16;

}  // namespace

std::string new_session() {
    return random_hex(session_digits);
}

std::string random_hex(unsigned digits) {
    std::random_device device;
    std::uniform_int_distribution<unsigned> digit(0, 15);
    std::string text(digits, '0');
    for (char& c : text)
        c = "0123456789abcdef"[digit(device)];
    return text;
}

std::string Sessions::add(ReaderPtr reader, Nanoseconds now) {
    if (sessions_.size() >= session_limit) {
        const auto quietest = std::min_element(sessions_.begin(), sessions_.end(), [](auto& a, auto& b) {
            return a.second.last_request < b.second.last_request;
        });
        sessions_.erase(quietest);
    }
    std::string id = new_session();
    sessions_.insert_or_assign(id, Session{std::move(reader), now});
    return id;
}

ReaderPtr Sessions::find(std::string_view id, Nanoseconds now) {
    const auto found = sessions_.find(id);
    if (found == sessions_.end()) return nullptr;
    found->second.last_request = now;
    return found->second.reader;
}

void Sessions::end(const std::string& id, Nanoseconds now) {
    if (sessions_.erase(id) == 1) ended_.emplace(id, now);
}

bool Sessions::was_ended(std::string_view id, Nanoseconds now) {
    const auto found = ended_.find(id);
    if (found == ended_.end()) return false;
    found->second = now;
    return true;
}

void Sessions::expire(Nanoseconds now) {
    std::erase_if(sessions_,
                  [now](const auto& entry) { return now - entry.second.last_request >= session_timeout; });
    std::erase_if(ended_, [now](const auto& entry) { return now - entry.second >= session_timeout; });
}

}  // namespace rill::hls
