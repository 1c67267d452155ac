// How many connections an address has.
#pragma once

#include "auth/address.hpp"

#include <map>
#include <memory>

namespace rill::http {

/// Threading: the server's.
class AddressSeats {
  public:
    /// As long as it lives, the seat is taken. May outlive the object that gave it.
    using Seat = std::shared_ptr<const void>;

    /// Null: `most` are taken. What counts as one is Address::network().
    Seat take(const auth::Address& address, unsigned most);

  private:
    using Counts = std::map<auth::Address, unsigned>;
    const std::shared_ptr<Counts> counts_ = std::make_shared<Counts>();
};

}  // namespace rill::http
