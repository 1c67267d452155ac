// What was changed through the API, as a layer over the file.
#pragma once

#include "problem.hpp"
#include "yaml.hpp"

#include <rill/json.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rill::config {

/// Whether a key of the top level is not set by patch_global().
bool has_own_part(std::string_view key);

/// Keys that are set over those of the file, paths that are the API's own, and paths of the file that are
/// gone. It says nothing about whether all that is right: what comes out is loaded as any file is.
///
/// Threading: a value that one thread at a time uses.
class Overlay {
  public:
    /// Each takes an object, and sets its members.
    void patch_global(const Json& values);
    void patch_path_defaults(const Json& values);
    void patch_path(std::string_view name, const Json& values);
    /// The path is this, whatever the file says of it.
    void put_path(std::string_view name, const Json& values);
    void remove_path(const std::string& name);

    /// Whether the whole path is the API's.
    bool owns(std::string_view path) const;
    /// Over the tree of a file. What came from here has the line `api_line`.
    void apply(Node& root) const;

    /// As a file of its own; nothing was changed: "".
    std::string to_yaml() const;
    static std::optional<Overlay> parse(std::string_view yaml, const std::string& file, Problems& problems);

  private:
    struct Part;

    static Node mapping();
    static std::span<const Part> parts();

    Node global_ = mapping();
    Node path_defaults_ = mapping();
    Node changed_paths_ = mapping();  ///< keys over those of the file
    Node own_paths_ = mapping();
    Node removed_paths_ = mapping();  ///< a set: the values are null
};

}  // namespace rill::config
