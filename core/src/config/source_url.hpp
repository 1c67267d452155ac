// Which module a path's source needs.
#pragma once

#include "registry/registry.hpp"

#include <string>
#include <string_view>

namespace rill::config {

/// What a source's module is found by: "rtsp" of "RTSP://…", or a word such as "publisher".
std::string scheme_of(std::string_view source);

/// What to tell about a source that no module takes; without credentials, wherever they stand.
std::string no_source_module(std::string_view source, const Registry& registry);

}  // namespace rill::config
