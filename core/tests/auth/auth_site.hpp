// An authenticator with everything around it, on the main context, and an HTTP server for what it asks.
#pragma once

#include "auth/authenticator.hpp"
#include "fake_clock.hpp"

#include <rill/http.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rill::auth::test {

/// Takes the main context for its thread while it lives.
class AuthSite {
  public:
    explicit AuthSite(std::chrono::milliseconds time_limit = std::chrono::seconds(30));
    AuthSite(const AuthSite&) = delete;
    ~AuthSite();

    struct Setting {
        std::string_view key;
        std::string text;  ///< as parse_option() takes it: records are JSON
    };
    /// Makes the authenticator anew. "" or the message of the error.
    std::string configure(const std::vector<Setting>& settings);
    Authenticator& authenticator() { return *authenticator_; }
    void destroy_authenticator() { authenticator_.reset(); }

    /// "allowed" with "|user" where it is known, or the error's code.
    std::string ask(const Request& request);
    /// Of `count` equal requests at once: the outcomes, in the order of the answers.
    std::vector<std::string> ask_at_once(const Request& request, unsigned count);

    http::Server& server() { return server_; }
    std::string url(std::string_view path) const;
    /// Answers every request with the status and text, and counts.
    void answer_with(int status, std::string text);
    void answer_by(http::Handler handler) { server_.on_request(std::move(handler)); }

    FakeClock clock;
    std::int64_t utc = 1'800'000'000;
    unsigned requests = 0;
    Guard guard;
    TokenSigner tokens;

  private:
    Loop loop_;
    const std::chrono::milliseconds time_limit_;
    http::Server server_;
    std::unique_ptr<Authenticator> authenticator_;
};

Request read_request(std::string_view path, Credentials credentials = {},
                     std::string_view address = "192.0.2.7");
Credentials user(std::string name, std::string password);
Credentials token(std::string text);

}  // namespace rill::auth::test
