// authMethod internal: users of the configuration.
#pragma once

#include "auth/method.hpp"
#include "auth/permission.hpp"
#include "auth/recent.hpp"
#include "auth/secret.hpp"

#include <rill/loop.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

namespace rill::auth {

struct User {
    bool is_any = false;  ///< everybody, without credentials
    Secret name;
    Secret password;
    std::vector<AddressRange> addresses;  ///< empty: any
    std::vector<Permission> permissions;
};

/// Verifies argon2 on a thread of its own, made when first needed, and knows for a minute what it verified.
/// All else is answered at once.
class InternalMethod : public Method {
  public:
    /// How many verifications may wait for the thread; whoever comes then is not decided about.
    static constexpr unsigned waiting_limit = 64;

    InternalMethod(std::vector<User> users, Loop& loop, const Clock& clock);
    /// Waits for the verification under way, if there is one.
    ~InternalMethod() override;

    void decide(const Request& request, Answer answer) override;
    /// Users beside any.
    bool has_users() const override;

  private:
    using Users = std::vector<User>;
    struct Candidate;
    struct Check;

    std::optional<bool> known(const Secret& secret, const std::string& guess) const;
    std::optional<Candidate> candidate(const User& user, const Request& request) const;
    void verify(Check check, Answer answer);

    const std::shared_ptr<const Users> users_;
    const User* const decoy_;  // one whose password is slow, or null
    Loop& loop_;
    Recent<bool> verified_;  // by encoded hash and guess
    unsigned waiting_ = 0;
    const std::shared_ptr<std::atomic<bool>> ended_ = std::make_shared<std::atomic<bool>>(false);
    std::unique_ptr<Loop> worker_;
};

}  // namespace rill::auth
