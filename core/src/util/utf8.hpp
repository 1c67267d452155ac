// UTF-8 that may hold U+0000, which GLib's own check refuses.
#pragma once

#include <string_view>

namespace rill {

/// Whether all of `text` is well-formed UTF-8 (RFC 3629).
bool valid_utf8(std::string_view text);

}  // namespace rill
