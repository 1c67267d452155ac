// What is recorded of paths, from several places.
#pragma once

#include <rill/archive.hpp>

#include <vector>

namespace rill::record {

/// Into a list that has one entry a name, by name.
void add_path(std::vector<RecordedPath>& paths, const RecordedPath& path);

}  // namespace rill::record
