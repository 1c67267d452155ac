// What the process costs, as Prometheus text.
#pragma once

#include <string>

namespace rill {

/// process_cpu_seconds_total, process_resident_memory_bytes, process_virtual_memory_bytes, process_open_fds,
/// process_threads (names of Prometheus' own client libraries). Reads /proc; what cannot be read is left out.
std::string process_metrics();

}  // namespace rill
