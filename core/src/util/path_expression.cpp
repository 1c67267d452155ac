#define PCRE2_CODE_UNIT_WIDTH 8

#include "path_expression.hpp"

#include "escape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <pcre2.h>
#include <utility>

namespace rill {
namespace {

constexpr std::size_t longest_expression = 1024;
// A match within them takes a few milliseconds at most.
constexpr std::uint32_t match_steps = 50'000;
constexpr std::uint32_t match_depth = 5'000;
constexpr std::uint32_t match_kilobytes = 1024;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Finds what PCRE2 takes and Go does not, or reads otherwise: there it is where patterns take exponential
/// time, and where the same text permits something else.
class GoSyntax {
  public:
    explicit GoSyntax(std::string_view text) : text_(text) {}

    /// What Go has not, or nothing.
    std::optional<std::string> foreign_part() {
        while (at_ < text_.size()) {
            const std::size_t start = at_;
            const bool is_shared = in_class_ ? class_part() : part();
            if (!is_shared) return std::string(text_.substr(start, at_ - start + 1));
        }
        return {};
    }

  private:
    /// What stands before the next part, as far as quantifiers care.
    enum class Before { item, quantifier, lazy_quantifier };

    // Each moves on behind what it reads, or stays where the foreign part ends.

    bool part() {
        const Before before = std::exchange(before_, Before::item);
        switch (peek()) {
            case '\\':
                return escape();
            case '[':
                begin_class();
                return true;
            case '(':
                ++at_;
                return peek() == '?' ? group() : peek() != '*';
            case '?':
                return question_mark(before);
            case '*':
            case '+':
                return quantifier(before, 1);
            case '{':
                return quantifier(before, repetition());
            default:
                ++at_;
                return true;
        }
    }

    /// Of two in a row the second would make the first possessive, or is refused by Go.
    bool quantifier(Before before, std::size_t size) {
        if (before != Before::item || size == 0) return false;
        before_ = Before::quantifier;
        at_ += size;
        return true;
    }

    bool question_mark(Before before) {
        if (before == Before::lazy_quantifier) return false;
        before_ = before == Before::quantifier ? Before::lazy_quantifier : Before::quantifier;
        ++at_;
        return true;
    }

    /// The size of "{2}", "{2,}" or "{2,5}"; 0: the brace is none of them, and newer PCRE2s read more than
    /// Go.
    std::size_t repetition() const {
        const std::size_t end = text_.find('}', at_);
        if (end == std::string_view::npos) return 0;
        const std::string_view inside = text_.substr(at_ + 1, end - at_ - 1);
        const std::size_t comma = std::min(inside.find(','), inside.size());
        const std::string_view least = inside.substr(0, comma);
        const std::string_view most = inside.substr(std::min(comma + 1, inside.size()));
        if (least.empty() || !std::ranges::all_of(least, is_digit) || !std::ranges::all_of(most, is_digit))
            return 0;
        return end + 1 - at_;
    }

    void begin_class() {
        in_class_ = true;
        ++at_;
        if (peek() == '^') ++at_;
        if (peek() == ']') ++at_;
    }

    bool class_part() {
        if (peek() == '\\') return escape();
        if (text_.substr(at_).starts_with("[:")) {
            const std::size_t end = text_.find(":]", at_ + 2);
            at_ = end == std::string_view::npos ? at_ + 2 : end + 2;
            return true;
        }
        in_class_ = peek() != ']';
        ++at_;
        return true;
    }

    bool escape() {
        ++at_;
        const char c = peek();
        if (!is_shared_escape(c)) return false;
        ++at_;
        if (c == 'Q') {
            const std::size_t end = text_.find("\\E", at_);
            at_ = end == std::string_view::npos ? text_.size() : end + 2;
        } else if (std::string_view("xpP").find(c) != std::string_view::npos && peek() == '{') {
            at_ = std::min(text_.find('}', at_), text_.size() - 1) + 1;
        }
        return true;
    }

    bool is_shared_escape(char c) const {
        constexpr std::string_view everywhere = "aftnrxdDsSwWpP0";
        constexpr std::string_view outside_classes = "AbBzQ";
        return (!is_letter(c) && !is_digit(c)) || everywhere.find(c) != std::string_view::npos ||
               (!in_class_ && outside_classes.find(c) != std::string_view::npos);
    }

    /// Behind "(", at "?".
    bool group() {
        ++at_;
        if (peek() == 'P') {
            ++at_;
            return peek() == '<';
        }
        if (peek() == '<') return is_letter(peek(1)) || peek(1) == '_';
        while (std::string_view("imsU-").find(peek()) != std::string_view::npos)
            ++at_;
        return peek() == ':' || peek() == ')';
    }

    char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

    const std::string_view text_;
    std::size_t at_ = 0;
    bool in_class_ = false;
    Before before_ = Before::item;
};

Error refusal(std::string_view text, std::string_view why) {
    return {Code::invalid_config, fmt::format("the regular expression {} {}", in_quotes(text), why)};
}

std::string message_of(int error) {
    std::array<PCRE2_UCHAR, 256> text = {};
    pcre2_get_error_message(error, text.data(), text.size());
    return reinterpret_cast<const char*>(text.data());
}

template <class T, void (*destroy)(T*)>
struct Destroy {
    void operator()(T* object) const { destroy(object); }
};
using MatchData = std::unique_ptr<pcre2_match_data, Destroy<pcre2_match_data, pcre2_match_data_free>>;
using MatchContext =
    std::unique_ptr<pcre2_match_context, Destroy<pcre2_match_context, pcre2_match_context_free>>;

MatchContext bounds() {
    MatchContext context(pcre2_match_context_create(nullptr));
    if (!context) return context;
    pcre2_set_match_limit(context.get(), match_steps);
    pcre2_set_depth_limit(context.get(), match_depth);
    pcre2_set_heap_limit(context.get(), match_kilobytes);
    return context;
}

/// Within the bounds.
bool is_found(const pcre2_code* code, std::string_view path, pcre2_match_data* data) {
    const MatchContext context = bounds();
    if (data == nullptr || !context) return false;
    return pcre2_match(code, reinterpret_cast<PCRE2_SPTR>(path.data()), path.size(), 0, 0, data,
                       context.get()) >= 0;
}

}  // namespace

Result<PathExpression> PathExpression::parse(std::string_view text) {
    if (text.size() > longest_expression) {
        return refusal(text, fmt::format("is longer than {} bytes", longest_expression));
    }
    if (const auto part = GoSyntax(text).foreign_part()) {
        return refusal(text,
                       fmt::format("has {}, which Go does not have or reads otherwise", in_quotes(*part)));
    }
    int error = 0;
    PCRE2_SIZE place = 0;
    // In Go, $ is the very end, and \w and the like are ASCII, as without PCRE2_UCP.
    constexpr std::uint32_t options = PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C;
    pcre2_code* const code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), options,
                                           &error, &place, nullptr);
    if (code == nullptr) {
        return refusal(text, fmt::format("is not valid at byte {}: {}", place, message_of(error)));
    }
    PathExpression result;
    result.code_ = std::shared_ptr<const pcre2_code>(code, pcre2_code_free);
    return result;
}

bool PathExpression::matches(std::string_view path) const {
    const MatchData data(pcre2_match_data_create(1, nullptr));
    return is_found(code_.get(), path, data.get());
}

std::optional<std::vector<std::string>> PathExpression::match(std::string_view path) const {
    const MatchData data(pcre2_match_data_create_from_pattern(code_.get(), nullptr));
    if (!is_found(code_.get(), path, data.get())) return {};
    const PCRE2_SIZE* const offsets = pcre2_get_ovector_pointer(data.get());
    std::vector<std::string> found(groups() + 1);
    for (std::size_t group = 0; group < found.size(); ++group) {
        const PCRE2_SIZE begin = offsets[2 * group];
        const PCRE2_SIZE end = offsets[2 * group + 1];
        if (begin != PCRE2_UNSET && end > begin) found[group] = path.substr(begin, end - begin);
    }
    return found;
}

std::size_t PathExpression::groups() const {
    std::uint32_t count = 0;
    pcre2_pattern_info(code_.get(), PCRE2_INFO_CAPTURECOUNT, &count);
    return count;
}

}  // namespace rill
