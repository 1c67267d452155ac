// The memory that the pictures of one path take, wherever they wait.
#pragma once

#include <rill/ref.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace rill::frames {

/// Pictures are shared, so that counting what each client has waiting would count them many times. Here each
/// counts once, until the last who holds it lets go. Threading: any thread.
class PictureMemory {
  public:
    explicit PictureMemory(std::size_t most_bytes) : most_(most_bytes) {}

    /// Bytes to be filled.
    class Blank {
      public:
        std::span<std::uint8_t> bytes() { return {data_.get(), size_}; }
        /// They are immutable from here on.
        Ref<GBytes> seal() &&;

      private:
        friend class PictureMemory;
        struct Claim {
            Claim(std::shared_ptr<std::atomic<std::size_t>> used, std::size_t size)
                : used(std::move(used)), size(size) {}
            Claim(const Claim&) = delete;
            Claim& operator=(const Claim&) = delete;
            ~Claim() { used->fetch_sub(size); }
            std::shared_ptr<std::atomic<std::size_t>> used;
            std::size_t size;
        };
        std::unique_ptr<std::uint8_t[]> data_;
        std::size_t size_ = 0;
        std::unique_ptr<Claim> claim_;
    };
    /// Nothing, when it would be more than there may be.
    std::optional<Blank> take(std::size_t bytes);
    std::size_t bytes() const { return used_->load(); }

  private:
    const std::size_t most_;
    const std::shared_ptr<std::atomic<std::size_t>> used_ = std::make_shared<std::atomic<std::size_t>>(0);
};

}  // namespace rill::frames
