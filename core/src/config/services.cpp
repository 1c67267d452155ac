#include "services.hpp"

#include <algorithm>
#include <array>

namespace rill::config {
namespace {

constexpr std::array<Option, 5> table(std::string_view address, std::string_view doc) {
    return {{
        {.name = "address", .type = Type::text, .fallback = address, .doc = doc},
        {.name = "encryption",
         .type = Type::boolean,
         .fallback = "no",
         .doc = "Speaks HTTPS there, and nothing else."},
        {.name = "serverKey",
         .type = Type::text,
         .fallback = "server.key",
         .doc = "The file with the key of the certificate, in PEM, without a passphrase."},
        {.name = "serverCert",
         .type = Type::text,
         .fallback = "server.crt",
         .doc = "The file with the certificate and its chain, in PEM."},
        {.name = "trustedProxies",
         .type = Type::list,
         .fallback = "",
         .doc = "The addresses, or ranges of them, of proxies that say whom they ask for "
                "(X-Forwarded-For)."},
    }};
}

constexpr auto main_table =
    table(":8080", "The address and port that HTTP is served on; without an address: on all of them.");
constexpr auto own_table = table("", "One more address, for this service alone.");

}  // namespace

std::span<const Option> service_options(std::string_view id) {
    return id == all_services ? main_table : own_table;
}

std::vector<Service> services_of(const Registry& registry) {
    std::vector<Service> services;
    const auto add = [&services](std::string_view id) {
        if (!id.empty() && std::ranges::find(services, id, &Service::id) == services.end())
            services.push_back({id, Options::defaults(service_options(id))});
    };
    add(all_services);
    for (const ControllerFactory* controller : registry.controllers())
        std::ranges::for_each(controller->services, add);
    for (const SinkFactory* sink : registry.sinks())
        add(sink->service);
    return services;
}

}  // namespace rill::config
