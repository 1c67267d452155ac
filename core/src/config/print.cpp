#include "print.hpp"

#include "tables.hpp"
#include "util/duration.hpp"
#include "util/escape.hpp"

#include <rill/log.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <type_traits>
#include <variant>

namespace rill::config {
namespace {

constexpr std::string_view hidden = "***";

/// Plain where YAML cannot take it for anything but this text.
bool is_plain(std::string_view text) {
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const auto is_safe = [&](char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '/' || c == '-';
    };
    if (text.empty() || !is_letter(text.front()) || !std::ranges::all_of(text, is_safe)) return false;
    const std::string lower_case = to_lower(text);
    return lower_case != "null" && lower_case != "yes" && lower_case != "no" && lower_case != "true" &&
           lower_case != "false" && lower_case != "on" && lower_case != "off";
}

std::string as_scalar(std::string_view text) {
    if (is_plain(text)) return std::string(text);
    std::string out = "\"";
    append_escaped(out, text, Notation::json, SIZE_MAX);
    return out + '"';
}

class Printer {
  public:
    template <class Configured>
    void module(std::string_view indent, const Configured& now, const Configured* otherwise) {
        const auto& factory = *now.factory;
        if constexpr (requires { factory.enabled; }) {
            if (otherwise == nullptr || now.enabled != otherwise->enabled)
                line(indent, factory.id, now.enabled ? "yes" : "no");
        }
        if (otherwise != nullptr && now.options == otherwise->options) return;
        for (const Option& option : factory.options) {
            value(indent, option_key(factory.id, option.name), option, *now.options,
                  otherwise == nullptr ? nullptr : otherwise->options.get());
        }
    }

    void table(std::string_view indent, std::span<const Option> rows, const Options& now,
               const Options* otherwise) {
        for (const Option& option : rows)
            value(indent, option.name, option, now, otherwise);
    }

    void line(std::string_view indent, std::string_view key, std::string_view text) {
        out_ += fmt::format("{}{}:{}{}\n", indent, key, text.empty() ? "" : " ", text);
    }

    std::string take() { return std::move(out_); }

  private:
    void value(std::string_view indent, std::string_view key, const Option& option, const Options& now,
               const Options* otherwise) {
        if (!now.contains(option.name)) return;
        if (otherwise != nullptr && !otherwise->contains(option.name)) otherwise = nullptr;
        if (option.type == Type::records) {
            const auto& records = now.records(option.name);
            if (otherwise == nullptr || records != otherwise->records(option.name))
                sequence(indent, key, option, records);
            return;
        }
        const std::string text = scalar(option, now);
        if (otherwise != nullptr && text == scalar(option, *otherwise)) return;
        // Required, and not there: whoever reads this again is told so.
        if (option.required && text == "\"\"") return;
        line(indent, key, option.secret && text != "\"\"" ? as_scalar(hidden) : text);
    }

    static std::string scalar(const Option& option, const Options& values) {
        switch (option.type) {
            case Type::boolean:
                return values.boolean(option.name) ? "yes" : "no";
            case Type::integer:
                return fmt::format("{}", values.integer(option.name));
            case Type::duration:
                return format_duration(values.duration(option.name));
            case Type::size:
                return format_size(values.integer(option.name));
            case Type::list: {
                std::vector<std::string> items;
                for (const std::string& item : values.list(option.name))
                    items.push_back(as_scalar(mask_credentials(item)));
                return fmt::format("[{}]", fmt::join(items, ", "));
            }
            default:
                return as_scalar(mask_credentials(values.text(option.name)));
        }
    }

    void sequence(std::string_view indent, std::string_view key, const Option& option,
                  const Options::Records& records) {
        line(indent, key, records.empty() ? "[]" : "");
        const std::string deeper = std::string(indent) + "    ";
        for (const Options& record : records) {
            const std::size_t start = out_.size();
            table(deeper, option.fields, record, nullptr);
            if (out_.size() > start) out_[start + deeper.size() - 2] = '-';
        }
    }

    std::string out_;
};

template <class Factory>
void print_modules(Printer& printer, std::string_view indent, const std::vector<Configured<Factory>>& now,
                   const std::vector<Configured<Factory>>* otherwise) {
    for (std::size_t at = 0; at < now.size(); ++at)
        printer.module(indent, now[at], otherwise == nullptr ? nullptr : &(*otherwise)[at]);
}

}  // namespace

std::string to_yaml(const Config& config) {
    constexpr std::string_view indent = "  ";
    constexpr std::string_view deeper = "    ";
    Printer printer;
    const PathDefaults& defaults = config.path_defaults;
    printer.table("", global_options(), config.core, nullptr);
    print_modules(printer, "", config.controllers, {});
    printer.line("", "pathDefaults", "");
    printer.table(indent, path_options(), defaults.core, nullptr);
    printer.table(indent, shared_options(), defaults.core, nullptr);
    print_modules(printer, indent, defaults.sources, {});
    print_modules(printer, indent, defaults.sinks, {});
    printer.line("", "paths", config.path_order.empty() ? "{}" : "");
    for (const std::string& name : config.path_order) {
        const PathConfig& path = config.paths.find(name)->second;
        printer.line(indent, as_scalar(name), "");
        printer.table(deeper, path_options(), path.core, &defaults.core);
        printer.table(deeper, shared_options(), path.core, &defaults.core);
        const auto own =
            std::ranges::find(defaults.sources, path.source.factory, &Configured<SourceFactory>::factory);
        if (own != defaults.sources.end()) printer.module(deeper, path.source, &*own);
        print_modules(printer, deeper, path.sinks, &defaults.sinks);
    }
    return printer.take();
}

}  // namespace rill::config
