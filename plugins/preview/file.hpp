// A file that is read at places.
#pragma once

#include <rill/ref.hpp>
#include <rill/result.hpp>

#include <cstdint>
#include <filesystem>
#include <span>

namespace rill::preview {

/// Threading: a value that one thread at a time uses. Reading waits for the disk.
class File {
  public:
    File() = default;
    /// Errors: not_found when it is gone, unavailable; naming the file and the reason.
    static Result<File> open(const std::filesystem::path& name);
    File(File&& other) noexcept;
    File& operator=(File&& other) noexcept;
    ~File();

    /// Fills `bytes`. Errors: unavailable when the disk fails, internal when the file ends before.
    Result<> read(std::uint64_t offset, std::span<std::uint8_t> bytes) const;
    /// The same into memory of its own.
    Result<Ref<GBytes>> read(std::uint64_t offset, std::size_t count) const;

  private:
    explicit File(int descriptor) : descriptor_(descriptor) {}
    int descriptor_ = -1;
};

}  // namespace rill::preview
