#include "process_metrics.hpp"

#include "util/metric_head.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/resource.h>
#include <unistd.h>

namespace rill {

namespace {

std::size_t count_entries(const char* directory) {
    std::error_code error;
    std::filesystem::directory_iterator entries(directory, error);
    if (error) return 0;
    return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

std::string metric(std::string_view name, std::string_view type, std::string_view help, double value) {
    return metric_head(name, type, help) + fmt::format("{} {}\n", name, value);
}

}  // namespace

std::string process_metrics() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    std::string out = metric("process_cpu_seconds_total", "counter", "User and system time of the process.",
                             seconds(usage.ru_utime) + seconds(usage.ru_stime));
    std::ifstream statm("/proc/self/statm");
    const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
    std::uint64_t pages = 0;
    std::uint64_t resident = 0;
    if (statm >> pages >> resident) {
        out += metric("process_resident_memory_bytes", "gauge", "Resident memory.",
                      static_cast<double>(resident) * page);
        out += metric("process_virtual_memory_bytes", "gauge", "Virtual memory.",
                      static_cast<double>(pages) * page);
    }
    out += metric("process_open_fds", "gauge", "Open file descriptors.",
                  static_cast<double>(count_entries("/proc/self/fd")));
    out +=
        metric("process_threads", "gauge", "Threads.", static_cast<double>(count_entries("/proc/self/task")));
    return out;
}

}  // namespace rill
