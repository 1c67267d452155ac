// Requests in the words of another API, and answers in them.
#pragma once

#include <rill/http.hpp>
#include <rill/hub.hpp>
#include <rill/json.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace rill::dialects {

/// What is asked of the server's own APIs. The headers are the client's.
struct Wanted {
    std::string method = "GET";
    std::string path;
    std::map<std::string, std::string> query = {};
    std::string body = {};  ///< JSON
};

/// Runs once, on the thread that answers.
using Answered = std::function<void(http::Response)>;
/// Asks on behalf of `outer`, one at a time.
void ask(ControllerHost& host, const std::shared_ptr<http::Exchange>& outer, Wanted wanted,
         Answered answered);
/// Asks, and answers with what is made of the answer. Any thread.
void forward(ControllerHost& host, http::Exchange exchange, Wanted wanted,
             std::function<http::Response(http::Response)> reshape);

/// The request as if `wanted` had been sent.
http::Request request_for(const http::Request& client, Wanted wanted);

/// The whole body, unless it is made while it is sent: "".
std::string body_of(const http::Response& response);
/// The same answer with another JSON body, when it was a success with one.
http::Response reshape_json(http::Response response, const std::function<Json(const Json&)>& reshape);

/// Of what is said of this moment.
http::Response answer(int status, const Json& body);
http::Response answer_ok(std::string_view status = "ok");

}  // namespace rill::dialects
