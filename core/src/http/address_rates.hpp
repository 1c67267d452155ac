// How often an address may do something.
#pragma once

#include "auth/address_table.hpp"

#include <rill/clock.hpp>

#include <chrono>
#include <cstddef>

namespace rill::http {

/// A token bucket for each Address::network(): so many a second, and, after a while without any, as many at
/// once as in `burst`. Threading: one thread.
class AddressRates {
  public:
    static constexpr std::chrono::seconds burst{20};
    static constexpr std::chrono::minutes told_again{1};
    /// Beyond so many, the longest idle is forgotten: its bucket is full again.
    static constexpr std::size_t addresses = 10'000;

    explicit AddressRates(const Clock& clock) : clock_(clock), buckets_(addresses) {}

    /// 0: any number, as at first.
    void set_rate(unsigned per_second) { per_second_ = per_second; }

    struct Verdict {
        std::chrono::nanoseconds wait{0};  ///< zero: it may, and did; else it may after so long
        bool is_news = false;              ///< the first refusal of this address for told_again: for the log
    };
    Verdict take(const auth::Address& address);

  private:
    /// Running times.
    struct Bucket {
        std::chrono::nanoseconds full_at{0};  ///< when it will be, if nothing is taken
        std::chrono::nanoseconds quiet_until{0};
    };

    const Clock& clock_;
    unsigned per_second_ = 0;
    auth::AddressTable<Bucket> buckets_;
};

}  // namespace rill::http
