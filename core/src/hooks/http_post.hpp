// One POST of a client.
#pragma once

#include <rill/loop.hpp>
#include <rill/result.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using SoupSession = struct _SoupSession;  // NOLINT(bugprone-reserved-identifier): libsoup's

namespace rill::hooks {

struct PostRequest {
    std::string url;  ///< http or https, without credentials
    std::string content_type;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    std::chrono::milliseconds timeout;  ///< for connecting, sending and the head of the answer, together
};

/// Sends a request and looks at the status of the answer only. Follows no redirect: that would send the body
/// to where nobody configured it to go.
///
/// Threading: the thread of the loop, on which the session was made too.
class HttpPost {
  public:
    /// `done` runs once, with the status, or unavailable (no connection), timeout; not before the constructor
    /// returns.
    HttpPost(Loop& loop, SoupSession* session, const PostRequest& request,
             std::function<void(Result<int>)> done);
    HttpPost(const HttpPost&) = delete;
    HttpPost& operator=(const HttpPost&) = delete;
    /// Gives it up; `done` does not run any more.
    ~HttpPost();

  private:
    struct State;
    const std::shared_ptr<State> state_;
};

}  // namespace rill::hooks
