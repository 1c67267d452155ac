#include "recorded_paths.hpp"

#include <algorithm>

namespace rill::record {

void add_path(std::vector<RecordedPath>& paths, const RecordedPath& path) {
    const auto place = std::ranges::lower_bound(paths, path.name, {}, &RecordedPath::name);
    if (place == paths.end() || place->name != path.name) {
        paths.insert(place, path);
        return;
    }
    place->time.start_us = std::min(place->time.start_us, path.time.start_us);
    place->time.end_us = std::max(place->time.end_us, path.time.end_us);
    place->bytes += path.bytes;
    place->segments += path.segments;
}

}  // namespace rill::record
