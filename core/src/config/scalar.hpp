// Texts as YAML scalars.
#pragma once

#include <string>
#include <string_view>

namespace rill::config {

/// The text in quotes, or plain where YAML cannot take it for anything but this text.
std::string as_scalar(std::string_view text);

}  // namespace rill::config
