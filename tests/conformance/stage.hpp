// A hub on the test's thread and an archive, as the daemon has them.
#pragma once

#include "census.hpp"
#include "hub/local_hub.hpp"
#include "memory_archive.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace rill::test {

/// Closes every path at its end.
class Stage {
  public:
    Stage() = default;
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;
    ~Stage() { hub.close("the test is over", patience()); }

    bool reaches(const std::string& path, PathState state) const {
        return await([&] { return hub.status(path)->state == state; });
    }
    std::uint64_t units(const std::string& path) const;

    /// A path of the hub, with the archive.
    Result<> add(PathSettings path);

    MemoryArchive archive;  // lives longer than every path
    LocalHub hub{2};
};

/// A path that is stopped until somebody starts it.
PathSettings settings_for(const std::string& name, const SourceFactory& factory, SourceContext context);
/// One of recordings: "recorded://h264+aac".
PathSettings recorded_path(const std::string& name, const std::string& url);

}  // namespace rill::test
