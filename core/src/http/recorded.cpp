#include <rill/clock.hpp>
#include <rill/http_recorded.hpp>

namespace rill::http {
namespace {

Json time_or_null(const std::optional<std::int64_t>& time_us) {
    return time_us ? Json(rfc3339_us(*time_us)) : Json();
}

}  // namespace

void set_neighbours(Json& object, std::optional<std::int64_t> before, std::optional<std::int64_t> after) {
    object.set("before", time_or_null(before)).set("after", time_or_null(after));
}

Response not_recorded(const Error& error, std::optional<std::int64_t> before,
                      std::optional<std::int64_t> after) {
    if (error.code != Code::not_found) return Response::error(error);
    Json body = Json::object().set("status", "error").set("error", error.message);
    set_neighbours(body, before, after);
    return Response::json(http_status(error.code), body.dump());
}

}  // namespace rill::http
