// How many of something there may be at once in this process.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

namespace rill {

/// Threading: any thread.
class Permits : public std::enable_shared_from_this<Permits> {
  public:
    explicit Permits(std::size_t most) : most_(most) {}

    /// One of them, for as long as it lives.
    using Permit = std::shared_ptr<void>;
    /// Null when all are taken.
    Permit take() {
        std::size_t taken = taken_;
        do {
            if (taken >= most_) return nullptr;
        } while (!taken_.compare_exchange_weak(taken, taken + 1));
        return {this, [self = shared_from_this()](void*) { --self->taken_; }};
    }
    std::size_t most() const { return most_; }
    /// What has been taken beyond it stays until it is given back.
    void set_most(std::size_t most) { most_ = most; }

  private:
    std::atomic<std::size_t> most_;
    std::atomic<std::size_t> taken_{0};
};

}  // namespace rill
