#include "print.hpp"

#include "hooks/path_hooks.hpp"
#include "scalar.hpp"
#include "shown.hpp"
#include "tables.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rill::config {
namespace {

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

    void service(const Service& service) {
        for (const Option& option : service_options(service.id))
            value("", option_key(service.id, option.name), option, service.options, nullptr);
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
        if (otherwise != nullptr && now.has_same(option.name, *otherwise)) return;
        const Json value = shown(option, now, Secrets::masked);
        // Required, and not there: whoever reads this again is told so.
        if (option.required && value == Json("")) return;
        if (option.type == Type::records) {
            sequence(indent, key, option, now.records(option.name));
        } else {
            line(indent, key, as_yaml(option, value));
        }
    }

    static std::string as_yaml(const Option& option, const Json& value) {
        if (const auto is_on = value.boolean()) return *is_on ? "yes" : "no";
        if (const auto text = value.text()) {
            const bool has_unit = option.type == Type::duration || option.type == Type::size;
            return has_unit ? *text : as_scalar(*text);
        }
        if (!value.is_array()) return value.dump();
        std::vector<std::string> items;
        for (const Json& item : value.items())
            items.push_back(as_scalar(item.text().value_or("")));
        return fmt::format("[{}]", fmt::join(items, ", "));
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
    for (const Service& service : config.services)
        printer.service(service);
    print_modules(printer, "", config.controllers, {});
    printer.line("", "pathDefaults", "");
    printer.table(indent, path_options(), defaults.core, nullptr);
    printer.table(indent, hooks::path_hook_options(), *defaults.hooks, nullptr);
    printer.table(indent, shared_options(), defaults.core, nullptr);
    print_modules(printer, indent, defaults.sources, {});
    print_modules(printer, indent, defaults.sinks, {});
    printer.line("", "paths", config.path_keys().empty() ? "{}" : "");
    for (const std::string& name : config.path_keys()) {
        const PathConfig& path = *config.find(name);
        printer.line(indent, as_scalar(name), "");
        printer.table(deeper, path_options(), path.core, &defaults.core);
        printer.table(deeper, hooks::path_hook_options(), *path.hooks, defaults.hooks.get());
        printer.table(deeper, shared_options(), path.core, &defaults.core);
        const auto own =
            std::ranges::find(defaults.sources, path.source.factory, &Configured<SourceFactory>::factory);
        if (own != defaults.sources.end()) printer.module(deeper, path.source, &*own);
        print_modules(printer, deeper, path.sinks, &defaults.sinks);
    }
    return printer.take();
}

}  // namespace rill::config
