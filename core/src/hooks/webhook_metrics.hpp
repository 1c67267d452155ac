// What became of the events of webhooks, as Prometheus text.
#pragma once

#include "webhook.hpp"

#include <string>
#include <vector>

namespace rill::hooks {

/// rill_webhook_…, each name also when there is no webhook. A webhook is told by its place in the list, from
/// 0, and its host: the rest of its URL is often secret. Threading: theirs.
std::string webhook_metrics(const std::vector<const Webhook*>& webhooks);

}  // namespace rill::hooks
