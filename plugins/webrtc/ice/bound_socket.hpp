// A socket of one address, or of all of both families.
#pragma once

#include "address.hpp"

#include <rill/fd.hpp>

#include <string>

namespace rill::webrtc::ice {

struct BoundSocket {
    Fd fd;                   ///< none when there was an error
    int family = 0;          ///< AF_INET6, which takes IPv4 as well; AF_INET where the machine has no IPv6
    Address address;         ///< with its port
    std::string error = {};  ///< why not, and what to do
};

/// `type` is SOCK_DGRAM or SOCK_STREAM, with flags. "0.0.0.0" is every address of IPv4, "::" of both.
BoundSocket bind_socket(int type, const Address& address);

}  // namespace rill::webrtc::ice
