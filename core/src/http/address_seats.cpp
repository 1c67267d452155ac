#include "address_seats.hpp"

namespace rill::http {

AddressSeats::Seat AddressSeats::take(const auth::Address& address, unsigned most) {
    const auto entry = counts_->try_emplace(address.network(), 0).first;
    if (entry->second >= most) return nullptr;
    ++entry->second;
    return {&entry->second, [counts = counts_, entry](const void*) {
                if (--entry->second == 0) counts->erase(entry);
            }};
}

}  // namespace rill::http
