// Refuses addresses that ask for too much.
#pragma once

#include "http/address_rates.hpp"

#include <rill/clock.hpp>
#include <rill/http.hpp>
#include <rill/log.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rill {

/// Threading: one thread.
class Throttle {
  public:
    explicit Throttle(const Clock& clock = system_clock());

    /// Of one address, a second; 0: any number, as at first. What was taken before counts on.
    void set_rates(unsigned requests, unsigned sessions);

    enum class Of { requests, sessions };
    /// The answer to one too many, 429 with Retry-After. Nothing: it may go on, and was counted.
    std::optional<http::Response> refuse(const http::Request& request, Of kind);

    /// How many were refused, as Prometheus text.
    std::string metrics() const;

  private:
    struct Limit {
        Limit(const Clock& clock, std::string_view what, std::string_view limiting)
            : rates(clock), name(what), key(limiting) {}
        http::AddressRates rates;
        const std::string_view name;  ///< "requests"
        const std::string_view key;   ///< of the configuration
        std::uint64_t refused = 0;
    };

    const Log log_{"HTTP"};
    Limit requests_;
    Limit sessions_;
};

}  // namespace rill
