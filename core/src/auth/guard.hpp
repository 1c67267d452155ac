// Against guessing: each wrong guess of an address is answered later than the one before, and after a few of
// them the address is locked out for a while.
#pragma once

#include "auth/address_table.hpp"

#include <rill/clock.hpp>

#include <chrono>
#include <cstddef>

namespace rill::auth {

struct GuardLimits {
    unsigned guesses = 10;  ///< wrong ones that lock out
    std::chrono::milliseconds first_delay{250};
    std::chrono::milliseconds longest_delay{4000};
    std::chrono::minutes memory{10};  ///< without a wrong guess, until all are forgotten
    std::chrono::minutes lock{5};
    std::size_t addresses = 10'000;  ///< remembered at once; the longest quiet is forgotten first
};

/// Counts by Address::network(). A right guess forgets nothing, or one account of one's own would hide the
/// guessing of others'.
///
/// It outlives reloads of the configuration. Threading: one thread.
class Guard {
  public:
    explicit Guard(const Clock& clock, GuardLimits limits = {})
        : clock_(clock), limits_(limits), records_(limits.addresses) {}

    /// How long the address stays locked out; zero: it is not.
    std::chrono::seconds locked_for(const Address& address) const;

    struct Penalty {
        std::chrono::milliseconds delay{0};  ///< until the guess is answered
        bool locked = false;                 ///< by this very guess
    };
    Penalty wrong_guess(const Address& address);

    std::size_t addresses() const { return records_.size(); }

  private:
    struct Record {
        unsigned guesses = 0;
        std::chrono::nanoseconds last{0};
        std::chrono::nanoseconds locked_until{0};
    };

    const Clock& clock_;
    const GuardLimits limits_;
    AddressTable<Record> records_;
};

}  // namespace rill::auth
