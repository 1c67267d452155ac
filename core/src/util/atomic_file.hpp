// Files that are replaced whole: whoever reads one, also after a power cut, finds the old or the new one.
#pragma once

#include <rill/fd.hpp>
#include <rill/result.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace rill {

/// A new content that lies beside the file, on the disk, until it takes its place. One that never does is
/// removed. Errors: unavailable, with the file and the system's reason.
///
/// Threading: one thread at a time; every call waits for the disk.
class AtomicFile {
  public:
    /// Only the process's user can read the file (mode 0600). One writer a file: it lies at `path`.new.
    static Result<AtomicFile> write(std::string path, std::string_view content);
    AtomicFile(AtomicFile&& other) noexcept : path_(std::exchange(other.path_, {})) {}
    AtomicFile& operator=(AtomicFile&&) = delete;
    ~AtomicFile();

    Result<> put_in_place();

  private:
    explicit AtomicFile(std::string path) : path_(std::move(path)) {}
    std::string beside() const { return path_ + ".new"; }

    std::string path_;  ///< empty: in place, or moved on
};

}  // namespace rill
