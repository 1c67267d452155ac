// A configuration that is what the test says.
#pragma once

#include <rill/configuration.hpp>

#include <map>
#include <string>
#include <vector>

namespace rill::test {

/// Values as they were set: nothing is checked, and nothing follows from them.
class FixedConfiguration final : public Configuration {
  public:
    Json global_values = Json::object();
    Json default_values = Json::object();
    std::map<std::string, Json> paths;
    /// What every change answers; with an error nothing changes.
    Result<> answer = ok();

    Json global() const override { return global_values; }
    Json path_defaults() const override { return default_values; }
    std::vector<std::string> path_names() const override;
    Result<Json> path(const std::string& name) const override;
    Result<> patch_global(const Json& values) override;
    Result<> patch_path_defaults(const Json& values) override;
    Result<> patch_path(const std::string& name, const Json& values) override;
    Result<> add_path(const std::string& name, const Json& values) override;
    Result<> replace_path(const std::string& name, const Json& values) override;
    Result<> remove_path(const std::string& name) override;

  private:
    Result<> patch(Json& target, const Json& values);
};

}  // namespace rill::test
