// What is configured, and its change while everything runs.
#pragma once

#include <rill/json.hpp>
#include <rill/result.hpp>

#include <string>
#include <vector>

namespace rill {

/// Values have the YAML's key names and are JSON as MediaMTX's control API has it: durations are texts
/// ("10s"), sizes too ("50M"), records are arrays of objects. What is read holds every key with the value in
/// force. Secrets are "***" there, also in URLs; sent back so, they stay what they are.
///
/// A change is all or nothing, and goes the way that a change of the file goes: checked as a whole, only
/// paths that it changes begin again. It outlives changes of the file, and with `apiPersist: yes` the
/// process. The environment stands above it.
///
/// Errors of changes: invalid_config, with key and reason; unavailable when it cannot be kept (apiPersist).
///
/// Threading: the main thread. Changes may wait for the disk.
class Configuration {
  public:
    virtual ~Configuration() = default;

    /// What the top level of the YAML may hold. A key that pathDefaults may hold too has the value of paths
    /// that say nothing themselves.
    virtual Json global() const = 0;
    virtual Json path_defaults() const = 0;
    virtual std::vector<std::string> path_names() const = 0;  ///< as configured, in order
    /// Error: not_found.
    virtual Result<Json> path(const std::string& name) const = 0;

    /// Sets the members of an object, and leaves other keys as they are.
    virtual Result<> patch_global(const Json& values) = 0;
    virtual Result<> patch_path_defaults(const Json& values) = 0;
    /// Error: not_found.
    virtual Result<> patch_path(const std::string& name, const Json& values) = 0;
    /// Error: conflict when it is there.
    virtual Result<> add_path(const std::string& name, const Json& values) = 0;
    /// The path has these values and no others of its own; it need not have been there.
    virtual Result<> replace_path(const std::string& name, const Json& values) = 0;
    /// One of the file stays removed, whatever the file says later, until it is added again. Error:
    /// not_found.
    virtual Result<> remove_path(const std::string& name) = 0;
};

}  // namespace rill
