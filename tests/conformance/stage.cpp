#include "stage.hpp"

#include "recorded.hpp"

#include <utility>

namespace rill::test {

std::uint64_t Stage::units(const std::string& path) const {
    std::uint64_t sum = 0;
    for (const TrackStatus& track : hub.status(path)->tracks)
        sum += track.units;
    return sum;
}

Result<> Stage::add(PathSettings path) {
    path.archive = &archive;
    const auto made = hub.make(std::move(path));
    if (!made) return made.error();
    hub.put(*made);
    return ok();
}

PathSettings settings_for(const std::string& name, const SourceFactory& factory, SourceContext context) {
    PathSettings out;
    out.name = name;
    out.source_factory = &factory;
    out.source = std::move(context);
    out.source.path = name;
    out.on_demand = true;
    return out;
}

PathSettings recorded_path(const std::string& name, const std::string& url) {
    return settings_for(name, recorded_source(),
                        {.path = name,
                         .url = url,
                         .fingerprint = "",
                         .read_timeout = std::chrono::seconds(10),
                         .options = {}});
}

}  // namespace rill::test
