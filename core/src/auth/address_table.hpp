// What is remembered of addresses, of which there may be any number.
#pragma once

#include "auth/address.hpp"

#include <cstddef>
#include <list>
#include <map>

namespace rill::auth {

/// A T for each Address::network(). Bounded: the one that was touched longest ago is forgotten first.
/// Threading: one thread.
template <class T>
class AddressTable {
  public:
    explicit AddressTable(std::size_t most) : most_(most) {}

    /// Null: nothing is remembered of it.
    const T* find(const Address& address) const {
        const auto found = by_network_.find(address.network());
        return found == by_network_.end() ? nullptr : &found->second->value;
    }

    /// A new one, where nothing is remembered. The reference holds until the next call.
    T& touch(const Address& address) {
        const Address network = address.network();
        if (const auto found = by_network_.find(network); found != by_network_.end()) {
            entries_.splice(entries_.begin(), entries_, found->second);
            return found->second->value;
        }
        if (entries_.size() >= most_) {
            by_network_.erase(entries_.back().network);
            entries_.pop_back();
        }
        entries_.push_front({network, T{}});
        by_network_.emplace(network, entries_.begin());
        return entries_.front().value;
    }

    std::size_t size() const { return entries_.size(); }

  private:
    struct Entry {
        Address network;
        T value;
    };

    const std::size_t most_;
    std::list<Entry> entries_;  // the latest first
    std::map<Address, typename std::list<Entry>::iterator> by_network_;
};

}  // namespace rill::auth
