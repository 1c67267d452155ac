// Rill's own metrics, which begin with "rill_" (docs/metrics.md).
#pragma once

#include "exposition.hpp"

#include <rill/archive.hpp>
#include <rill/http.hpp>

#include <string>
#include <vector>

namespace rill::metrics {

/// Paths with their tracks, sinks, links, renditions and readers.
void append_paths(std::string& out, const ScrapedPaths& paths);
void append_storages(std::string& out, const std::vector<StorageStatus>& storages);
void append_http(std::string& out, const http::Server::Statistics& statistics);

}  // namespace rill::metrics
