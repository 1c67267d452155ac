// Access for the daemon: the authenticator of the configuration that is in force, and what outlives it.
#pragma once

#include "auth/authenticator.hpp"
#include "auth/login_sessions.hpp"

#include <rill/access.hpp>

#include <list>
#include <memory>

namespace rill::auth {

/// Until put(), everything is refused. Threading: the loop's thread.
class AccessControl final : public Access {
  public:
    explicit AccessControl(Loop& loop);
    AccessControl(const AccessControl&) = delete;
    AccessControl& operator=(const AccessControl&) = delete;
    ~AccessControl() override;

    /// Of another configuration, not yet in force. Error: invalid_config, naming the key.
    Result<std::unique_ptr<Authenticator>> make(const Options& options);
    /// Decides from now on. What was asked before is still answered by the one before.
    void put(std::unique_ptr<Authenticator> authenticator);

    void ask(const http::Request& request, const Purpose& purpose, Answer answer) override;
    void log_in(const http::Request& request, const Purpose& purpose, std::string user, std::string password,
                std::function<void(Result<Session>)> answer) override;
    std::string log_out(const http::Request& request) override;
    bool has_users() const override;
    std::optional<std::string> session_user(const http::Request& request) override;
    Result<std::string> sign(const http::Request& request, Action action, std::string_view path,
                             std::chrono::seconds life) override;
    void refresh_keys() override;

  private:
    /// An authenticator and how many answers it owes.
    struct Era {
        std::unique_ptr<Authenticator> authenticator;
        std::size_t owed = 0;
    };

    Result<Credentials> credentials_of(const http::Request& request, bool changes = false);
    void decide(const Request& request, Answer answer);
    void drop_past();

    Loop& loop_;
    Guard guard_{system_clock()};
    const TokenSigner tokens_;
    LoginSessions sessions_{system_clock()};
    std::list<Era> eras_;  // the first is in force
    Timer dropping_;
};

}  // namespace rill::auth
