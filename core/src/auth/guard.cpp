#include "auth/guard.hpp"

#include <algorithm>

namespace rill::auth {

std::chrono::seconds Guard::locked_for(const Address& address) const {
    const Record* const record = records_.find(address);
    if (record == nullptr) return {};
    const auto left = record->locked_until - clock_.now();
    return std::max(std::chrono::ceil<std::chrono::seconds>(left), std::chrono::seconds(0));
}

Guard::Penalty Guard::wrong_guess(const Address& address) {
    Record& record = records_.touch(address);
    const auto now = clock_.now();
    if (now - record.last >= limits_.memory) record.guesses = 0;
    record.last = now;
    ++record.guesses;
    Penalty penalty{.delay = limits_.longest_delay};
    if (record.guesses < 16)
        penalty.delay = std::min(limits_.first_delay * (1U << (record.guesses - 1)), limits_.longest_delay);
    if (record.guesses < limits_.guesses) return penalty;
    penalty.locked = record.locked_until <= now;
    record.locked_until = now + limits_.lock;
    record.guesses = 0;
    return penalty;
}

}  // namespace rill::auth
