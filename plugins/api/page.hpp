// Pages of lists, as MediaMTX's control API has them: ?page=0&itemsPerPage=100.
#pragma once

#include <rill/http.hpp>
#include <rill/json.hpp>
#include <rill/result.hpp>

#include <algorithm>
#include <cstddef>

namespace rill::api {

/// Which items are asked for. Pages count from 0.
class Page {
  public:
    /// Error: invalid_config, naming the key.
    static Result<Page> of(const http::Request& request);

    std::size_t first(std::size_t items) const { return std::min(number_ * size_, items); }
    std::size_t end(std::size_t items) const { return std::min(first(items) + size_, items); }
    std::size_t count(std::size_t items) const { return (items + size_ - 1) / size_; }

  private:
    Page(std::size_t number, std::size_t size) : number_(number), size_(size) {}

    std::size_t number_, size_;
};

/// {"pageCount":…,"itemCount":…,"items":[…]}: one page of `all`, each made by `to_json`.
template <class Items, class ToJson>
Json page_of(const Items& all, const Page& page, ToJson to_json) {
    Json items = Json::array();
    for (std::size_t at = page.first(all.size()); at < page.end(all.size()); ++at)
        items.append(to_json(all[at]));
    return Json::object()
        .set("pageCount", page.count(all.size()))
        .set("itemCount", all.size())
        .set("items", std::move(items));
}

}  // namespace rill::api
