// A file that somebody may change.
#pragma once

#include <rill/loop.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace rill {

/// Device, inode, size, and the nanoseconds of its last changes; empty when there is no such file.
using FileIdentity = std::optional<std::array<std::uint64_t, 5>>;
FileIdentity identity_of(const std::string& file);

/// Tells when a file has become another one. It looks once a second instead of asking the kernel to be told:
/// the name may be a symbolic link whose target changes (container systems do that), the file may be replaced
/// by a rename (editors do that), or lie on a network. What is still being written is left alone until it is
/// the same in two looks; a file that is gone is waited for.
///
/// Threading: the loop's thread.
class WatchedFile {
  public:
    /// `known`: what the file was before it was read.
    WatchedFile(std::string file, FileIdentity known, Loop& loop, std::function<void()> changed);

  private:
    void look();

    const std::string file_;
    const std::function<void()> changed_;
    FileIdentity told_;  ///< what was there when a change was told last
    FileIdentity seen_;  ///< in the look before
    Timer timer_;
};

}  // namespace rill
