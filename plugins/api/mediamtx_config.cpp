#include "mediamtx_config.hpp"

#include "mediamtx_item.hpp"
#include "page.hpp"

#include <rill/json.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace rill::api {
namespace {

using http::Response;

constexpr std::string_view name_key = "name";

Response shown(const Json& values) {
    return Response::json(200, values.dump());
}

Response done(const Result<>& change) {
    if (change) return shown(Json::object().set("status", "ok"));
    const bool conflicts = change.error().code == Code::conflict;
    return Response::error({conflicts ? Code::invalid_config : change.error().code, change.error().message});
}

/// What there is one of: "global", "pathdefaults".
struct Section {
    std::string_view get, patch;
    Json (Configuration::*read)() const;
    Result<> (Configuration::*change)(const Json&);
};
constexpr auto sections = std::to_array<Section>({
    {"global/get", "global/patch", &Configuration::global, &Configuration::patch_global},
    {"pathdefaults/get", "pathdefaults/patch", &Configuration::path_defaults,
     &Configuration::patch_path_defaults},
});

/// What changes a path, and takes a body.
struct Change {
    std::string_view verb, method;
    Result<> (Configuration::*change)(const std::string&, const Json&);
};
constexpr auto changes = std::to_array<Change>({
    {"paths/add", "POST", &Configuration::add_path},
    {"paths/patch", "PATCH", &Configuration::patch_path},
    {"paths/replace", "POST", &Configuration::replace_path},
});

Response patch(Configuration& configuration, const Section& section, const http::Request& request) {
    const auto body = Json::parse(request.body);
    return body ? done((configuration.*section.change)(*body)) : Response::error(body.error());
}

/// As clients read it, and may send it back.
Json with_name(const std::string& name, const Json& values) {
    Json named = Json::object().set(name_key, name);
    for (const auto& [key, value] : values.members())
        named.set(key, value);
    return named;
}

Result<Json> without_name(const std::string& name, const Json& body) {
    if (!body.contains(name_key)) return body;
    if (body[name_key] != Json(name))
        return Error{Code::invalid_config, "name: a path cannot be renamed; add another and delete this one"};
    Json values = Json::object();
    for (const auto& [key, value] : body.members()) {
        if (key != name_key) values.set(key, value);
    }
    return values;
}

Response apply(Configuration& configuration, const Change& change, const std::string& name,
               const http::Request& request) {
    const auto body = Json::parse(request.body);
    if (!body) return Response::error(body.error());
    const auto values = without_name(name, *body);
    if (!values) return Response::error(values.error());
    return done((configuration.*change.change)(name, *values));
}

Response list(const Configuration& configuration, const http::Request& request) {
    const auto page = Page::of(request);
    if (!page) return Response::error(page.error());
    return shown(page_of(configuration.path_names(), *page, [&configuration](const std::string& name) {
        const auto values = configuration.path(name);
        return with_name(name, values ? *values : Json::object());
    }));
}

Response get(const Configuration& configuration, const std::string& name) {
    const auto values = configuration.path(name);
    return values ? shown(with_name(name, *values)) : Response::error(values.error());
}

/// The answer if the method is the one that is needed.
template <class F>
Response with_method(const http::Request& request, std::string_view method, F answer) {
    return request.method == method ? answer() : Response::method_not_allowed(request.method, method);
}

}  // namespace

Response answer_mediamtx_config(const http::Request& request, Configuration& configuration,
                                const std::string& rest) {
    for (const Section& section : sections) {
        if (rest == section.get)
            return with_method(request, "GET", [&] { return shown((configuration.*section.read)()); });
        if (rest == section.patch)
            return with_method(request, "PATCH", [&] { return patch(configuration, section, request); });
    }
    if (rest == "paths/list")
        return with_method(request, "GET", [&] { return list(configuration, request); });
    if (const auto name = item_name(rest, "paths/get"))
        return with_method(request, "GET", [&] { return get(configuration, *name); });
    if (const auto name = item_name(rest, "paths/delete"))
        return with_method(request, "DELETE", [&] { return done(configuration.remove_path(*name)); });
    for (const Change& change : changes) {
        if (const auto name = item_name(rest, change.verb))
            return with_method(request, change.method,
                               [&] { return apply(configuration, change, *name, request); });
    }
    return nothing_there(rest,
                         "global/get|patch, pathdefaults/get|patch, paths/list or "
                         "paths/get|add|patch|replace|delete/<name>");
}

}  // namespace rill::api
