// What the links of one sink of one path have carried, and how long that took.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace rill {

/// Counts values by size, for Prometheus' histograms. Threading: any thread; nobody waits for anybody.
template <std::size_t N>
class Histogram {
  public:
    /// `bounds` rise; the last bucket has what is above all of them.
    explicit Histogram(const std::array<std::uint64_t, N>& bounds) : bounds_(bounds) {}

    void add(std::uint64_t value) {
        std::size_t at = 0;
        while (at < N && value > bounds_[at])
            ++at;
        counts_[at].fetch_add(1, std::memory_order_relaxed);
        sum_.fetch_add(value, std::memory_order_relaxed);
    }

    struct Counts {
        std::array<std::uint64_t, N + 1> counts{};  ///< of each bucket alone
        std::uint64_t sum = 0;                      ///< of all values

        Counts& operator+=(const Counts& other) {
            for (std::size_t at = 0; at <= N; ++at)
                counts[at] += other.counts[at];
            sum += other.sum;
            return *this;
        }
    };
    Counts read() const {
        Counts out;
        for (std::size_t at = 0; at <= N; ++at)
            out.counts[at] = counts_[at].load(std::memory_order_relaxed);
        out.sum = sum_.load(std::memory_order_relaxed);
        return out;
    }

  private:
    const std::array<std::uint64_t, N>& bounds_;
    std::array<std::atomic<std::uint64_t>, N + 1> counts_{};
    std::atomic<std::uint64_t> sum_{0};
};

/// Threading: any thread.
class LinkMeter {
  public:
    /// Microseconds from a unit's arrival at the hub to the moment when the sink took it.
    static constexpr std::array<std::uint64_t, 11> wait_bounds_us{
        100, 500, 1'000, 5'000, 10'000, 25'000, 50'000, 100'000, 250'000, 1'000'000, 5'000'000};
    /// Units that were lost at once, by a link that overflowed, up to the next keyframe.
    static constexpr std::array<std::uint64_t, 6> loss_bounds{1, 10, 50, 100, 500, 1'000};

    Histogram<wait_bounds_us.size()> waits{wait_bounds_us};
    Histogram<loss_bounds.size()> losses{loss_bounds};
    std::atomic<std::size_t> links{0};  ///< at this moment
    std::atomic<std::uint64_t> units{0};
};

}  // namespace rill
