#include "mutated_bodies.hpp"

#include "catch.hpp"
#include "http/exchange.hpp"
#include "mutation.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace rill::test {

namespace {

/// Answered on whichever thread. Nobody goes away.
class Awaited final : public http::Exchange::Impl {
  public:
    using Impl::Impl;

    void respond(http::Response response) override {
        const std::lock_guard lock(mutex_);
        if (!answer_) answer_ = std::move(response);
    }
    void upgrade(http::WebSocketHandler) override { respond(http::Response::no_content()); }
    void allow(std::shared_ptr<const http::Cors>) override {}
    void on_abandoned(std::function<void()>) override {}

    std::optional<http::Response> answer() const {
        const std::lock_guard lock(mutex_);
        return answer_;
    }

  private:
    mutable std::mutex mutex_;
    std::optional<http::Response> answer_;  ///< under mutex_
};

http::Request request_of(const RightBody& right, std::string body) {
    http::Request request;
    request.method = right.method;
    request.path = right.path;
    request.headers = {{"host", "test"}, {"content-type", "application/json"}};
    request.body = std::move(body);
    request.remote = "192.0.2.1:50000";
    return request;
}

bool is_error(const http::Response& response) {
    std::string text;
    for (const auto& piece : response.body) {
        gsize size = 0;
        const auto* const data = static_cast<const char*>(g_bytes_get_data(piece.get(), &size));
        text.append(data, size);
    }
    const auto told = Json::parse(text);
    return told && (*told)["status"] == Json("error") && !(*told)["error"].text().value_or("").empty();
}

}  // namespace

http::Response answer_of(ControllerSite& site, http::Request request) {
    const auto awaited = std::make_shared<Awaited>(std::move(request));
    site.dispatch(http::Exchange(awaited));
    if (!awaited->answer())
        REQUIRE(http::test::Harness::until([&] { return awaited->answer().has_value(); }));
    return *awaited->answer();
}

void send_mutated(ControllerSite& site, std::span<const RightBody> bodies, unsigned count,
                  const std::function<void()>& put_back) {
    site.start();
    for (const RightBody& right : bodies) {
        INFO(right.method << " " << right.path);
        put_back();
        CHECK(answer_of(site, request_of(right, std::string(right.body))).status < 400);
    }
    // Of JSON, of its escapes, and bytes of no UTF-8.
    Mutator mutator("{}[]:,\"\\ \n\t0123456789-+.eEutrfn\x01\x7f\x80\xff\xc2\xed");
    std::vector<unsigned> taken(bodies.size());
    std::vector<unsigned> refused(bodies.size());
    for (unsigned number = 0; number < count; ++number) {
        const std::size_t at = number % bodies.size();
        const RightBody& right = bodies[at];
        const std::string body = mutator.mutated(right.body);
        INFO("mutation " << number << " for " << right.method << " " << right.path << ":\n" << body);
        put_back();
        const http::Response answer = answer_of(site, request_of(right, body));
        ++(answer.status < 400 ? taken : refused)[at];
        if (answer.status >= 400 && !is_error(answer)) FAIL("no error in " << answer.status);
        if (answer.status < 200 || answer.status == 500) FAIL(answer.status);
    }
    // The mutations of each body reach both sides; otherwise this would test nothing.
    const auto each = static_cast<unsigned>(count / bodies.size());
    for (std::size_t at = 0; at < bodies.size(); ++at) {
        INFO(bodies[at].method << " " << bodies[at].path);
        CHECK(taken[at] > each / 1000);
        CHECK(refused[at] > each / 4);
    }
}

}  // namespace rill::test
