#include "asked.hpp"

namespace rill::playback {

std::optional<Asked> take_up(http::Exchange exchange, const Archive* archive,
                             const std::shared_ptr<const http::Cors>& cors) {
    exchange.allow(cors);
    const std::string& method = exchange.request().method;
    if (method == "OPTIONS") {
        exchange.respond(cors->preflight());
    } else if (method != "GET") {
        exchange.respond(http::Response::method_not_allowed(method, "GET, HEAD, OPTIONS"));
    } else if (archive == nullptr) {
        exchange.fail({Code::not_found, "nothing is recorded here: no module keeps recordings"});
    } else {
        return Asked(std::move(exchange));
    }
    return std::nullopt;
}

}  // namespace rill::playback
