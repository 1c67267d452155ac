// What went into a decoder, so that what comes out of it can be told apart.
#pragma once

#include <rill/link.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

namespace rill::frames {

/// A decoder hands on the time of presentation and nothing else. By it, a picture's capture time is found
/// again; units that came before a picture and did not come out with it never will.
///
/// A decoder that begins with the GOP cache catches up first: until all that was cached has gone in, pictures
/// are of the past.
///
/// Threading: any thread.
class Arrivals {
  public:
    /// `give_up` is the running time at which catching up ends in any case.
    explicit Arrivals(Nanoseconds give_up) : give_up_(give_up) {}

    void entered(const AccessUnit& unit);
    /// The link is empty: what comes next is live.
    void caught_up();

    struct Departure {
        std::optional<std::int64_t> utc_us;  ///< empty: nothing with this time went in
        unsigned lost = 0;                   ///< units before it that will not come out any more
        bool is_live = false;
    };
    /// `now` is running time.
    Departure left(Nanoseconds pts, Nanoseconds now);

    /// More than any decoder holds.
    static constexpr std::size_t most_held = 256;

  private:
    const Nanoseconds give_up_;
    std::mutex mutex_;
    // Locked: mutex_.
    std::map<Nanoseconds, std::int64_t> units_;  // pts, utc_us
    std::optional<Nanoseconds> live_from_;       // empty while it catches up
    Nanoseconds newest_{0};
    unsigned lost_ = 0;
};

/// A link that notes what is taken from it.
std::unique_ptr<Link> noting(std::unique_ptr<Link> link, std::shared_ptr<Arrivals> arrivals);

}  // namespace rill::frames
