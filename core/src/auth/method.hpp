// How it is decided who may do what: the one interface of internal users, the HTTP hook and JWT.
#pragma once

#include "auth/address.hpp"
#include "auth/credentials.hpp"

#include <rill/access.hpp>

#include <functional>
#include <string>

namespace rill::auth {

/// What somebody wants to do. The texts are of unknown origin.
struct Request {
    Action action = Action::read;
    std::string path;  ///< "" for actions that concern none
    Credentials credentials;
    Address address;         ///< of the client, behind trusted proxies
    std::string protocol;    ///< "hls", "webrtc", "rtsp", …; "" for actions that concern no path
    std::string id;          ///< of the session, or ""
    std::string query;       ///< as sent, without '?'
    std::string user_agent;  ///< or ""
};

struct Verdict {
    enum class Kind {
        allowed = 1,
        missing,    ///< nothing was shown, and something has to be
        wrong,      ///< what was shown is not right: a guess
        forbidden,  ///< what was shown is right, or was, and does not allow this
        undecided,  ///< nobody could find out
    };
    Kind kind = Kind::undecided;
    std::string user;    ///< who it is, where known
    std::string reason;  ///< for the log, without a secret
};

/// Threading: made, used and destroyed on the thread of the loop that it was made with.
class Method {
  public:
    using Answer = std::function<void(Verdict)>;

    Method() = default;
    Method(const Method&) = delete;
    Method& operator=(const Method&) = delete;
    /// Answers that are due are given up.
    virtual ~Method() = default;

    /// `answer` is called once, on the loop's thread, before this returns or later.
    virtual void decide(const Request& request, Answer answer) = 0;
    /// Whether anybody can show who he is: there are users, or somebody else knows them.
    virtual bool has_users() const { return true; }
    /// Fetches what was cached anew.
    virtual void refresh() {}
};

}  // namespace rill::auth
