// A body of any size whose every byte says where it belongs.
#pragma once

#include <rill/http_body.hpp>

#include <algorithm>
#include <atomic>
#include <deque>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace rill::http::test {

/// `count` bytes of the pattern from `offset` on.
std::string pattern(std::uint64_t offset, std::size_t count);

/// What a test says to a source, before it is given away, and sees of it. Threading: the atomics, any.
struct SourceControl {
    static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

    std::uint64_t size = 0;
    bool says_size = true;
    std::uint64_t fails_at = never;  ///< the read that would reach this offset fails
    std::uint64_t parks_at = never;  ///< reads from this offset on wait for resume()
    bool on_a_thread = false;        ///< answers from another thread than read()'s

    std::atomic<int> alive = 0;
    std::atomic<int> reads = 0;
    std::atomic<bool> overlapped = false;  ///< a read came while another was under way
    std::atomic<std::uint64_t> produced = 0;
    std::atomic<std::size_t> held = 0;  ///< bytes that were produced and are not freed
    std::atomic<std::size_t> most_held = 0;
    std::atomic<std::thread::id> destroyed_on;

    /// Answers the parked read, if there is one, and parks no more.
    void resume();
    /// Drops the parked read.
    void drop();
    bool is_parked();

    std::mutex mutex;
    std::function<void()> parked;  // locked: mutex
};

class PatternSource final : public BodySource {
  public:
    explicit PatternSource(std::shared_ptr<SourceControl> control);
    ~PatternSource() override;
    std::optional<std::uint64_t> size() const override;
    void read(std::uint64_t offset, std::size_t at_most, Done done) override;

  private:
    const std::shared_ptr<SourceControl> control_;
    std::atomic<bool> reading_ = false;
    std::thread thread_;
};

}  // namespace rill::http::test
