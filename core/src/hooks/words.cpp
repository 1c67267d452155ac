#include "words.hpp"

#include <fmt/format.h>

#include <utility>

namespace rill::hooks {
namespace {

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

class Splitter {
  public:
    explicit Splitter(std::string_view text) : rest_(text) {}

    Result<std::vector<Word>> split() {
        while (!rest_.empty()) {
            if (is_blank(rest_[0])) {
                end_word();
                next();
                continue;
            }
            const Result<> taken = take();
            if (!taken) return taken.error();
        }
        end_word();
        return std::move(words_);
    }

  private:
    Result<> take() {
        if (rest_[0] == '\'') return take_single_quoted();
        if (rest_[0] == '"') return take_double_quoted();
        if (rest_[0] == '\\') return take_escaped();
        in_word_ = true;
        keep(false);
        return ok();
    }

    Result<> take_single_quoted() {
        const std::size_t start = position_;
        in_word_ = true;
        next();
        while (!rest_.empty() && rest_[0] != '\'')
            keep(false);
        if (rest_.empty()) return unfinished("single quotation mark", start);
        next();
        return ok();
    }

    Result<> take_double_quoted() {
        const std::size_t start = position_;
        in_word_ = true;
        next();
        while (!rest_.empty() && rest_[0] != '"') {
            constexpr std::string_view escapable = "$`\"\\\n";
            const bool escape =
                rest_.size() > 1 && rest_[0] == '\\' && escapable.find(rest_[1]) != std::string_view::npos;
            if (!escape) {
                keep(false);
                continue;
            }
            next();
            keep_escaped();
        }
        if (rest_.empty()) return unfinished("double quotation mark", start);
        next();
        return ok();
    }

    Result<> take_escaped() {
        const std::size_t start = position_;
        next();
        if (rest_.empty())
            return Error{Code::invalid_config, fmt::format("nothing follows the backslash at character {}; "
                                                           "write two for one",
                                                           start)};
        in_word_ = in_word_ || rest_[0] != '\n';
        keep_escaped();
        return ok();
    }

    static Error unfinished(std::string_view what, std::size_t start) {
        return {Code::invalid_config,
                fmt::format("the {} at character {} has no counterpart; close it, or write a backslash "
                            "before it",
                            what, start)};
    }

    /// A line's end behind a backslash is no part of the word.
    void keep_escaped() {
        if (rest_[0] == '\n') {
            next();
        } else {
            keep(true);
        }
    }

    void keep(bool escaped) {
        word_.push_back({rest_[0], escaped, position_});
        next();
    }

    void next() {
        rest_.remove_prefix(1);
        // Continuation bytes of UTF-8 belong to the character before.
        const bool inside = !rest_.empty() && (static_cast<unsigned char>(rest_[0]) & 0xc0) == 0x80;
        if (!inside) ++position_;
    }

    void end_word() {
        if (std::exchange(in_word_, false)) words_.push_back(std::exchange(word_, {}));
    }

    std::string_view rest_;
    std::size_t position_ = 1;
    Word word_;
    bool in_word_ = false;
    std::vector<Word> words_;
};

}  // namespace

Result<std::vector<Word>> split_words(std::string_view text) {
    return Splitter(text).split();
}

std::string to_text(const Word& word) {
    std::string out;
    for (const Letter& letter : word)
        out += letter.value;
    return out;
}

}  // namespace rill::hooks
