#include "endpoints.hpp"

namespace rill {

std::vector<http::Endpoint> endpoints_of(const config::Config& config, Certificates& certificates,
                                         const std::string& file, config::Problems& problems) {
    std::vector<http::Endpoint> endpoints;
    for (const config::Service& service : config.services) {
        const Options& options = service.options;
        if (!config.is_on(service) || options.text("address").empty()) continue;
        http::Endpoint endpoint{.address = options.text("address")};
        if (service.id != config::all_services) endpoint.service = service.id;
        if (options.boolean("encryption")) {
            const auto certificate = certificates.load(options.text("serverCert"), options.text("serverKey"));
            if (!certificate) {
                problems.add({.file = file,
                              .key = option_key(service.id, "encryption"),
                              .message = certificate.error().message});
                continue;
            }
            endpoint.certificate = *certificate;
        }
        for (const std::string& range : options.list("trustedProxies"))
            endpoint.trusted_proxies.push_back(*auth::AddressRange::parse(range));  // checked when loaded
        endpoints.push_back(std::move(endpoint));
    }
    return endpoints;
}

}  // namespace rill
