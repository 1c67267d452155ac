// Requests that one handler has another answer.
#pragma once

#include <rill/http.hpp>

#include <functional>
#include <memory>

namespace rill::http {

/// What is done with the answer to an inner request: one of these runs once, on the thread that answers.
struct InnerAnswers {
    std::function<void(Response)> response;
    /// It is a WebSocket, for this handler (Exchange::upgrade()). Empty: that is an error, for `response`.
    std::function<void(WebSocketHandler)> upgrade = {};
};

/// A request that is made on behalf of `outer`, for ControllerHost::dispatch(). Its answer goes to `answers`,
/// which answer `outer`, or make the next one; it is abandoned when the client of `outer` goes. Which pages
/// may read it is said by whoever has `outer`: the answer comes without its Access-Control headers.
///
/// Threading: one inner request of `outer` at a time; else as Exchange.
Exchange inner_exchange(std::shared_ptr<Exchange> outer, Request request, InnerAnswers answers);

}  // namespace rill::http
