#include "util/escape.hpp"

#include <rill/json.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace rill {
namespace {

const Json null_value;

void write_text(std::string& out, std::string_view text) {
    out += '"';
    append_escaped(out, text, Notation::json, std::numeric_limits<std::size_t>::max());
    out += '"';
}

void write_number(std::string& out, double number) {
    if (!std::isfinite(number)) {
        out += "null";
        return;
    }
    const std::size_t start = out.size();
    fmt::format_to(std::back_inserter(out), "{}", number);
    // Whole numbers keep a fraction, so that they are read back as what they were.
    if (out.find_first_of(".e", start) == std::string::npos) out += ".0";
}

}  // namespace

Json::Json(std::vector<Member> members) : value_(std::move(members)) {}

Json Json::object() {
    Json json;
    json.value_ = Object();
    return json;
}

Json Json::array() {
    Json json;
    json.value_ = Array();
    return json;
}

Json& Json::set(std::string_view key, Json value) & {
    if (!is_object()) value_ = Object();
    auto& object = std::get<Object>(value_);
    const auto found =
        std::find_if(object.begin(), object.end(), [&](const Member& member) { return member.first == key; });
    if (found == object.end()) {
        object.emplace_back(key, std::move(value));
    } else {
        found->second = std::move(value);
    }
    return *this;
}

Json&& Json::set(std::string_view key, Json value) && {
    return std::move(set(key, std::move(value)));
}

Json& Json::append(Json value) & {
    if (!is_array()) value_ = Array();
    std::get<Array>(value_).push_back(std::move(value));
    return *this;
}

Json&& Json::append(Json value) && {
    return std::move(append(std::move(value)));
}

bool Json::is_null() const {
    return std::holds_alternative<std::nullptr_t>(value_);
}

bool Json::is_object() const {
    return std::holds_alternative<Object>(value_);
}

bool Json::is_array() const {
    return std::holds_alternative<Array>(value_);
}

std::optional<bool> Json::boolean() const {
    const auto* value = std::get_if<bool>(&value_);
    return value == nullptr ? std::nullopt : std::optional(*value);
}

std::optional<std::int64_t> Json::integer() const {
    const auto* value = std::get_if<std::int64_t>(&value_);
    return value == nullptr ? std::nullopt : std::optional(*value);
}

std::optional<double> Json::number() const {
    if (const auto whole = integer()) return static_cast<double>(*whole);
    const auto* value = std::get_if<double>(&value_);
    return value == nullptr ? std::nullopt : std::optional(*value);
}

std::optional<std::string> Json::text() const {
    const auto* value = std::get_if<std::string>(&value_);
    return value == nullptr ? std::nullopt : std::optional(*value);
}

const Json& Json::operator[](std::string_view key) const {
    for (const auto& [name, value] : members()) {
        if (name == key) return value;
    }
    return null_value;
}

bool Json::contains(std::string_view key) const {
    const auto all = members();
    return std::any_of(all.begin(), all.end(), [&](const Member& member) { return member.first == key; });
}

std::span<const Json::Member> Json::members() const {
    const auto* object = std::get_if<Object>(&value_);
    return object == nullptr ? std::span<const Member>() : std::span<const Member>(*object);
}

std::span<const Json> Json::items() const {
    const auto* array = std::get_if<Array>(&value_);
    return array == nullptr ? std::span<const Json>() : std::span<const Json>(*array);
}

std::string Json::dump() const {
    std::string out;
    write(out);
    return out;
}

void Json::write(std::string& out) const {
    std::string_view separator;
    if (is_object()) {
        out += '{';
        for (const auto& [name, value] : members()) {
            out += std::exchange(separator, ",");
            write_text(out, name);
            out += ':';
            value.write(out);
        }
        out += '}';
    } else if (is_array()) {
        out += '[';
        for (const Json& item : items()) {
            out += std::exchange(separator, ",");
            item.write(out);
        }
        out += ']';
    } else if (const auto* text = std::get_if<std::string>(&value_)) {
        write_text(out, *text);
    } else if (const auto* whole = std::get_if<std::int64_t>(&value_)) {
        fmt::format_to(std::back_inserter(out), "{}", *whole);
    } else if (const auto* fraction = std::get_if<double>(&value_)) {
        write_number(out, *fraction);
    } else {
        out += is_null() ? "null" : *boolean() ? "true" : "false";
    }
}

}  // namespace rill
