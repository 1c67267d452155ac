// authMethod http: another service decides, asked as MediaMTX asks it.
#pragma once

#include "auth/fetch.hpp"
#include "auth/method.hpp"
#include "auth/permission.hpp"

#include <rill/log.hpp>

#include <string>
#include <vector>

namespace rill::auth {

/// Each request is a POST of JSON with user, password, token, ip, action, path, protocol, id, query and
/// userAgent; a status of 2xx allows. A service that is away, slow or broken allows nothing, which is logged.
class HttpMethod : public Method {
  public:
    /// `exclude` is allowed without asking.
    HttpMethod(std::string url, std::vector<Permission> exclude, Loop& loop,
               std::chrono::milliseconds time_limit);
    void decide(const Request& request, Answer answer) override;

  private:
    const std::string url_;
    const std::vector<Permission> exclude_;
    const Log log_{"auth"};
    Fetch fetch_;
};

}  // namespace rill::auth
