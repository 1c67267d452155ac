#include "command_line.hpp"

#include "shell_words.hpp"
#include "words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <utility>

namespace rill::hooks {
namespace {

bool is_name_start(char c) {
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_name_part(char c) {
    return is_name_start(c) || (c >= '0' && c <= '9');
}

std::string value_of(const std::string& name, const Environment& environment) {
    if (const auto value = environment.find(name)) return std::string(*value);
    const char* inherited = std::getenv(name.c_str());
    return inherited == nullptr ? "" : inherited;
}

}  // namespace

/// Finds the variables of one word.
class ArgumentParser {
  public:
    explicit ArgumentParser(const Word& word) : next_(word.begin()), end_(word.end()) {}

    Result<CommandLine::Argument> parse() {
        while (next_ != end_) {
            const bool variable = next_->value == '$' && !next_->escaped;
            if (!variable) {
                text_ += next_++->value;
                continue;
            }
            const Result<> taken = take_variable();
            if (!taken) return taken.error();
        }
        end_text();
        return std::move(pieces_);
    }

  private:
    Result<> take_variable() {
        const auto dollar = next_++;
        const bool braces = next_ != end_ && next_->value == '{';
        if (braces) ++next_;
        std::string name;
        if (next_ != end_ && is_name_start(next_->value)) {
            while (next_ != end_ && is_name_part(next_->value))
                name += next_++->value;
        }
        if (!braces && name.empty()) {
            text_ += '$';
            return ok();
        }
        if (braces) {
            if (name.empty() || next_ == end_ || next_->value != '}') return malformed(*dollar);
            ++next_;
        }
        end_text();
        pieces_.push_back({std::move(name), true});
        return ok();
    }

    static Error malformed(const Letter& dollar) {
        return {Code::invalid_config,
                fmt::format("${{ at character {} has to be followed by the name of a variable and }}; write "
                            "\\$ for a dollar sign, or use sh -c '…' for what only a shell can do",
                            dollar.position)};
    }

    void end_text() {
        if (!text_.empty()) pieces_.push_back({std::exchange(text_, {}), false});
    }

    Word::const_iterator next_;
    Word::const_iterator end_;
    std::string text_;
    CommandLine::Argument pieces_;
};

Result<CommandLine> CommandLine::parse(std::string_view text) {
    const auto nul = text.find('\0');
    if (nul != std::string_view::npos)
        return Error{Code::invalid_config, fmt::format("a NUL at byte {}; no command can hold one", nul + 1)};
    const auto words = split_words(text);
    if (!words) return words.error();
    if (words->empty() || words->front().empty())
        return Error{Code::invalid_config, "at character 1 no program is named; write its name or path"};

    std::vector<std::string> texts;
    std::transform(words->begin(), words->end(), std::back_inserter(texts), to_text);
    const std::vector<bool> left_to_shell = find_shell_words(texts);
    CommandLine command;
    for (std::size_t i = 0; i < words->size(); ++i) {
        if (left_to_shell[i]) {
            command.arguments_.push_back({{texts[i], false}});
            continue;
        }
        auto argument = ArgumentParser((*words)[i]).parse();
        if (!argument) return argument.error();
        command.arguments_.push_back(std::move(*argument));
    }
    return command;
}

std::vector<std::string> CommandLine::arguments(const Environment& environment) const {
    std::vector<std::string> out;
    for (const Argument& argument : arguments_) {
        std::string& text = out.emplace_back();
        for (const Piece& piece : argument)
            text += piece.variable ? value_of(piece.text, environment) : piece.text;
    }
    return out;
}

}  // namespace rill::hooks
