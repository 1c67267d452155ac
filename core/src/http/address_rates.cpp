#include "address_rates.hpp"

#include <algorithm>

namespace rill::http {

AddressRates::Verdict AddressRates::take(const auth::Address& address) {
    if (per_second_ == 0) return {};
    const auto now = clock_.now();
    Bucket& bucket = buckets_.touch(address);
    const auto full_at =
        std::max(bucket.full_at, now) + std::chrono::nanoseconds(std::chrono::seconds(1)) / per_second_;
    const auto wait = full_at - now - burst;
    if (wait.count() <= 0) {
        bucket.full_at = full_at;
        return {};
    }
    if (now < bucket.quiet_until) return {.wait = wait};
    bucket.quiet_until = now + told_again;
    return {.wait = wait, .is_news = true};
}

}  // namespace rill::http
