// Requests to the services that authentication asks: the HTTP hook, the server of a JWKS.
#pragma once

#include <rill/loop.hpp>
#include <rill/ref.hpp>
#include <rill/result.hpp>

#include <libsoup/soup.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <set>
#include <string>

namespace rill::auth {

/// A client over http, https and file whose requests end: by size, by time, and by number. It follows no
/// redirect, which could lead credentials elsewhere, and trusts the certificates that the system trusts.
///
/// Threading: made, used and destroyed on the loop's thread; callbacks run there, never before the call
/// returns.
class Fetch {
  public:
    static constexpr std::size_t largest_body = 1u << 20;
    static constexpr std::size_t most_at_once = 64;

    struct Reply {
        unsigned status = 0;  ///< of HTTP; 200 for files
        std::string body;
    };
    /// Errors: unavailable or timeout, with the reason.
    using Done = std::function<void(Result<Reply>)>;

    /// `time_limit` is for the whole of one request.
    Fetch(Loop& loop, std::chrono::milliseconds time_limit);
    Fetch(const Fetch&) = delete;
    Fetch& operator=(const Fetch&) = delete;
    /// Gives up what is under way.
    ~Fetch();

    void get(const std::string& url, Done done);
    void post_json(const std::string& url, const std::string& body, Done done);

  private:
    class Call;

    std::shared_ptr<Call> begin(Done done);
    void send(const char* method, const std::string& url, const std::string* json, Done done);

    Loop& loop_;
    const std::chrono::milliseconds time_limit_;
    const Ref<SoupSession> session_;
    std::set<std::shared_ptr<Call>> calls_;
};

}  // namespace rill::auth
