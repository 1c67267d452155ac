// Which words of a command are text that a shell reads.
#pragma once

#include <string>
#include <vector>

namespace rill::hooks {

/// For each word, whether a shell reads it as a command or an option: in `nice sh -ec 'ls "$1"' name file`,
/// -ec and the text behind it. A value that came from outside must not be put into these; the shell finds it
/// in its environment.
std::vector<bool> find_shell_words(const std::vector<std::string>& words);

}  // namespace rill::hooks
