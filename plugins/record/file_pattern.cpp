#include "file_pattern.hpp"

#include "container.hpp"
#include "local_time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace rill::record {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t million = 1'000'000;
constexpr std::string_view date_letters = "YmdHMS";
/// More digits than any time of the index has.
constexpr std::size_t longest_seconds = 12;

bool is_digit(char c) {
    return std::isdigit(static_cast<unsigned char>(c)) != 0;
}

Error refused(std::string_view pattern, std::string_view what) {
    return {Code::invalid_config, fmt::format("recordPath '{}': {}", pattern, what)};
}

/// Calls `each` with every component that is not empty; stops when it returns false.
template <class Each>
void for_each_component(std::string_view text, const Each& each) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('/'), text.size());
        const std::string_view component = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (!component.empty() && !each(component)) return;
    }
}

/// Without what would lead out of the root or is no name of a file.
std::string contained(std::string_view file) {
    std::string safe;
    for_each_component(file, [&safe](std::string_view component) {
        if (!safe.empty()) safe += '/';
        if (component == "." || component == "..") {
            safe.append(component.size(), '_');
        } else {
            safe += component;
        }
        return true;
    });
    std::replace(safe.begin(), safe.end(), '\0', '_');
    return safe;
}

std::string text_of(char letter, std::int64_t utc_us, const std::tm& local) {
    const std::int64_t micros = ((utc_us % million) + million) % million;
    switch (letter) {
        case 'Y':
            return fmt::format("{:04}", local.tm_year + 1900L);
        case 'm':
            return fmt::format("{:02}", local.tm_mon + 1);
        case 'd':
            return fmt::format("{:02}", local.tm_mday);
        case 'H':
            return fmt::format("{:02}", local.tm_hour);
        case 'M':
            return fmt::format("{:02}", local.tm_min);
        case 'S':
            return fmt::format("{:02}", local.tm_sec);
        case 'f':
            return fmt::format("{:06}", micros);
        case 's':
            return fmt::format("{}", (utc_us - micros) / million);
        default:
            return zone_text(local.tm_gmtoff);
    }
}

/// How many digits a letter has; 0 when that is not fixed.
std::size_t width_of(char letter) {
    if (letter == 'Y') return 4;
    if (letter == 'f') return 6;
    return date_letters.find(letter) != std::string_view::npos ? 2 : 0;
}

}  // namespace

/// Finds what each letter stands for in a file's name. Only %path and %s leave a choice; everything that
/// comes again has to be the same.
class FilePattern::Reader {
  public:
    explicit Reader(const std::vector<Element>& elements) : elements_(elements) {}

    bool match(std::string_view text, std::size_t position = 0) {
        if (position == elements_.size()) return text.empty();
        const Element& element = elements_[position];
        const std::string_view expected = element.letter == 0 ? element.text : found(element.letter);
        if (!expected.empty()) {
            return text.starts_with(expected) && match(text.substr(expected.size()), position + 1);
        }
        for (std::size_t width = longest(element.letter, text); width > 0; --width) {
            found_.at(slot(element.letter)) = text.substr(0, width);
            if (match(text.substr(width), position + 1)) return true;
            if (element.letter != 'p' && element.letter != 's') break;
        }
        found_.at(slot(element.letter)) = {};
        return false;
    }

    /// Empty when the pattern does not have the letter.
    std::string_view found(char letter) const { return found_.at(slot(letter)); }
    std::int64_t number(char letter) const {
        const std::string_view digits = found(letter);
        std::int64_t value = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), value);
        return value;
    }

  private:
    static std::size_t slot(char letter) { return static_cast<unsigned char>(letter) % 128U; }

    /// How much of the text a letter can take; 0 when it takes nothing.
    static std::size_t longest(char letter, std::string_view text) {
        if (letter == 'p') return text.size();
        if (letter == 'z') return longest_zone(text);
        const std::size_t sign = letter == 's' && text.starts_with('-') ? 1 : 0;
        const auto end =
            std::find_if_not(text.begin() + static_cast<std::ptrdiff_t>(sign), text.end(), is_digit);
        const auto digits = static_cast<std::size_t>(end - text.begin()) - sign;
        const std::size_t width = width_of(letter);
        if (width > 0) return digits < width ? 0 : width;
        return digits == 0 ? 0 : sign + std::min(digits, longest_seconds);
    }

    static std::size_t longest_zone(std::string_view text) {
        if (text.starts_with('Z')) return 1;
        if (!text.starts_with('+') && !text.starts_with('-')) return 0;
        return text.size() >= 5 && std::all_of(text.begin() + 1, text.begin() + 5, is_digit) ? 5 : 0;
    }

    const std::vector<Element>& elements_;
    std::array<std::string_view, 128> found_;
};

Result<std::vector<FilePattern::Element>> FilePattern::split(std::string_view text, std::string_view whole) {
    std::vector<Element> elements;
    const auto add_text = [&elements](std::string_view fixed) {
        if (elements.empty() || elements.back().letter != 0) elements.push_back({});
        elements.back().text += fixed;
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            add_text(text.substr(i, 1));
            continue;
        }
        const std::string_view rest = text.substr(i + 1);
        if (rest.starts_with("path")) {
            elements.push_back({'p', {}});
            i += 4;
        } else if (!rest.empty() && std::string_view("YmdHMSfsz").find(rest[0]) != std::string_view::npos) {
            elements.push_back({rest[0], {}});
            i += 1;
        } else {
            return refused(whole,
                           fmt::format("'%{}' is not known; there are %path %Y %m %d %H %M %S %f %s %z",
                                       rest.substr(0, 1)));
        }
    }
    return elements;
}

Result<> FilePattern::check(std::string_view text, const std::vector<Element>& elements) {
    const auto has = [&elements](char letter) {
        return std::any_of(elements.begin(), elements.end(),
                           [letter](const Element& element) { return element.letter == letter; });
    };
    if (!has('p')) return refused(text, "%path is missing; without it, paths would share their files");
    if (!has('f')) return refused(text, "%f (microseconds) is missing; without it, names are not unique");
    if (!has('s')) {
        std::string missing;
        for (const char letter : date_letters) {
            if (!has(letter)) missing += fmt::format(" %{}", letter);
        }
        if (!missing.empty()) return refused(text, "add" + missing + ", or %s instead of all of the date");
    }

    // The digits of %s and those at the end of a path's name must not run into each other.
    char open = 0;
    for (const Element& element : elements) {
        const bool separates = element.letter == 'z' || std::any_of(element.text.begin(), element.text.end(),
                                                                    [](char c) { return !is_digit(c); });
        if (separates) open = 0;
        if (element.letter != 'p' && element.letter != 's') continue;
        if (open != 0 && open != element.letter)
            return refused(text, "put something that is not a digit between %path and %s");
        open = element.letter;
    }
    return ok();
}

Result<FilePattern> FilePattern::parse(std::string_view text) {
    if (text.find('\0') != std::string_view::npos) return refused("", "there is a zero byte in it");
    const std::size_t first = std::min(text.find('%'), text.size());
    const std::size_t slash = text.substr(0, first).rfind('/');
    const std::size_t root_size = slash == std::string_view::npos ? 0 : slash + 1;

    std::string below;
    bool leaves = false;
    for_each_component(text.substr(root_size), [&](std::string_view component) {
        leaves = leaves || component == "..";
        if (component != ".") below += (below.empty() ? "" : "/") + std::string(component);
        return true;
    });
    if (leaves) return refused(text, "'..' is not possible behind a '%'; write the folder without it");
    if (text.ends_with('/')) return refused(text, "the name of the file is missing behind the last '/'");

    auto elements = split(below, text);
    if (!elements) return elements.error();
    if (auto valid = check(text, *elements); !valid) return valid.error();

    std::error_code error;
    const fs::path absolute =
        fs::absolute(root_size == 0 ? fs::path(".") : fs::path(text.substr(0, root_size)), error);
    if (error) return refused(text, "the current folder is not known: " + error.message());
    FilePattern pattern;
    pattern.root_ = (absolute / "").lexically_normal().parent_path();
    if (pattern.root_ == pattern.root_.root_path())
        return refused(text, "recordings need a folder of their own; put one before the first '%'");
    pattern.elements_ = *std::move(elements);
    return pattern;
}

std::string FilePattern::relative_file(std::string_view path_name, std::int64_t utc_us,
                                       Container container) const {
    const std::int64_t micros = ((utc_us % million) + million) % million;
    const std::tm local = local_time((utc_us - micros) / million);
    std::string file;
    for (const Element& element : elements_) {
        if (element.letter == 0) {
            file += element.text;
        } else if (element.letter == 'p') {
            file += path_name;
        } else {
            file += text_of(element.letter, utc_us, local);
        }
    }
    file += extension_of(container);
    return contained(file);
}

std::optional<FilePattern::Parsed> FilePattern::read(std::string_view relative_file) const {
    const auto container = container_of(relative_file);
    if (!container) return std::nullopt;
    relative_file.remove_suffix(extension_of(*container).size());
    Reader reader(elements_);
    if (!reader.match(relative_file)) return std::nullopt;
    Parsed parsed{std::string(reader.found('p')), 0};
    if (!reader.found('s').empty()) {
        parsed.utc_us = reader.number('s') * million + reader.number('f');
        return parsed;
    }
    std::tm local{};
    local.tm_year = static_cast<int>(reader.number('Y')) - 1900;
    local.tm_mon = static_cast<int>(reader.number('m')) - 1;
    local.tm_mday = static_cast<int>(reader.number('d'));
    local.tm_hour = static_cast<int>(reader.number('H'));
    local.tm_min = static_cast<int>(reader.number('M'));
    local.tm_sec = static_cast<int>(reader.number('S'));
    const auto seconds = utc_of(local, reader.found('z'));
    if (!seconds) return std::nullopt;
    parsed.utc_us = *seconds * million + reader.number('f');
    return parsed;
}

}  // namespace rill::record
