#include "fixed_configuration.hpp"

namespace rill::test {
namespace {

const Error unknown{Code::not_found, "no such path"};

}  // namespace

std::vector<std::string> FixedConfiguration::path_names() const {
    std::vector<std::string> names;
    for (const auto& [name, values] : paths)
        names.push_back(name);
    return names;
}

Result<Json> FixedConfiguration::path(const std::string& name) const {
    const auto found = paths.find(name);
    if (found == paths.end()) return unknown;
    return found->second;
}

Result<> FixedConfiguration::patch(Json& target, const Json& values) {
    if (!answer) return answer;
    for (const auto& [key, value] : values.members())
        target.set(key, value);
    return ok();
}

Result<> FixedConfiguration::patch_global(const Json& values) {
    return patch(global_values, values);
}

Result<> FixedConfiguration::patch_path_defaults(const Json& values) {
    return patch(default_values, values);
}

Result<> FixedConfiguration::patch_path(const std::string& name, const Json& values) {
    const auto found = paths.find(name);
    if (found == paths.end()) return unknown;
    return patch(found->second, values);
}

Result<> FixedConfiguration::add_path(const std::string& name, const Json& values) {
    if (paths.contains(name)) return Error{Code::conflict, "the path exists"};
    return replace_path(name, values);
}

Result<> FixedConfiguration::replace_path(const std::string& name, const Json& values) {
    if (!answer) return answer;
    paths[name] = values;
    return ok();
}

Result<> FixedConfiguration::remove_path(const std::string& name) {
    if (!paths.contains(name)) return unknown;
    if (answer) paths.erase(name);
    return answer;
}

}  // namespace rill::test
