// Requests that wait for something to exist: blocking playlist reloads and hinted parts.
#pragma once

#include <rill/media/access_unit.hpp>
#include <rill/result.hpp>

#include <functional>
#include <list>

namespace rill::hls {

/// Threading: none of its own. The callbacks must not hold or settle other requests.
class HeldRequests {
  public:
    explicit HeldRequests(std::size_t limit) : limit_(limit) {}

    struct Request {
        std::function<bool()> ready;
        std::function<void()> answer;              ///< once, when ready
        std::function<void(const Error&)> refuse;  ///< once, instead: too late, too many, or all ends
        Nanoseconds deadline{0};
    };
    /// Answers at once what is ready, and refuses when too many wait already.
    void hold(Request request);
    /// Answers all that became ready.
    void settle();
    /// Refuses what waited until its deadline.
    void expire(Nanoseconds now);
    void refuse_all(const Error& error);
    std::size_t count() const { return held_.size(); }

  private:
    const std::size_t limit_;
    std::list<Request> held_;
};

}  // namespace rill::hls
