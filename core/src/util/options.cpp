#include "options.hpp"

#include "duration.hpp"
#include "escape.hpp"

#include <rill/json.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <optional>

namespace rill {
namespace {

[[noreturn]] void programming_error(std::string_view what, std::string_view name) {
    fmt::print(stderr, "option {}: {}\n", in_quotes(name), what);
    std::abort();
}

std::string format_bound(Type type, std::int64_t bound) {
    switch (type) {
        case Type::duration:
            return format_duration(std::chrono::milliseconds(bound));
        case Type::size:
            return format_size(bound);
        default:
            return fmt::format("{}", bound);
    }
}

/// " ≥ 1", " from 1 to 10", or nothing.
std::string range_of(const Option& option) {
    // Durations and sizes are never negative, so a lower bound of 0 says nothing.
    const std::int64_t lowest = option.type == Type::integer ? INT64_MIN : 0;
    const bool from = option.minimum > lowest;
    const bool to = option.maximum < INT64_MAX;
    const std::string low = from ? format_bound(option.type, option.minimum) : "";
    const std::string high = to ? format_bound(option.type, option.maximum) : "";
    if (from && to) return fmt::format(" from {} to {}", low, high);
    if (from) return fmt::format(" ≥ {}", low);
    if (to) return fmt::format(" ≤ {}", high);
    return "";
}

}  // namespace

std::string expectation(const Option& option) {
    switch (option.type) {
        case Type::boolean:
            return "yes or no";
        case Type::integer:
            return "an integer" + range_of(option);
        case Type::duration:
            return fmt::format("a duration{} (such as 10s, 200ms or 1h30m)", range_of(option));
        case Type::size:
            return fmt::format("a size{} (such as 50M, 64k or 1024)", range_of(option));
        case Type::text:
            return "a text";
        case Type::choice:
            return fmt::format("one of {}", fmt::join(option.choices, ", "));
        case Type::list:
            if (option.choices.empty()) return "a list of texts, none of them empty";
            return fmt::format("a list of any of {}", fmt::join(option.choices, ", "));
        case Type::records:
            return "a sequence of mappings";
    }
    programming_error("has no valid type", option.name);
}

namespace {

Error refusal(const Option& option, std::string_view text) {
    if (option.secret) return {Code::invalid_config, "expected " + expectation(option)};
    return {Code::invalid_config, fmt::format("expected {}, got {}", expectation(option), in_quotes(text))};
}

bool equals_ignoring_case(std::string_view text, std::string_view lower_case) {
    return std::ranges::equal(text, lower_case, {}, [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
}

std::optional<bool> boolean_of(std::string_view text) {
    if (equals_ignoring_case(text, "yes") || equals_ignoring_case(text, "true")) return true;
    if (equals_ignoring_case(text, "no") || equals_ignoring_case(text, "false")) return false;
    return {};
}

std::optional<std::int64_t> integer_of(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return {};
    return value;
}

bool in_range(const Option& option, std::int64_t value) {
    return value >= option.minimum && value <= option.maximum;
}

bool in_range(const Option& option, std::chrono::nanoseconds value) {
    return std::chrono::floor<std::chrono::milliseconds>(value).count() >= option.minimum &&
           std::chrono::ceil<std::chrono::milliseconds>(value).count() <= option.maximum;
}

std::vector<std::string> split_at_commas(std::string_view text) {
    std::vector<std::string> items;
    if (text.empty()) return items;
    for (std::size_t start = 0; start <= text.size();) {
        const std::size_t comma = std::min(text.find(',', start), text.size());
        std::string_view item = text.substr(start, comma - start);
        while (item.starts_with(' '))
            item.remove_prefix(1);
        while (item.ends_with(' '))
            item.remove_suffix(1);
        items.emplace_back(item);
        start = comma + 1;
    }
    return items;
}

}  // namespace

Result<Options::Value> parse_list(const Option& option, std::vector<std::string> items) {
    for (const std::string& item : items) {
        if (item.empty()) return refusal(option, item);
        if (!option.choices.empty() && std::ranges::find(option.choices, item) == option.choices.end()) {
            return refusal(option, item);
        }
    }
    return Options::Value(std::move(items));
}

namespace {

/// A sequence of mappings in one line, as fallbacks and variables of the environment have it.
Result<Options::Value> parse_json_text(const Option& option, std::string_view text) {
    const auto json = Json::parse(text);
    if (!json) return Error{Code::invalid_config, json.error().message};
    return parse_json(option, *json);
}

}  // namespace

Result<Options::Value> parse_option(const Option& option, std::string_view text) {
    switch (option.type) {
        case Type::boolean:
            if (const auto value = boolean_of(text)) return Options::Value(*value);
            break;
        case Type::integer:
            if (const auto value = integer_of(text); value && in_range(option, *value)) {
                return Options::Value(*value);
            }
            break;
        case Type::duration:
            if (const auto value = parse_duration(text); value && in_range(option, *value)) {
                return Options::Value(*value);
            }
            break;
        case Type::size:
            if (const auto value = parse_size(text); value && in_range(option, *value)) {
                return Options::Value(*value);
            }
            break;
        case Type::text:
            return Options::Value(std::string(text));
        case Type::choice:
            if (std::ranges::find(option.choices, text) != option.choices.end()) {
                return Options::Value(std::string(text));
            }
            break;
        case Type::list:
            return parse_list(option, split_at_commas(text));
        case Type::records:
            if (text.empty()) return Options::Value(Options::Records());
            if (text.starts_with('[')) return parse_json_text(option, text);
            break;
    }
    return refusal(option, text);
}

std::string option_key(std::string_view module, std::string_view option) {
    std::string key(module);
    key += option;
    char& initial = key[module.size()];
    if (!option.empty() && initial >= 'a' && initial <= 'z') initial = static_cast<char>(initial - 'a' + 'A');
    return key;
}

namespace {

template <class T>
const T& value_of(const std::map<std::string, Options::Value, std::less<>>& values, std::string_view name) {
    const auto found = values.find(name);
    if (found == values.end()) programming_error("is not in the table", name);
    const T* value = std::get_if<T>(&found->second);
    if (value == nullptr) programming_error("has another type", name);
    return *value;
}

}  // namespace

bool Options::boolean(std::string_view name) const {
    return value_of<bool>(values_, name);
}

std::int64_t Options::integer(std::string_view name) const {
    return value_of<std::int64_t>(values_, name);
}

std::chrono::nanoseconds Options::duration(std::string_view name) const {
    return value_of<std::chrono::nanoseconds>(values_, name);
}

const std::string& Options::text(std::string_view name) const {
    return value_of<std::string>(values_, name);
}

const std::vector<std::string>& Options::list(std::string_view name) const {
    return value_of<std::vector<std::string>>(values_, name);
}

const Options::Records& Options::records(std::string_view name) const {
    return value_of<Records>(values_, name);
}

bool Options::contains(std::string_view name) const {
    return values_.contains(name);
}

bool Options::has_same(std::string_view name, const Options& other) const {
    const auto mine = values_.find(name);
    const auto theirs = other.values_.find(name);
    if (mine == values_.end() || theirs == other.values_.end())
        return mine == values_.end() && theirs == other.values_.end();
    return mine->second == theirs->second;
}

void Options::set(std::string_view name, Value value) {
    values_.insert_or_assign(std::string(name), std::move(value));
}

Options Options::defaults(std::span<const Option> table) {
    Options result;
    for (const Option& option : table) {
        // A required row needs no fallback: whoever asks for it has been given a value.
        auto value = parse_option(option, option.fallback);
        if (value) {
            result.set(option.name, std::move(*value));
        } else if (!option.required) {
            programming_error(value.error().message, option.name);
        }
    }
    return result;
}

bool is_missing(const Option& option, const Options& options) {
    if (!options.contains(option.name)) return true;
    switch (option.type) {
        case Type::text:
            return options.text(option.name).empty();
        case Type::list:
            return options.list(option.name).empty();
        case Type::records:
            return options.records(option.name).empty();
        default:
            return false;
    }
}

}  // namespace rill
