// Who may do what: what routes need, and whom controllers ask.
#pragma once

#include <rill/http.hpp>
#include <rill/result.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace rill {

/// What somebody may do: MediaMTX's actions.
enum class Action { publish = 1, read, playback, api, metrics, pprof };

/// "publish": as configuration, hook and JWT say it.
std::string_view to_string(Action action);
/// Nothing: no such action.
std::optional<Action> parse_action(std::string_view text);
/// Whether the action is about a path. The others are about the whole server.
bool concerns_path(Action action);

/// What a route of a controller needs of who calls it. Preflights (OPTIONS) need nothing.
enum class Needs {
    nothing = 1,   ///< it is open to everybody
    handler_asks,  ///< the handler calls admit() or Access::ask() itself: it depends on the request
    read,          ///< of the path in the route, which must be a path_route() or path_websocket(), as for:
    playback,
    api,
    metrics,
};

/// What requests to a route of a controller count as, of what one address may ask for in a while
/// (httpMaxRequestsPerSecond, httpMaxSessionsPerSecond). Preflights do not count, and a
/// WebSocket is a session.
enum class Counts {
    nothing = 1,  ///< media and pages: there are many of them, and little is done for one
    request,      ///< of an API
    session,      ///< a POST opens a session; all else is a request
};

/// What a route of a controller says of itself.
struct RouteTerms {
    RouteTerms(Needs needed, Counts counted = Counts::nothing) : needs(needed), counts(counted) {}
    Needs needs;
    Counts counts;
};

/// What somebody wants to do.
struct Purpose {
    Action action = Action::read;
    std::string path;      ///< "" for actions that concern none
    std::string protocol;  ///< "hls", "webrtc", …; "" for actions that concern no path
    /// It changes something though the request is a GET, as another API wants it.
    bool changes = false;
};

/// Who was let in.
struct Identity {
    std::string user;  ///< "": nobody in particular
};

/// The one place that every protocol and route asks. Threading: the main thread.
class Access {
  public:
    virtual ~Access() = default;

    /// Errors: unauthorized; too_many when the address is locked out; unavailable when nobody could decide,
    /// which allows nothing.
    using Answer = std::function<void(Result<Identity>)>;
    /// Whether who sent the request may do this. `answer` is called once, before this returns or later; it is
    /// given up when the server ends.
    virtual void ask(const http::Request& request, const Purpose& purpose, Answer answer) = 0;

    /// A browser's session.
    struct Session {
        std::string user;
        std::string cookie;  ///< the value of Set-Cookie
    };
    /// Opens a session for who may do this with this user and password. Errors: as ask().
    virtual void log_in(const http::Request& request, const Purpose& purpose, std::string user,
                        std::string password, std::function<void(Result<Session>)> answer) = 0;
    /// Ends the request's session, if it has one. The value of Set-Cookie that makes the browser forget it.
    virtual std::string log_out(const http::Request& request) = 0;
    /// Whether anybody could log in: the configuration has users, or somebody else decides.
    virtual bool has_users() const = 0;

    /// The user of the request's session. Nothing: it has none.
    virtual std::optional<std::string> session_user(const http::Request& request) = 0;

    /// A token for URLs, "token=…", that opens one path for one action. Error: invalid_config; unauthorized
    /// when the request itself came by such a token, which must not live for ever.
    virtual Result<std::string> sign(const http::Request& request, Action action, std::string_view path,
                                     std::chrono::seconds life) = 0;
    /// Fetches the keys that JWTs are signed with anew.
    virtual void refresh_keys() = 0;
};

/// Hands the exchange on when its client may do this; else answers in its place, with a demand for
/// credentials (RFC 9110 §11.6.1) where they would help. Threading: the main thread.
void admit(Access& access, http::Exchange exchange, const Purpose& purpose,
           std::function<void(http::Exchange)> then);
/// "token=rill1.…", the signed token that has opened a request that was let in, for the URLs that its answer
/// sends the client to: it opens nothing else. "": none has, whatever the URL says.
std::string token_query(const http::Request& request);
/// The answer to a request that was refused with this error of Access.
http::Response refused(const http::Request& request, const Error& error);

}  // namespace rill
