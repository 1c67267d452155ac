#include "answers.hpp"

#include <rill/clock.hpp>
#include <rill/http_range.hpp>
#include <rill/http_recorded.hpp>

#include <utility>

namespace rill::preview {
namespace {

constexpr std::string_view allowed = "GET, HEAD, OPTIONS";

/// An exchange that callbacks can hold, which must be copyable.
class Asked {
  public:
    explicit Asked(http::Exchange exchange)
        : exchange_(std::make_shared<http::Exchange>(std::move(exchange))) {}

    const http::Request& request() const { return exchange_->request(); }
    void respond(http::Response response) const { exchange_->respond(std::move(response)); }
    void refuse(http::Response response) const {
        response.header("cache-control", "no-store");
        respond(std::move(response));
    }
    void fail(const Error& error) const {
        http::Response response = http::Response::error(error);
        if (error.code == Code::unavailable) response.header("retry-after", "1");
        refuse(std::move(response));
    }
    void on_abandoned(std::function<void()> callback) const { exchange_->on_abandoned(std::move(callback)); }

  private:
    std::shared_ptr<http::Exchange> exchange_;
};

http::Response to_response(const http::Request& request, const Picture& picture, bool stays) {
    http::Response response;
    if (http::is_unchanged(request, {.etag = picture.etag, .last_modified = {}})) {
        response.status = 304;
    } else {
        response.content_type = "image/jpeg";
        response.body.push_back(picture.jpeg);
    }
    response.header("etag", picture.etag)
        .header("x-rill-time", rfc3339_us(picture.utc_us))
        .header("cache-control", stays ? "private, max-age=86400, immutable" : "private, max-age=1");
    return response;
}

void answer(const Asked& asked, bool relative, const Outcome& outcome) {
    if (outcome.picture)
        return asked.respond(to_response(asked.request(), *outcome.picture, outcome.final && !relative));
    const Error& error = outcome.picture.error();
    const Neighbours& neighbours = outcome.neighbours;
    if (error.code == Code::not_found)
        return asked.refuse(http::not_recorded(error, neighbours.before, neighbours.after));
    asked.fail(error);
}

}  // namespace

void answer_preview(PathCall call, Desk* desk, const std::shared_ptr<const http::Cors>& cors) {
    call.exchange.allow(cors);
    const Asked asked(std::move(call.exchange));
    const std::string& method = asked.request().method;
    if (method == "OPTIONS") return asked.respond(cors->preflight());
    if (method != "GET") return asked.refuse(http::Response::method_not_allowed(method, allowed));
    auto wanted = parse_wanted(asked.request(), std::move(call.path), utc_now_us());
    if (!wanted) return asked.fail(wanted.error());
    if (desk == nullptr) {
        return asked.fail({Code::unavailable,
                           "there are no recordings to show pictures of: no module keeps "
                           "them, or the server stops"});
    }
    Ask ask;
    const bool relative = wanted->relative;
    ask.wanted = *std::move(wanted);
    ask.done = [asked, relative](const Outcome& outcome) { answer(asked, relative, outcome); };
    asked.on_abandoned([gone = ask.gone] { *gone = true; });
    desk->ask(std::move(ask));
}

}  // namespace rill::preview
