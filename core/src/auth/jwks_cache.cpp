#include "auth/jwks_cache.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rill::auth {

JwksCache::JwksCache(std::string url, Loop& loop, const Clock& clock, std::chrono::milliseconds time_limit)
    : url_(std::move(url)), clock_(clock), fetch_(loop, time_limit) {}

std::shared_ptr<const JwksCache::Keys> JwksCache::usable() const {
    return clock_.now() - fetched_ < worthless_after ? keys_ : nullptr;
}

bool JwksCache::may_fetch() const {
    return !is_fetching_ && (!has_tried_ || clock_.now() - tried_ >= least_pause);
}

void JwksCache::find(const std::string& key_id, Found found) {
    const auto keys = usable();
    const bool has_it = keys && (key_id.empty() || std::ranges::find(*keys, key_id, &Jwk::id) != keys->end());
    if (has_it) {
        if (clock_.now() - fetched_ >= refresh_after && may_fetch()) fetch();
        return found(keys);
    }
    if (may_fetch()) fetch();
    if (!is_fetching_ || waiting_.size() >= most_waiting) return found(keys);
    waiting_.push_back(std::move(found));
}

void JwksCache::refresh() {
    if (!is_fetching_) fetch();
}

void JwksCache::fetch() {
    is_fetching_ = true;
    has_tried_ = true;
    tried_ = clock_.now();
    fetch_.get(url_, [this](const auto& reply) { take(reply); });
}

Result<JwksCache::Keys> JwksCache::read(const Result<Fetch::Reply>& reply) const {
    if (!reply) return reply.error();
    if (reply->status != SOUP_STATUS_OK)
        return Error{Code::unavailable, fmt::format("the server answered {}", reply->status)};
    std::vector<std::string> left_out;
    auto keys = parse_jwks(reply->body, left_out);
    for (const std::string& reason : left_out)
        log_.warning("{}: {}", mask_credentials(url_), reason);
    return keys;
}

void JwksCache::take(const Result<Fetch::Reply>& reply) {
    is_fetching_ = false;
    auto keys = read(reply);
    if (keys) {
        keys_ = std::make_shared<const Keys>(std::move(*keys));
        fetched_ = clock_.now();
    } else {
        log_.error("{} gives no keys: {}", mask_credentials(url_), keys.error().message);
    }
    const auto usable_keys = usable();
    for (const Found& found : std::exchange(waiting_, {}))
        found(usable_keys);
}

}  // namespace rill::auth
