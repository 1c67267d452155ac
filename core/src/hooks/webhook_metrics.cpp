#include "webhook_metrics.hpp"

#include "util/metric_head.hpp"

#include <fmt/format.h>

#include <array>
#include <iterator>

namespace rill::hooks {
namespace {

struct Row {
    std::string_view name, type, help;
    std::uint64_t (*value)(const Webhook::Counters&);
};

constexpr auto rows = std::to_array<Row>({
    {"rill_webhook_waiting", "gauge", "Events that wait for the webhook, with the one that is being sent.",
     [](const Webhook::Counters& c) -> std::uint64_t { return c.waiting; }},
    {"rill_webhook_delivered_total", "counter", "Events that the webhook took.",
     [](const Webhook::Counters& c) { return c.delivered; }},
    {"rill_webhook_failed_attempts_total", "counter", "Attempts that it did not take.",
     [](const Webhook::Counters& c) { return c.failed_attempts; }},
    {"rill_webhook_given_up_total", "counter", "Events refused, or tried as often as allowed.",
     [](const Webhook::Counters& c) { return c.given_up; }},
    {"rill_webhook_dropped_total", "counter", "Events that found no place in its queue.",
     [](const Webhook::Counters& c) { return c.dropped; }},
});

}  // namespace

std::string webhook_metrics(const std::vector<const Webhook*>& webhooks) {
    std::string out;
    for (const Row& row : rows) {
        out += metric_head(row.name, row.type, row.help);
        for (std::size_t at = 0; at < webhooks.size(); ++at) {
            const Webhook& webhook = *webhooks[at];
            // A host holds nothing that a label would have to escape (rill/url.hpp).
            fmt::format_to(std::back_inserter(out), "{}{{webhook=\"{}\",host=\"{}\"}} {}\n", row.name, at,
                           webhook.host(), row.value(webhook.counters()));
        }
    }
    return out;
}

}  // namespace rill::hooks
