#include "auth/access_control.hpp"

#include "auth/settings.hpp"

#include <utility>

namespace rill::auth {
namespace {

/// For an answer of the HTTP hook, or of who has the keys of JWTs.
constexpr std::chrono::seconds time_limit{10};

Request request_of(const http::Request& request, const Purpose& purpose, Credentials credentials) {
    return {.action = purpose.action,
            .path = purpose.path,
            .credentials = std::move(credentials),
            .address = Address::parse_with_port(request.remote).value_or(Address()),
            .protocol = purpose.protocol,
            .id = {},
            .query = request.raw_query,
            .user_agent = std::string(request.header("user-agent"))};
}

bool steers(const http::Request& request, const Purpose& purpose) {
    const bool changes = purpose.changes || (request.method != "GET" && request.method != "OPTIONS");
    return !concerns_path(purpose.action) && changes;
}

/// A browser adds the password that its user once gave to a demand for Basic to all that goes here, also to
/// what a page of elsewhere sends.
bool is_password_from_elsewhere(const http::Request& request) {
    const std::string_view origin = request.header("origin");
    const std::string scheme(request.header("authorization").substr(0, 6));
    return !origin.empty() && authority_of(origin) != request.header("host") &&
           g_ascii_strcasecmp(scheme.c_str(), "basic ") == 0;
}

/// Forms send no JSON; for that, a page has to ask first (CORS).
bool is_form_of_elsewhere(const http::Request& request, const Purpose& purpose) {
    return steers(request, purpose) && request.content_type() != "application/json" &&
           is_password_from_elsewhere(request);
}

/// A page need not ask for a WebSocket, and reads what comes.
bool is_socket_of_elsewhere(const http::Request& request) {
    return request.asks_for_websocket() && is_password_from_elsewhere(request);
}

/// Whether the page that sent it may be anybody's, whom a browser on this machine has open: it must not steer
/// the server just because the browser may. A name could be made to lead here by whoever has it ("DNS
/// rebinding"), so that only addresses and "localhost" are surely this host.
bool is_steered_from_elsewhere(const http::Request& request, const Purpose& purpose) {
    const std::string_view origin = request.header("origin");
    if (!steers(request, purpose) || origin.empty()) return false;
    const std::string_view host = request.header("host");
    const std::string_view name = host.substr(0, host.starts_with('[') ? host.find(']') + 1 : host.find(':'));
    const bool is_this_host = name == "localhost" || name.starts_with('[') || Address::parse(name);
    return !is_this_host || authority_of(origin) != host;
}

}  // namespace

AccessControl::AccessControl(Loop& loop) : loop_(loop) {}

AccessControl::~AccessControl() = default;

Result<std::unique_ptr<Authenticator>> AccessControl::make(const Options& options) {
    return Authenticator::create(
        options, {.loop = loop_, .guard = guard_, .tokens = tokens_, .time_limit = time_limit});
}

void AccessControl::put(std::unique_ptr<Authenticator> authenticator) {
    eras_.push_front({std::move(authenticator)});
    drop_past();
}

void AccessControl::drop_past() {
    const Era* const in_force = &eras_.front();
    eras_.remove_if([in_force](const Era& era) { return &era != in_force && era.owed == 0; });
}

void AccessControl::decide(const Request& request, Answer answer) {
    if (eras_.empty()) return answer(Error{Code::unavailable, "the server has not begun yet"});
    const auto era = eras_.begin();
    ++era->owed;
    era->authenticator->authenticate(request, [this, era, answer = std::move(answer)](auto identity) {
        --era->owed;
        // Not here: it is at work.
        if (era != eras_.begin() && era->owed == 0)
            dropping_ = loop_.after(std::chrono::milliseconds(0), [this] { drop_past(); });
        answer(std::move(identity));
    });
}

/// What the request shows itself counts before what the server keeps for its browser.
Result<Credentials> AccessControl::credentials_of(const http::Request& request, bool changes) {
    auto shown = auth::credentials_of(request);
    if (!shown || !shown->empty()) return shown;
    const Credentials* const kept = sessions_.find(request, changes);
    return kept == nullptr ? Credentials() : *kept;
}

void AccessControl::ask(const http::Request& request, const Purpose& purpose, Answer answer) {
    loop_.assert_owner();
    auto credentials = credentials_of(request, purpose.changes);
    if (!credentials) return answer(credentials.error());
    if (credentials->empty() && is_steered_from_elsewhere(request, purpose))
        return answer(Error{Code::unauthorized,
                            "a page of another host may not change anything here without a user of its own"});
    if (is_socket_of_elsewhere(request))
        return answer(Error{Code::unauthorized,
                            "a page of another host may not use a password that the browser remembers for a "
                            "WebSocket; use a token in the URL"});
    if (is_form_of_elsewhere(request, purpose))
        return answer(Error{Code::unauthorized,
                            "a form of another host may not change anything here; send JSON, with its "
                            "Content-Type, or a token as Bearer"});
    decide(request_of(request, purpose, std::move(*credentials)), std::move(answer));
}

void AccessControl::log_in(const http::Request& request, const Purpose& purpose, std::string user,
                           std::string password, std::function<void(Result<Session>)> answer) {
    loop_.assert_owner();
    const Credentials credentials{.user = std::move(user), .password = std::move(password), .token = {}};
    decide(
        request_of(request, purpose, credentials),
        [this, credentials, secure = request.secure, answer = std::move(answer)](Result<Identity> identity) {
            if (!identity) return answer(identity.error());
            // Nobody looked at the password.
            if (identity->user.empty() && !credentials.user.empty())
                return answer(Error{Code::conflict, "nobody needs to log in for this"});
            const std::string value = sessions_.open(credentials);
            answer(Session{credentials.user, LoginSessions::set_cookie(value, secure)});
        });
}

std::string AccessControl::log_out(const http::Request& request) {
    sessions_.close(request);
    return LoginSessions::set_cookie("", request.secure);
}

bool AccessControl::has_users() const {
    return !eras_.empty() && eras_.front().authenticator->has_users();
}

std::optional<std::string> AccessControl::session_user(const http::Request& request) {
    const Credentials* const kept = sessions_.find(request);
    if (kept == nullptr) return {};
    return kept->user;
}

Result<std::string> AccessControl::sign(const http::Request& request, Action action, std::string_view path,
                                        std::chrono::seconds life) {
    const auto shown = credentials_of(request);
    if (shown && is_signed_token(shown->token))
        return Error{Code::unauthorized, "a token cannot make another one"};
    return tokens_.sign(action, path, life, utc_now_us() / 1'000'000);
}

void AccessControl::refresh_keys() {
    if (!eras_.empty()) eras_.front().authenticator->refresh_keys();
}

}  // namespace rill::auth
