// What was found true a moment ago, and need not be found out again at its full cost.
#pragma once

#include "auth/digest.hpp"

#include <rill/clock.hpp>

#include <chrono>
#include <cstddef>
#include <cstring>
#include <deque>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace rill::auth {

/// Bounded in number and time; the oldest goes first. Keys are hashed with a key of this object's own, so its
/// memory holds no password and no token. Threading: one thread.
template <class T>
class Recent {
  public:
    Recent(const Clock& clock, std::size_t entries, std::chrono::nanoseconds life)
        : clock_(clock), entries_(entries), life_(life) {}

    /// Null: not found, or too long ago.
    const T* find(std::string_view secret) const {
        const auto found = values_.find(hmac_sha256(key_, secret));
        return found == values_.end() || found->second.expires <= clock_.now() ? nullptr
                                                                               : &found->second.value;
    }

    void put(std::string_view secret, T value) {
        while (!order_.empty() && (order_.size() >= entries_ || order_.front().second <= clock_.now())) {
            values_.erase(order_.front().first);
            order_.pop_front();
        }
        const Digest key = hmac_sha256(key_, secret);
        const auto expires = clock_.now() + life_;
        if (values_.try_emplace(key, Entry{std::move(value), expires}).second)
            order_.emplace_back(key, expires);
    }

    void clear() {
        values_.clear();
        order_.clear();
    }
    std::size_t size() const { return values_.size(); }

  private:
    struct Entry {
        T value;
        std::chrono::nanoseconds expires;
    };
    struct Hash {
        std::size_t operator()(const Digest& digest) const {
            std::size_t hash = 0;
            std::memcpy(&hash, digest.data(), sizeof hash);
            return hash;
        }
    };

    const Clock& clock_;
    const std::size_t entries_;
    const std::chrono::nanoseconds life_;
    const Digest key_ = random_key();
    std::unordered_map<Digest, Entry, Hash> values_;
    std::deque<std::pair<Digest, std::chrono::nanoseconds>> order_;  // by age
};

}  // namespace rill::auth
