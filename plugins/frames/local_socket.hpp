// A listening socket in the file system (unix(7)).
#pragma once

#include <rill/fd.hpp>
#include <rill/result.hpp>

#include <memory>
#include <string>

namespace rill::frames {

/// For the process's user and group (0660). The file goes with this. Threading: a value that one thread at a
/// time uses.
class LocalSocket {
  public:
    /// Makes the folders above it. A socket that nobody listens to any more is replaced; anything else that
    /// is there stays. Errors: invalid_config (no path for a socket), conflict (in use, or not a socket),
    /// internal.
    static Result<std::unique_ptr<LocalSocket>> listen(const std::string& path);
    LocalSocket(const LocalSocket&) = delete;
    LocalSocket& operator=(const LocalSocket&) = delete;
    ~LocalSocket();

    int get() const { return fd_.get(); }
    /// The next client, non-blocking; none when nobody waits.
    Fd accept();

  private:
    LocalSocket(std::string path, Fd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

    const std::string path_;
    const Fd fd_;
};

}  // namespace rill::frames
