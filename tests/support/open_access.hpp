// For controllers that stand alone: everybody may do everything, unless the test says otherwise.
#pragma once

#include <rill/access.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rill::test {

/// Threading: the test's thread.
class OpenAccess final : public Access {
  public:
    std::optional<Error> refusal;     ///< what everybody is told
    std::vector<Purpose> purposes;    ///< that were asked about
    std::vector<std::string> tokens;  ///< "read cam1 600": that were signed

    void ask(const http::Request&, const Purpose& purpose, Answer answer) override {
        purposes.push_back(purpose);
        if (refusal) return answer(*refusal);
        answer(Identity{});
    }
    void log_in(const http::Request&, const Purpose& purpose, std::string user, std::string,
                std::function<void(Result<Session>)> answer) override {
        purposes.push_back(purpose);
        if (refusal) return answer(*refusal);
        answer(Session{std::move(user), "rill_session=1"});
    }
    std::string log_out(const http::Request&) override { return "rill_session="; }
    bool has_users() const override { return true; }
    std::optional<std::string> session_user(const http::Request&) override { return {}; }
    Result<std::string> sign(const http::Request&, Action action, std::string_view path,
                             std::chrono::seconds life) override {
        if (life > std::chrono::hours(24)) return Error{Code::invalid_config, "a token lives a day at most"};
        tokens.push_back(std::string(to_string(action)) + " " + std::string(path) + " " +
                         std::to_string(life.count()));
        return std::string("rill1.a.b");
    }
    void refresh_keys() override { ++refreshed; }
    unsigned refreshed = 0;
};

}  // namespace rill::test
