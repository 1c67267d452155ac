// From JSON to an option's value, as config/value.cpp does it from YAML.
#include "escape.hpp"
#include "options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace rill {
namespace {

Error at(const std::string& place, const Error& error) {
    // What is said of a deeper place starts with it.
    const bool is_deeper = error.message.starts_with('[') || error.message.starts_with('.');
    const std::string_view separator = is_deeper ? "" : ": ";
    return {error.code, place + std::string(separator) + error.message};
}

Error refusal(const Option& option, std::string_view got) {
    return {Code::invalid_config, fmt::format("expected {}, got {}", expectation(option), got)};
}

std::string_view kind_of(const Json& json) {
    if (json.is_object()) return "an object";
    if (json.is_array()) return "an array";
    return json.is_null() ? "null" : "a single value";
}

/// Numbers and booleans as YAML writes them. Nothing: it is an array, an object or null.
std::optional<std::string> scalar(const Json& json) {
    if (json.is_array() || json.is_object() || json.is_null()) return {};
    if (auto text = json.text()) return text;
    return json.dump();
}

Result<Options::Value> parse_items(const Option& option, const Json& json) {
    std::vector<std::string> items;
    for (const Json& item : json.items()) {
        auto text = scalar(item);
        if (!text) return refusal(option, fmt::format("{} in it", kind_of(item)));
        items.push_back(std::move(*text));
    }
    return parse_list(option, std::move(items));
}

Result<Options> parse_record(std::span<const Option> fields, const Json& json) {
    if (!json.is_object()) {
        return Error{Code::invalid_config, fmt::format("expected an object, got {}", kind_of(json))};
    }
    Options record = Options::defaults(fields);
    for (const auto& [name, value] : json.members()) {
        const auto field = std::ranges::find(fields, name, &Option::name);
        if (field == fields.end()) {
            return Error{Code::invalid_config, fmt::format("{} is not a known key", in_quotes(name))};
        }
        auto parsed = parse_json(*field, value);
        if (!parsed) return at("." + name, parsed.error());
        record.set(field->name, std::move(*parsed));
    }
    for (const Option& field : fields) {
        if (field.required && is_missing(field, record))
            return Error{Code::invalid_config, fmt::format(".{}: is required", field.name)};
    }
    return record;
}

Result<Options::Value> parse_records(const Option& option, const Json& json) {
    Options::Records records;
    for (const Json& item : json.items()) {
        auto record = parse_record(option.fields, item);
        if (!record) return at(fmt::format("[{}]", records.size()), record.error());
        records.push_back(std::move(*record));
    }
    return Options::Value(std::move(records));
}

}  // namespace

Result<Options::Value> parse_json(const Option& option, const Json& json) {
    if (option.type == Type::records && json.is_array()) return parse_records(option, json);
    if (option.type == Type::list && json.is_array()) return parse_items(option, json);
    if (json.is_null()) return parse_option(option, "");
    const auto text = scalar(json);
    if (!text || option.type == Type::records) return refusal(option, kind_of(json));
    return parse_option(option, *text);
}

}  // namespace rill
