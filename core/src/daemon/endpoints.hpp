// From the configuration to where the server listens.
#pragma once

#include "certificates.hpp"
#include "config/config.hpp"
#include "config/problem.hpp"
#include "http/endpoint.hpp"

#include <string>
#include <vector>

namespace rill {

/// Of all services that are on and have an address. Those whose certificate cannot be used are left out, and
/// reported.
std::vector<http::Endpoint> endpoints_of(const config::Config& config, Certificates& certificates,
                                         const std::string& file, config::Problems& problems);

}  // namespace rill
