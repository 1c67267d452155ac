#include "auth/login_sessions.hpp"

#include "auth/base64.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rill::auth {
namespace {

constexpr std::string_view cookie_name = "rill_session";

/// RFC 6265 §5.4: "name=value; name=value".
std::string_view cookie_of(std::string_view header) {
    while (!header.empty()) {
        std::string_view pair = header.substr(0, header.find(';'));
        header.remove_prefix(std::min(header.size(), pair.size() + 1));
        pair.remove_prefix(std::min(pair.size(), pair.find_first_not_of(' ')));
        const std::size_t equals = std::min(pair.find('='), pair.size());
        if (pair.substr(0, equals) == cookie_name && equals < pair.size()) return pair.substr(equals + 1);
    }
    return {};
}

/// Whether a page of another origin sent it, in order to change something. Browsers say the origin then
/// (Fetch §3.2).
bool is_foreign_change(const http::Request& request, bool in_any_method) {
    const std::string_view origin = request.header("origin");
    const bool changes = in_any_method || (request.method != "GET" && request.method != "OPTIONS");
    return (changes || request.asks_for_websocket()) && !origin.empty() &&
           authority_of(origin) != request.header("host");
}

}  // namespace

std::string_view authority_of(std::string_view origin) {
    const std::size_t slashes = origin.find("://");
    return slashes == std::string_view::npos ? std::string_view() : origin.substr(slashes + 3);
}

std::string LoginSessions::open(Credentials credentials) {
    drop_ended();
    if (sessions_.size() >= limit) sessions_.pop_back();
    std::string value = encode_base64url(random_key());
    const auto now = clock_.now();
    sessions_.push_front({sha256(value), std::move(credentials), now, now});
    return value;
}

const Credentials* LoginSessions::find(const http::Request& request, bool changes) {
    if (sessions_.empty() || is_foreign_change(request, changes)) return nullptr;
    const auto found = locate(request);
    if (found == sessions_.end()) return nullptr;
    found->used = clock_.now();
    sessions_.splice(sessions_.begin(), sessions_, found);
    return &found->credentials;
}

void LoginSessions::close(const http::Request& request) {
    const auto found = locate(request);
    if (found != sessions_.end()) sessions_.erase(found);
}

std::string LoginSessions::set_cookie(std::string_view value, bool secure) {
    return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict{}{}", cookie_name, value,
                       secure ? "; Secure" : "", value.empty() ? "; Max-Age=0" : "");
}

LoginSessions::Sessions::iterator LoginSessions::locate(const http::Request& request) {
    const std::string_view value = cookie_of(request.header("cookie"));
    if (value.empty()) return sessions_.end();
    drop_ended();
    return std::ranges::find(sessions_, sha256(value), &Session::key);
}

void LoginSessions::drop_ended() {
    const auto now = clock_.now();
    sessions_.remove_if([now](const Session& session) {
        return now - session.used >= unused || now - session.opened >= longest;
    });
}

}  // namespace rill::auth
