#include "shell_words.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace rill::hooks {
namespace {

using Words = std::vector<std::string>;

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& names) {
    return std::find(names.begin(), names.end(), word) != names.end();
}

std::string_view base_name(std::string_view word) {
    const std::size_t slash = word.rfind('/');
    return slash == std::string_view::npos ? word : word.substr(slash + 1);
}

bool is_posix_shell(std::string_view word) {
    constexpr std::array<std::string_view, 12> names{"sh",  "ash",  "bash", "dash",  "ksh",    "lksh",
                                                     "zsh", "mksh", "yash", "rbash", "$SHELL", "${SHELL}"};
    return is_one_of(base_name(word), names);
}

/// Their options take arguments in other ways.
bool is_other_shell(std::string_view word) {
    constexpr std::array<std::string_view, 5> names{"csh", "fish", "nu", "pwsh", "tcsh"};
    return is_one_of(base_name(word), names);
}

/// The options of POSIX shells (sh(1), "-o option"), and those of bash and zsh that take an argument.
struct ShellOption {
    bool command = false;
    std::size_t arguments = 0;
};

ShellOption shell_option(std::string_view word) {
    constexpr std::array<std::string_view, 3> with_argument{"--emulate", "--init-file", "--rcfile"};
    if (word.starts_with("--")) return {false, is_one_of(word, with_argument) ? 1u : 0u};
    ShellOption option;
    for (const char letter : word.substr(1)) {
        if (letter == 'c' && word[0] == '-') option.command = true;
        if (letter == 'o' || letter == 'O') ++option.arguments;
    }
    return option;
}

/// The number of words behind a POSIX shell's name up to the end of its command; 0 when it reads a file.
std::size_t count_until_command(const Words& words, std::size_t first) {
    bool command = false;
    std::size_t i = first;
    while (i < words.size() && (words[i].starts_with('-') || words[i].starts_with('+'))) {
        const std::string& word = words[i++];
        if (word == "--" || word == "-") break;
        const ShellOption option = shell_option(word);
        command = command || option.command;
        i += option.arguments;
    }
    return command ? i + 1 - first : 0;
}

}  // namespace

std::vector<bool> find_shell_words(const Words& words) {
    std::vector<bool> found(words.size());
    // Any word may be the shell's name: it may stand behind env, nice, sudo or timeout.
    for (std::size_t i = 0; i < words.size(); ++i) {
        std::size_t count = 0;
        if (is_posix_shell(words[i])) count = count_until_command(words, i + 1);
        if (is_other_shell(words[i])) count = words.size();
        for (std::size_t j = i + 1; j < words.size() && j - i <= count; ++j)
            found[j] = true;
    }
    return found;
}

}  // namespace rill::hooks
