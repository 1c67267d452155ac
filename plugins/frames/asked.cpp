#include "asked.hpp"

#include <rill/clock.hpp>

#include <fmt/format.h>

#include <utility>

namespace rill::frames {

namespace {

http::Exchange allowed(http::Exchange exchange, const std::shared_ptr<const http::Cors>& cors) {
    exchange.allow(cors);
    return exchange;
}

http::Response refusal(const Error& error) {
    http::Response response = http::Response::error(error);
    if (error.code == Code::unavailable) response.header("retry-after", "1");
    return response;
}

}  // namespace

Asked::Asked(http::Exchange exchange, const std::shared_ptr<const http::Cors>& cors)
    : http::Asked(allowed(std::move(exchange), cors),
                  refusal({Code::unavailable, "the path was stopped; ask again"})) {}

void Asked::fail(const Error& error) {
    respond(refusal(error));
}

http::Response to_response(const Picture& picture) {
    const Description& description = picture.description;
    http::Response response;
    response.content_type = media_type(description.format);
    response.body.push_back(picture.payload);
    response.header("x-rill-sequence", std::to_string(description.stamp.sequence))
        .header("x-rill-time", rfc3339_us(description.stamp.utc_us))
        .header("x-rill-format", to_string(description.format))
        .header("x-rill-width", std::to_string(description.size.width))
        .header("x-rill-height", std::to_string(description.size.height))
        .header("x-rill-stride", std::to_string(stride_of(description.format, description.size)));
    return response;
}

}  // namespace rill::frames
