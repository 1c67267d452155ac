#include "problem.hpp"

#include "util/escape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace rill::config {

std::string Problem::text() const {
    std::string result = file;
    if (line > 0) result += fmt::format(":{}", line);
    if (column > 0) result += fmt::format(":{}", column);
    if (!result.empty()) result += ": ";
    if (!key.empty()) result += key + ": ";
    return result + message;
}

void Problems::add(Problem problem) {
    if (full()) {
        ++left_out_;
        return;
    }
    list_.push_back(std::move(problem));
}

std::vector<Problem> Problems::take() {
    std::ranges::stable_sort(list_, {}, [](const Problem& p) { return std::tuple(p.line, p.column); });
    if (left_out_ > 0) {
        list_.push_back({.message = fmt::format("{} more problems are not listed", left_out_)});
    }
    left_out_ = 0;
    return std::exchange(list_, {});
}

void Reporter::add(int line, const std::string& key, std::string message) const {
    if (line > 0) {
        problems_.add({.file = file_, .line = line, .key = key, .message = std::move(message)});
    } else if (line < 0) {
        problems_.add({.line = line, .key = key, .message = std::move(message)});
    } else {
        problems_.add({.key = environment_name(key), .message = std::move(message)});
    }
}

void Reporter::add_for_file(std::string message) const {
    problems_.add({.file = file_, .message = std::move(message)});
}

std::string child_key(const std::string& parent, std::string_view key) {
    std::string result = parent.empty() ? "" : parent + ".";
    append_escaped(result, key, Notation::plain, 256);
    return result;
}

std::string environment_name(std::string_view key) {
    std::string result = "RILL_";
    for (const char c : key) {
        const bool digit = c >= '0' && c <= '9';
        const bool upper = c >= 'A' && c <= 'Z';
        const bool lower = c >= 'a' && c <= 'z';
        result += lower ? static_cast<char>(c - 'a' + 'A') : digit || upper ? c : '_';
    }
    return result;
}

}  // namespace rill::config
