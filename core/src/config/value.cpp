#include "value.hpp"

#include "suggest.hpp"
#include "util/options.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rill::config {
namespace {

std::optional<Options::Value> reported(Result<Options::Value> value, const Node& node, const std::string& key,
                                       const Reporter& report) {
    if (value) return std::move(*value);
    report.add(node.line, key, value.error().message);
    return {};
}

std::optional<Options> parse_record(std::span<const Option> fields, const Node& node, const std::string& key,
                                    const Reporter& report) {
    if (node.kind != Node::Kind::mapping) {
        report.add(node.line, key, fmt::format("expected a mapping, got {}", node.kind_name()));
        return {};
    }
    Options result = Options::defaults(fields);
    bool good = true;
    for (const Entry& entry : node.entries) {
        const std::string entry_key = child_key(key, entry.key);
        const auto field = std::ranges::find(fields, entry.key, &Option::name);
        if (field == fields.end()) {
            std::vector<std::string_view> names;
            for (const Option& known : fields)
                names.push_back(known.name);
            report.add(entry.line, entry_key, unknown_key(nearest_of(names, entry.key)));
            good = false;
            continue;
        }
        auto value = parse_value(*field, entry.value, entry_key, report);
        good = good && value.has_value();
        if (value) result.set(field->name, std::move(*value));
    }
    if (!good) return {};
    for (const Option& field : fields) {
        if (!field.required || !is_missing(field, result)) continue;
        report.add(node.line, child_key(key, field.name), "is required");
        good = false;
    }
    if (!good) return {};
    return result;
}

std::optional<Options::Value> parse_records(const Option& option, const Node& node, const std::string& key,
                                            const Reporter& report) {
    Options::Records records;
    for (std::size_t i = 0; i < node.items.size(); ++i) {
        auto record = parse_record(option.fields, node.items[i], fmt::format("{}[{}]", key, i), report);
        if (record) records.push_back(std::move(*record));
    }
    if (records.size() < node.items.size()) return {};
    return Options::Value(std::move(records));
}

std::optional<Options::Value> parse_items(const Option& option, const Node& node, const std::string& key,
                                          const Reporter& report) {
    std::vector<std::string> items;
    for (const Node& item : node.items) {
        if (item.kind == Node::Kind::scalar) {
            items.push_back(item.text);
            continue;
        }
        report.add(item.line, key, fmt::format("expected a list of texts, got {} in it", item.kind_name()));
        return {};
    }
    return reported(parse_list(option, std::move(items)), node, key, report);
}

}  // namespace

std::optional<Options::Value> parse_value(const Option& option, const Node& node, const std::string& key,
                                          const Reporter& report) {
    if (node.kind == Node::Kind::scalar) {
        return reported(parse_option(option, node.is_null() ? "" : node.text), node, key, report);
    }
    if (node.kind == Node::Kind::sequence) {
        if (option.type == Type::records) return parse_records(option, node, key, report);
        if (option.type == Type::list) return parse_items(option, node, key, report);
    }
    report.add(node.line, key, fmt::format("expected {}, got {}", expectation(option), node.kind_name()));
    return {};
}

}  // namespace rill::config
