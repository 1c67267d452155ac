// What a command prints, as lines of the log.
#pragma once

#include <rill/clock.hpp>
#include <rill/log.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace rill::hooks {

/// Bounds how much a command may log: its standard output and standard error together.
///
/// Threading: one thread at a time.
class OutputLog {
  public:
    static constexpr unsigned lines = 100;  ///< in each interval
    static constexpr std::chrono::seconds interval{10};

    OutputLog(Log log, const Clock& clock) : log_(std::move(log)), clock_(clock) {}

    /// Logs the line, or counts it as left out.
    void line(std::string_view text);
    /// Says how many were left out since it was said last.
    void end();

  private:
    const Log log_;
    const Clock& clock_;
    std::chrono::nanoseconds interval_end_{0};
    unsigned logged_ = 0;
    std::uint64_t left_out_ = 0;
};

/// Cuts one stream of bytes into lines. CR ends a line too: programs write it to draw their progress anew.
///
/// Threading: as OutputLog.
class LineCutter {
  public:
    static constexpr std::size_t line_bytes = 1024;  ///< the rest of a longer line is left out

    explicit LineCutter(OutputLog& log) : log_(log) {}
    void take(std::string_view bytes);
    /// What is there without a line's end is a line.
    void end();

  private:
    OutputLog& log_;
    std::string line_;
    bool cut_ = false;
};

}  // namespace rill::hooks
