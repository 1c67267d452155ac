// Structured logging in MediaMTX's line format: "2026/01/08 10:00:01 INF [path cam1] [RTSP source] started",
// or JSON lines.
#pragma once

#include <rill/result.hpp>

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace rill {

enum class LogLevel { error = 1, warning, info, debug };

/// Writes lines of one part of the program. The scope is the bracketed prefix, given without brackets: "path
/// cam1". Thread-safe; cheap to copy; a line below the level in force costs one load.
class Log {
  public:
    Log() = default;
    explicit Log(std::string_view scope) : scope_(fmt::format("[{}] ", scope)) {}
    /// A logger below this one: Log("path cam1").child("RTSP source").
    Log child(std::string_view scope) const;

    template <class... A>
    void error(fmt::format_string<A...> text, A&&... args) const {
        line(LogLevel::error, text, std::forward<A>(args)...);
    }
    template <class... A>
    void warning(fmt::format_string<A...> text, A&&... args) const {
        line(LogLevel::warning, text, std::forward<A>(args)...);
    }
    template <class... A>
    void info(fmt::format_string<A...> text, A&&... args) const {
        line(LogLevel::info, text, std::forward<A>(args)...);
    }
    template <class... A>
    void debug(fmt::format_string<A...> text, A&&... args) const {
        line(LogLevel::debug, text, std::forward<A>(args)...);
    }

  private:
    template <class... A>
    void line(LogLevel level, fmt::format_string<A...> text, A&&... args) const {
        if (enabled(level)) write(level, scope_, fmt::format(text, std::forward<A>(args)...));
    }
    static bool enabled(LogLevel level);
    static void write(LogLevel level, std::string_view scope, std::string_view message);

    std::string scope_;
};

struct LogSettings {
    LogLevel level = LogLevel::info;
    bool structured = false;  ///< JSON lines: {"timestamp":RFC 3339,"level":"INF","message":"…"}
    std::string file;         ///< empty: standard output
};

/// Puts the settings in force and routes GLib's and GStreamer's own warnings into the same lines. Main
/// thread, before other threads start; again at any time to change the level. Error: unavailable when the
/// file cannot be opened.
Result<> configure_logging(const LogSettings& settings);

/// `text` with the user and password of every URL in it replaced by "***".
std::string mask_credentials(std::string_view text);

}  // namespace rill
