#include "auth/internal_method.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace rill::auth {
namespace {

constexpr std::size_t verified_limit = 1024;
constexpr std::chrono::seconds verified_life{60};

std::string key_of(const Secret& secret, const std::string& guess) {
    return secret.encoded() + '\n' + guess;
}

const User* slow_user(const std::vector<User>& users) {
    const auto found = std::ranges::find_if(users, [](const User& user) { return user.password.is_slow(); });
    return found == users.end() ? nullptr : &*found;
}

bool is_permitted(const User& user, const Request& request) {
    const auto holds = [&](const AddressRange& range) { return range.contains(request.address); };
    return (user.addresses.empty() || std::ranges::any_of(user.addresses, holds)) &&
           allow(user.permissions, request.action, request.path);
}

Verdict right(const std::string& user, bool permitted) {
    if (permitted) return {.kind = Verdict::Kind::allowed, .user = user, .reason = {}};
    return {.kind = Verdict::Kind::forbidden, .user = user, .reason = "the user may not do this from here"};
}

Verdict wrong() {
    return {.kind = Verdict::Kind::wrong, .user = {}, .reason = "wrong user or password"};
}

}  // namespace

/// A user that the request may come from.
struct InternalMethod::Candidate {
    const User* user = nullptr;
    bool permitted = false;
    bool certain = false;  // nothing slow is left to verify
};

/// What the thread verifies. Candidates point into `users`.
struct InternalMethod::Check {
    std::shared_ptr<const Users> users;
    std::vector<Candidate> candidates;
    const User* decoy = nullptr;
    std::string user, password;

    struct Found {
        Verdict verdict = wrong();
        std::vector<std::string> verified;  // keys
    };
    Found run() const;

  private:
    static bool matches(const Secret& secret, const std::string& guess, Found& found);
};

bool InternalMethod::Check::matches(const Secret& secret, const std::string& guess, Found& found) {
    const bool is_right = secret.matches(guess);
    if (is_right && secret.is_slow()) found.verified.push_back(key_of(secret, guess));
    return is_right;
}

InternalMethod::Check::Found InternalMethod::Check::run() const {
    Found found;
    for (const Candidate& candidate : candidates) {
        if (!matches(candidate.user->name, user, found)) continue;
        if (!matches(candidate.user->password, password, found)) continue;
        found.verdict = right(user, candidate.permitted);
        return found;
    }
    // Whether a user exists is not to be seen by the time that the answer takes.
    if (decoy != nullptr) static_cast<void>(decoy->password.matches(password));
    return found;
}

InternalMethod::InternalMethod(std::vector<User> users, Loop& loop, const Clock& clock)
    : users_(std::make_shared<const Users>(std::move(users))),
      decoy_(slow_user(*users_)),
      loop_(loop),
      verified_(clock, verified_limit, verified_life) {}

InternalMethod::~InternalMethod() {
    *ended_ = true;
}

/// Whether the guess is right, if that can be told at once.
std::optional<bool> InternalMethod::known(const Secret& secret, const std::string& guess) const {
    if (!secret.is_slow()) return secret.matches(guess);
    if (verified_.find(key_of(secret, guess)) != nullptr) return true;
    return {};
}

/// Nothing: the request is certainly not from this user.
std::optional<InternalMethod::Candidate> InternalMethod::candidate(const User& user,
                                                                   const Request& request) const {
    const auto name = known(user.name, request.credentials.user);
    if (name == false) return {};
    const auto password = known(user.password, request.credentials.password);
    if (password == false) return {};
    return Candidate{.user = &user, .permitted = is_permitted(user, request), .certain = name && password};
}

bool InternalMethod::has_users() const {
    return !std::ranges::all_of(*users_, &User::is_any);
}

void InternalMethod::decide(const Request& request, Answer answer) {
    const auto open = [&](const User& user) { return user.is_any && is_permitted(user, request); };
    if (std::ranges::any_of(*users_, open)) return answer(right("", true));
    if (request.credentials.empty())
        return answer({.kind = Verdict::Kind::missing, .user = {}, .reason = "no credentials"});

    std::vector<Candidate> candidates;
    for (const User& user : *users_) {
        if (user.is_any) continue;
        if (const auto found = candidate(user, request)) candidates.push_back(*found);
    }
    // Whoever is permitted comes first: of two users with the same credentials one suffices.
    std::stable_partition(candidates.begin(), candidates.end(),
                          [](const Candidate& candidate) { return candidate.permitted; });
    const bool is_certain = candidates.empty() ? decoy_ == nullptr : candidates.front().certain;
    if (is_certain) {
        return answer(candidates.empty() ? wrong()
                                         : right(request.credentials.user, candidates.front().permitted));
    }
    verify({.users = users_,
            .candidates = candidates,
            .decoy = candidates.empty() ? decoy_ : nullptr,
            .user = request.credentials.user,
            .password = request.credentials.password},
           std::move(answer));
}

void InternalMethod::verify(Check check, Answer answer) {
    if (waiting_ >= waiting_limit) {
        return answer({.kind = Verdict::Kind::undecided,
                       .user = {},
                       .reason = fmt::format("{} others are being verified", waiting_)});
    }
    ++waiting_;
    if (!worker_) worker_ = std::make_unique<Loop>("rill-auth");
    worker_->post([this, ended = ended_, loop = &loop_, check = std::move(check),
                   answer = std::move(answer)]() mutable {
        if (*ended) return;
        auto found = check.run();
        loop->post([this, ended = std::move(ended), found = std::move(found), answer = std::move(answer)] {
            if (*ended) return;
            --waiting_;
            for (const std::string& key : found.verified)
                verified_.put(key, true);
            answer(found.verdict);
        });
    });
}

}  // namespace rill::auth
