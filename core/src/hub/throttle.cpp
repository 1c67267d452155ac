#include "throttle.hpp"

#include <fmt/format.h>

#include <chrono>

namespace rill {

Throttle::Throttle(const Clock& clock)
    : requests_(clock, "requests", "httpMaxRequestsPerSecond"),
      sessions_(clock, "sessions", "httpMaxSessionsPerSecond") {}

void Throttle::set_rates(unsigned requests, unsigned sessions) {
    requests_.rates.set_rate(requests);
    sessions_.rates.set_rate(sessions);
}

std::optional<http::Response> Throttle::refuse(const http::Request& request, Of kind) {
    if (request.is_unlimited) return {};
    const auto address = auth::Address::parse_with_port(request.remote).value_or(auth::Address());
    Limit& limit = kind == Of::sessions ? sessions_ : requests_;
    const auto verdict = limit.rates.take(address);
    if (verdict.wait.count() == 0) return {};
    ++limit.refused;
    if (verdict.is_news)
        log_.warning("too many {} from {}: some are refused ({})", limit.name, address.text(), limit.key);
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(verdict.wait).count();
    return http::Response::error(
               {Code::too_many, fmt::format("too many {} from {}: try again in {} s ({})", limit.name,
                                            address.text(), seconds, limit.key)})
        .header("retry-after", std::to_string(seconds))
        .header("cache-control", "no-store");
}

std::string Throttle::metrics() const {
    std::string text =
        "# HELP rill_http_rate_limited_total Requests that were refused because their address sent too "
        "many.\n"
        "# TYPE rill_http_rate_limited_total counter\n";
    for (const Limit* limit : {&requests_, &sessions_})
        text += fmt::format("rill_http_rate_limited_total{{limit=\"{}\"}} {}\n", limit->name, limit->refused);
    return text;
}

}  // namespace rill
