#include "environment.hpp"

#include <rill/ref.hpp>

#include <fmt/format.h>
#include <glib.h>

#include <algorithm>
#include <unistd.h>

namespace rill::hooks {
namespace {

std::string storable(std::string_view value) {
    std::string out;
    for (const char c : value.substr(0, Environment::value_bytes)) {
        if (c == '\0') {
            out += "\xef\xbf\xbd";
        } else {
            out += c;
        }
    }
    out.resize(std::min(out.size(), Environment::value_bytes));
    return out;
}

std::string our_name(std::string_view name) {
    constexpr std::string_view theirs = "MTX_";
    if (name.starts_with(theirs)) name.remove_prefix(theirs.size());
    return "RILL_" + std::string(name);
}

}  // namespace

Environment& Environment::set(std::string_view name, std::string_view value) {
    values_[our_name(name)] = storable(value);
    values_[std::string(name)] = storable(value);
    return *this;
}

Environment& Environment::set_query(std::string_view raw_query) {
    const Owned<char> escaped(
        g_uri_escape_bytes(reinterpret_cast<const guint8*>(raw_query.data()), raw_query.size(), nullptr));
    std::string encoded;
    for (std::string_view rest = escaped.get(); !rest.empty();) {
        const bool space = rest.starts_with("%20");
        encoded += space ? '+' : rest[0];
        rest.remove_prefix(space ? 3 : 1);
    }
    return set("MTX_QUERY", encoded);
}

std::optional<std::string_view> Environment::find(const std::string& name) const {
    const auto found = values_.find(name);
    if (found == values_.end()) return std::nullopt;
    return found->second;
}

std::vector<std::string> Environment::for_child() const {
    std::vector<std::string> out;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        const std::string_view text = *variable;
        if (!values_.contains(std::string(text.substr(0, text.find('='))))) out.emplace_back(text);
    }
    for (const auto& [name, value] : values_)
        out.push_back(fmt::format("{}={}", name, value));
    return out;
}

}  // namespace rill::hooks
