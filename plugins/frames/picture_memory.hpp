// The memory that the pictures of one path take, wherever they wait.
#pragma once

#include <rill/ref.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>

namespace rill::frames {

/// Pictures are shared, so that counting what each client has waiting would count them many times. Here each
/// counts once, until the last who holds it lets go. Threading: any thread.
class PictureMemory {
  public:
    using Count = std::atomic<std::uint64_t>;
    /// `used`: by this and by other memories with the same count, which share the bound.
    PictureMemory(std::size_t most_bytes, std::shared_ptr<Count> used)
        : most_(most_bytes), used_(std::move(used)) {}

    /// Bytes to be filled.
    class Blank {
      public:
        std::span<std::uint8_t> bytes() { return {data_.get(), size_}; }
        /// They are immutable from here on.
        Ref<GBytes> seal() &&;

      private:
        friend class PictureMemory;
        struct Claim {
            Claim(std::shared_ptr<Count> used, std::size_t size) : used(std::move(used)), size(size) {}
            Claim(const Claim&) = delete;
            Claim& operator=(const Claim&) = delete;
            ~Claim() { used->fetch_sub(size); }
            std::shared_ptr<Count> used;
            std::size_t size;
        };
        std::unique_ptr<std::uint8_t[]> data_;
        std::size_t size_ = 0;
        std::unique_ptr<Claim> claim_;
    };
    /// Nothing, when it would be more than there may be.
    std::optional<Blank> take(std::size_t bytes);

  private:
    const std::size_t most_;
    const std::shared_ptr<Count> used_;
};

}  // namespace rill::frames
