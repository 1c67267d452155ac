// Where log lines go.
#pragma once

#include <rill/result.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace rill {

/// A file descriptor that lines are written to, each whole or not at all. Someone who does not read (a
/// stopped terminal, a stuck log collector) loses lines; he does not hold the program up.
///
/// Threading: guarded by its owner.
class LogOutput {
  public:
    static LogOutput standard_output();
    /// Appends to a file, which is made for the owner and group only. Error: unavailable.
    static Result<LogOutput> open(const std::string& file);

    LogOutput(LogOutput&& other) noexcept;
    LogOutput& operator=(LogOutput&& other) noexcept;
    ~LogOutput();

    /// False when the line could not be written. Blocks for 100 ms at most, and only in the first call of a
    /// series that fails.
    bool write(std::string_view line);

  private:
    LogOutput(int fd, bool owned) : fd_(fd), owned_(owned) {}
    bool writable() const;

    int fd_;
    bool owned_;
    bool stalled_ = false;
    bool torn_ = false;  ///< the last line lacks its end
};

}  // namespace rill
