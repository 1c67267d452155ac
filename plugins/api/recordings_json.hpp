// The API's form of what an archive knows (docs/api.md).
#pragma once

#include <rill/archive.hpp>
#include <rill/json.hpp>

#include <vector>

namespace rill::api {

Json to_json(const RecordedPath& path);
Json to_json(const RecordedSpan& span);
Json to_json(const RecordedSegment& segment);
Json to_json(const StorageStatus& storage);

/// What is missing between spans.
Json gaps_of(const std::vector<RecordedSpan>& spans);

template <class T>
Json to_array(const std::vector<T>& values) {
    Json out = Json::array();
    for (const T& value : values)
        out.append(to_json(value));
    return out;
}

}  // namespace rill::api
