// Where a server listens, and what it speaks there.
#pragma once

#include "auth/address.hpp"

#include <rill/fd.hpp>

#include <memory>
#include <string>
#include <vector>

namespace rill::http {

class TlsCertificate;

struct Endpoint {
    std::string address;                                          ///< see Server::listen()
    std::shared_ptr<const TlsCertificate> certificate = nullptr;  ///< null: plain HTTP
    std::string service = {};                                     ///< see Request::service
    /// Who is believed when saying whom a request comes from.
    std::vector<auth::AddressRange> trusted_proxies = {};

    bool trusts(const auth::Address& address) const;
    /// Whether what is limited by address is not limited for this one: this machine, and trusted proxies.
    bool is_unlimited(const auth::Address& address) const;
    bool operator==(const Endpoint& other) const = default;
};

/// Where a server is going to listen.
struct OpenEndpoint {
    Endpoint endpoint;
    Fd socket;  ///< empty: it listens there already
};

/// What is known of a connection when it is accepted.
struct Arrival {
    std::string remote;  ///< "192.0.2.1:50000"
    std::shared_ptr<const Endpoint> endpoint;
};

}  // namespace rill::http
