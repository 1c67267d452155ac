#include "bridge.hpp"
#include "destinations.hpp"
#include "line.hpp"
#include "output.hpp"
#include "system_log.hpp"

#include <rill/log.hpp>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace rill {
namespace {

std::atomic<LogLevel> level_in_force = LogLevel::info;

using Time = std::chrono::system_clock::time_point;

/// Writes a text of log_text(). False: the line is lost.
using Write = std::function<bool(LogLevel, Time, std::string_view text)>;

/// One place where the log goes.
struct Destination {
    enum class Kind { standard_output = 1, file, system } kind;
    Write write;
    std::uint64_t lost = 0;  ///< lines, since the last one that was written
};

Write to_lines(LogOutput output, bool structured) {
    return [held = std::make_shared<LogOutput>(std::move(output)), structured](LogLevel level, Time time,
                                                                               std::string_view text) {
        return held->write(log_line(level, structured, time, text));
    };
}

Write to_system(SystemLog log, const std::string& prefix) {
    return [held = std::make_shared<SystemLog>(std::move(log)), prefix](LogLevel level, Time time,
                                                                        std::string_view text) {
        return held->write(system_log_message(level, time, prefix, text));
    };
}

class Journal {
  public:
    void use(std::vector<Destination> destinations) {
        const std::lock_guard lock(mutex_);
        // What was lost is still to be told there.
        for (const Destination& before : destinations_) {
            const auto same = std::ranges::find(destinations, before.kind, &Destination::kind);
            if (same != destinations.end()) same->lost = before.lost;
        }
        destinations_.swap(destinations);
    }

    void write(LogLevel level, std::string_view scope, std::string_view message) {
        const auto now = std::chrono::system_clock::now();
        const std::string text = log_text(scope, message);
        const std::lock_guard lock(mutex_);
        for (Destination& to : destinations_) {
            if (to.lost > 0) {
                const std::string notice =
                    fmt::format("[log] {} lines were lost, the log could not be written", to.lost);
                if (to.write(LogLevel::warning, now, notice)) to.lost = 0;
            }
            if (!to.write(level, now, text)) ++to.lost;
        }
    }

  private:
    std::mutex mutex_;
    std::vector<Destination> destinations_ = {
        {Destination::Kind::standard_output,
         to_lines(LogOutput::standard_output(), false)}};  ///< under mutex_
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

Result<> configure_logging(LogLevel level, bool structured, const LogDestinations& destinations) {
    using Kind = Destination::Kind;
    std::vector<Destination> made;
    if (destinations.standard_output)
        made.push_back({Kind::standard_output, to_lines(LogOutput::standard_output(), structured)});
    if (!destinations.file.empty()) {
        auto file = LogOutput::open(destinations.file);
        if (!file) return file.error();
        made.push_back({Kind::file, to_lines(std::move(*file), structured)});
    }
    if (!destinations.system_prefix.empty()) {
        auto system = SystemLog::open(destinations.system_socket);
        if (!system) return system.error();
        made.push_back({Kind::system, to_system(std::move(*system), destinations.system_prefix)});
    }
    journal().use(std::move(made));
    level_in_force = level;
    // A closed pipe behind standard output is a write error like any other, not the end of the server.
    std::signal(SIGPIPE, SIG_IGN);
    route_library_messages(write_library_line);
    return ok();
}

Result<> configure_logging(const LogSettings& settings) {
    return configure_logging(settings.level, settings.structured,
                             {.standard_output = settings.file.empty(), .file = settings.file});
}

}  // namespace rill
