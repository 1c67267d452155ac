// The addresses that are listened at: one for all of HTTP, and one for each service that modules name.
#pragma once

#include "registry/registry.hpp"

#include <rill/options.hpp>

#include <span>
#include <string_view>
#include <vector>

namespace rill::config {

/// What the configuration says of one address. Without an address nothing is opened.
struct Service {
    std::string_view id;  ///< "http", or a name of the modules; of the registry
    Options options;      ///< of service_options()

    bool operator==(const Service& other) const = default;
};

inline constexpr std::string_view all_services = "http";

/// Named as a module's: `address` of "hls" is hlsAddress.
std::span<const Option> service_options(std::string_view id);

/// All with their fallbacks; "http" is the first.
std::vector<Service> services_of(const Registry& registry);

}  // namespace rill::config
