#include "validate.hpp"

#include "util/escape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace rill {
namespace {

constexpr std::size_t id_bytes = 32;
constexpr std::size_t name_bytes = 64;
constexpr int record_depth = 4;

bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}

bool is_alphanumeric(char c) {
    return is_lower(c) || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// Lower case only, so that the module's part of a key ends at the first capital.
bool is_id(std::string_view text) {
    return !text.empty() && text.size() <= id_bytes && is_lower(text[0]) &&
           std::ranges::all_of(text, [](char c) { return is_alphanumeric(c) && !(c >= 'A' && c <= 'Z'); });
}

bool is_lower_camel_case(std::string_view text) {
    return !text.empty() && text.size() <= name_bytes && is_lower(text[0]) &&
           std::ranges::all_of(text, is_alphanumeric);
}

/// RFC 3986 §3.1, in lower case.
bool is_scheme(std::string_view text) {
    return !text.empty() && is_lower(text[0]) && std::ranges::all_of(text, [](char c) {
        return is_lower(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
    });
}

bool is_type(Type type) {
    return type >= Type::boolean && type <= Type::records;
}

class Checker {
  public:
    std::vector<std::string> take() { return std::move(problems_); }

    template <class Factory>
    void check_factory(std::string_view kind, const Factory& factory) {
        const std::string where = fmt::format("{} {}", kind, in_quotes(factory.id));
        if (!is_id(factory.id)) add(where, "the id must be lower-case letters and digits");
        if (factory.summary.empty()) add(where, "has no summary");
        if (factory.create == nullptr) add(where, "has no create function");
        check_table(where, factory.options, 0);
    }

    void add(std::string_view where, std::string_view what) {
        problems_.push_back(fmt::format("{}: {}", where, what));
    }

  private:
    void check_table(const std::string& where, std::span<const Option> table, int depth) {
        std::set<std::string_view> names;
        for (const Option& option : table) {
            const std::string place = fmt::format("{}: option {}", where, in_quotes(option.name));
            if (!is_lower_camel_case(option.name)) add(place, "the name must be in lowerCamelCase");
            if (!names.insert(option.name).second) add(place, "is there twice");
            if (option.doc.empty()) add(place, "has no doc");
            check_values(place, option, depth);
        }
    }

    void check_values(const std::string& place, const Option& option, int depth) {
        if (!is_type(option.type)) {
            add(place, "has no valid type");
            return;
        }
        if (option.type == Type::choice && option.choices.empty()) add(place, "has no choices");
        if (option.minimum > option.maximum) add(place, "the minimum is above the maximum");
        if (option.type == Type::records) {
            if (option.fields.empty()) add(place, "has no fields");
            if (depth == record_depth) {
                add(place, "records are nested too deeply");
            } else {
                check_table(place, option.fields, depth + 1);
            }
        }
        if (option.required && option.fallback.empty()) return;
        const auto value = parse_option(option, option.fallback);
        if (!value) add(place, "the fallback is not valid: " + value.error().message);
    }

    std::vector<std::string> problems_;
};

void append_keys(std::vector<std::string>& keys, std::string_view id, std::span<const Option> options) {
    for (const Option& option : options)
        keys.push_back(option_key(id, option.name));
}

}  // namespace

std::vector<std::string> check_module(const Module& module) {
    if (module.abi != module_abi) {
        return {fmt::format("built for ABI {}, this is ABI {}", module.abi, module_abi)};
    }
    Checker checker;
    const std::string where = fmt::format("module {}", in_quotes(module.name));
    if (!is_id(module.name)) checker.add(where, "the name must be lower-case letters and digits");
    if (module.version.empty()) checker.add(where, "has no version");
    if (module.sources.empty() && module.sinks.empty() && module.controllers.empty()) {
        checker.add(where, "has no source, sink or controller");
    }
    for (const SourceFactory& source : module.sources) {
        checker.check_factory("source", source);
        if (source.schemes.empty())
            checker.add(fmt::format("source {}", in_quotes(source.id)), "has no schemes");
        for (const std::string_view scheme : source.schemes) {
            if (is_scheme(scheme)) continue;
            checker.add(fmt::format("source {}", in_quotes(source.id)),
                        fmt::format("{} is no URL scheme in lower case", in_quotes(scheme)));
        }
    }
    for (const SinkFactory& sink : module.sinks) {
        checker.check_factory("sink", sink);
        for (const Route& route : sink.routes) {
            if (!route.pattern.empty() && !route.pattern.starts_with('/')) continue;
            checker.add(fmt::format("sink {}", in_quotes(sink.id)),
                        fmt::format("the route {} must be relative to the path", in_quotes(route.pattern)));
        }
    }
    for (const ControllerFactory& controller : module.controllers) {
        checker.check_factory("controller", controller);
    }
    if (module.archive != nullptr) {
        const auto is_its_sink = [&module](const SinkFactory& sink) { return sink.id == module.archive->id; };
        if (std::ranges::none_of(module.sinks, is_its_sink))
            checker.add(fmt::format("archive {}", in_quotes(module.archive->id)),
                        "has no sink of this id beside it");
        if (module.archive->create == nullptr)
            checker.add(fmt::format("archive {}", in_quotes(module.archive->id)), "has no create()");
    }
    return checker.take();
}

std::vector<std::string> configuration_keys(const Module& module) {
    std::vector<std::string> keys;
    for (const SourceFactory& source : module.sources)
        append_keys(keys, source.id, source.options);
    for (const SinkFactory& sink : module.sinks) {
        keys.emplace_back(sink.id);
        append_keys(keys, sink.id, sink.options);
    }
    for (const ControllerFactory& controller : module.controllers) {
        keys.emplace_back(controller.id);
        append_keys(keys, controller.id, controller.options);
    }
    return keys;
}

}  // namespace rill
