#include "page.hpp"

#include <rill/http_query.hpp>

#include <cstdint>
#include <limits>

namespace rill::api {

namespace {

constexpr std::size_t size_default = 100;
constexpr std::size_t most = std::numeric_limits<std::int32_t>::max();

}  // namespace

Result<Page> Page::of(const http::Request& request) {
    const auto size = http::number(request, "itemsPerPage", size_default, 1, most);
    if (!size) return size.error();
    const auto number = http::number(request, "page", 0, 0, most);
    if (!number) return number.error();
    return Page(*number, *size);
}

}  // namespace rill::api
