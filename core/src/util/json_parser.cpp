// Reads JSON strictly. json-glib 1.6 is not used for it: it has no limit of depth, cuts text at \u0000, turns
// large integers into -1, and takes 'text', 0x10 and a second document.
#include "util/utf8.hpp"

#include <rill/json.hpp>

#include <fmt/format.h>
#include <glib.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_map>

namespace rill {
namespace {

bool is_digit(char character) {
    return g_ascii_isdigit(character) != FALSE;
}

class Parser {
  public:
    explicit Parser(std::string_view text) : text_(text) {}

    Result<Json> document() {
        Json json;
        if (!valid_utf8(text_))
            problem_ = "the text is not UTF-8";
        else if (value(json, 0)) {
            skip_blanks();
            if (!rest_is_empty()) problem_ = "something follows the document";
        }
        if (problem_.empty()) return json;
        const auto line =
            1 + std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at_), '\n');
        return Error{Code::invalid_config, fmt::format("JSON, line {}: {}", line, problem_)};
    }

  private:
    bool fail(std::string_view problem) {
        problem_ = problem;
        return false;
    }

    bool rest_is_empty() const { return at_ == text_.size(); }
    char peek() const { return rest_is_empty() ? '\0' : text_[at_]; }

    bool take(char expected) {
        if (peek() != expected || rest_is_empty()) return false;
        ++at_;
        return true;
    }

    bool take(std::string_view expected) {
        if (text_.substr(at_, expected.size()) != expected) return false;
        at_ += expected.size();
        return true;
    }

    void skip_blanks() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }

    bool value(Json& json, unsigned depth) {
        if (depth > Json::depth_limit) return fail("nested too deep");
        skip_blanks();
        switch (peek()) {
            case '{':
                return object(json, depth);
            case '[':
                return array(json, depth);
            case '"': {
                std::string text;
                if (!string(text)) return false;
                json = std::move(text);
                return true;
            }
            default:
                return literal(json);
        }
    }

    bool literal(Json& json) {
        if (take("null")) return true;
        if (take("true")) return json = true, true;
        if (take("false")) return json = false, true;
        return number(json);
    }

    bool object(Json& json, unsigned depth) {
        json = Json::object();
        ++at_;
        skip_blanks();
        if (take('}')) return true;
        // Members are looked up linearly when set one by one; a body of many would take quadratic time.
        std::vector<Json::Member> members;
        std::unordered_map<std::string, std::size_t> places;
        do {
            skip_blanks();
            std::string key;
            if (peek() != '"') return fail("a member begins with its name in double quotes");
            if (!string(key)) return false;
            skip_blanks();
            if (!take(':')) return fail("a ':' is missing");
            Json member;
            if (!value(member, depth + 1)) return false;
            const auto [place, is_new] = places.try_emplace(key, members.size());
            if (is_new) {
                members.emplace_back(std::move(key), std::move(member));
            } else {
                members[place->second].second = std::move(member);
            }
            skip_blanks();
        } while (take(','));
        if (!take('}')) return fail("a ',' or '}' is missing");
        json = Json(std::move(members));
        return true;
    }

    bool array(Json& json, unsigned depth) {
        json = Json::array();
        ++at_;
        skip_blanks();
        if (take(']')) return true;
        do {
            Json item;
            if (!value(item, depth + 1)) return false;
            json.append(std::move(item));
            skip_blanks();
        } while (take(','));
        return take(']') || fail("a ',' or ']' is missing");
    }

    bool string(std::string& out) {
        ++at_;
        while (true) {
            if (rest_is_empty()) return fail("a text does not end");
            const char character = text_[at_++];
            if (character == '"') return true;
            if (static_cast<unsigned char>(character) < 0x20) return fail("a text has a control character");
            if (character != '\\') {
                out += character;
            } else if (!escape(out)) {
                return false;
            }
        }
    }

    bool escape(std::string& out) {
        constexpr std::string_view letters = "\"\\/bfnrt";
        constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
        if (take('u')) return unicode(out);
        const std::size_t which = letters.find(peek());
        if (which == std::string_view::npos || rest_is_empty()) return fail("unknown escape in a text");
        out += meanings[which];
        ++at_;
        return true;
    }

    /// A lone surrogate is no character and becomes U+FFFD.
    bool unicode(std::string& out) {
        gunichar code = 0;
        if (!code_unit(code)) return false;
        if (code >= 0xd800 && code < 0xdc00 && text_.substr(at_, 2) == "\\u") {
            const std::size_t before = at_;
            gunichar low = 0;
            at_ += 2;
            if (!code_unit(low)) return false;
            if (low >= 0xdc00 && low < 0xe000) {
                code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            } else {
                at_ = before;
            }
        }
        if (code >= 0xd800 && code < 0xe000) code = 0xfffd;
        char bytes[6];
        out.append(bytes, static_cast<std::size_t>(g_unichar_to_utf8(code, bytes)));
        return true;
    }

    bool code_unit(gunichar& code) {
        const std::string_view digits = text_.substr(at_, 4);
        for (const char digit : digits) {
            if (g_ascii_isxdigit(digit) == FALSE) return fail("\\u needs four hexadecimal digits");
            code = code * 16 + static_cast<gunichar>(g_ascii_xdigit_value(digit));
        }
        if (digits.size() != 4) return fail("\\u needs four hexadecimal digits");
        at_ += 4;
        return true;
    }

    bool skip_digits() {
        const std::size_t begin = at_;
        while (is_digit(peek()))
            ++at_;
        return at_ > begin;
    }

    bool number(Json& json) {
        const std::size_t begin = at_;
        take('-');
        const bool leading_zero = peek() == '0';
        if (!skip_digits()) return fail("no value");
        const std::size_t whole_begin = text_[begin] == '-' ? begin + 1 : begin;
        if (leading_zero && at_ - whole_begin > 1) return fail("a number begins with a superfluous 0");
        bool fraction = false;
        if (take('.')) {
            fraction = true;
            if (!skip_digits()) return fail("a number has no digits after its '.'");
        }
        if (take('e') || take('E')) {
            fraction = true;
            if (!take('+')) take('-');
            if (!skip_digits()) return fail("a number has no digits in its exponent");
        }
        const char* const first = text_.data() + begin;
        const char* const last = text_.data() + at_;
        std::int64_t whole = 0;
        if (!fraction && std::from_chars(first, last, whole).ec == std::errc()) return json = whole, true;
        double real = 0;
        const auto [end, problem] = std::from_chars(first, last, real);
        if (problem != std::errc() || !std::isfinite(real)) return fail("a number is too large");
        json = real;
        return true;
    }

    const std::string_view text_;
    std::size_t at_ = 0;
    std::string problem_;
};

}  // namespace

Result<Json> Json::parse(std::string_view text) {
    return Parser(text).document();
}

}  // namespace rill
