#include "bridge.hpp"
#include "line.hpp"
#include "output.hpp"

#include <rill/log.hpp>

#include <atomic>
#include <csignal>
#include <mutex>

namespace rill {
namespace {

std::atomic<LogLevel> level_in_force = LogLevel::info;

class Journal {
  public:
    void use(LogOutput output, bool structured) {
        const std::lock_guard lock(mutex_);
        output_ = std::move(output);
        structured_ = structured;
    }

    void write(LogLevel level, std::string_view scope, std::string_view message) {
        const auto now = std::chrono::system_clock::now();
        const std::string line = log_line(level, structured_, now, scope, message);
        const std::lock_guard lock(mutex_);
        if (lost_ > 0) {
            const std::string notice = fmt::format("{} lines were lost, the log could not be written", lost_);
            if (output_.write(log_line(LogLevel::warning, structured_, now, "[log] ", notice))) lost_ = 0;
        }
        if (!output_.write(line)) ++lost_;
    }

  private:
    std::atomic<bool> structured_ = false;
    std::mutex mutex_;
    LogOutput output_ = LogOutput::standard_output();  ///< under mutex_
    std::uint64_t lost_ = 0;                           ///< under mutex_
};

/// Never destroyed: other threads and libraries write until the very end of the process.
Journal& journal() {
    static auto* const instance = new Journal();
    return *instance;
}

void write_line(LogLevel level, std::string_view scope, std::string_view message) {
    journal().write(level, scope, message);
}

void write_library_line(LogLevel level, std::string_view scope, std::string_view message) {
    // Warnings come unasked, so the level in force applies to them. Anything below comes only when GST_DEBUG
    // or G_MESSAGES_DEBUG asks for it by name, and is wanted then.
    if (level == LogLevel::warning && level_in_force.load(std::memory_order_relaxed) < level) return;
    write_line(level, scope, message);
}

}  // namespace

Log Log::child(std::string_view scope) const {
    Log result(scope);
    result.scope_.insert(0, scope_);
    return result;
}

bool Log::enabled(LogLevel level) {
    return level <= level_in_force.load(std::memory_order_relaxed);
}

void Log::write(LogLevel level, std::string_view scope, std::string_view message) {
    write_line(level, scope, message);
}

Result<> configure_logging(const LogSettings& settings) {
    if (settings.file.empty()) {
        journal().use(LogOutput::standard_output(), settings.structured);
    } else {
        auto file = LogOutput::open(settings.file);
        if (!file) return file.error();
        journal().use(std::move(*file), settings.structured);
    }
    level_in_force = settings.level;
    // A closed pipe behind standard output is a write error like any other, not the end of the server.
    std::signal(SIGPIPE, SIG_IGN);
    route_library_messages(write_library_line);
    return ok();
}

}  // namespace rill
