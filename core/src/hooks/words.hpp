// A command text taken apart into words, as a shell does it (POSIX.1-2017, Shell Command Language §2.2).
#pragma once

#include <rill/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace rill::hooks {

struct Letter {
    char value;
    bool escaped;          ///< stood behind a backslash that is gone now
    std::size_t position;  ///< in the command text, characters from 1
};
using Word = std::vector<Letter>;

/// Blanks separate words. Single quotes keep all as it is; in double quotes a backslash escapes $ ` " \ and
/// the line's end; outside quotes it escapes any character. Nothing else has a meaning: no comments, no
/// pipes, no patterns.
///
/// Error: invalid_config with the position of the quotation mark or backslash that has no end.
Result<std::vector<Word>> split_words(std::string_view text);

std::string to_text(const Word& word);

}  // namespace rill::hooks
