// A daemon that runs with a configuration of the test's.
#pragma once

#include "catch.hpp"
#include "daemon/live_configuration.hpp"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rill::test {

namespace running {

class NoCamera final : public Source {
  public:
    Result<Ref<GstElement>> build() override { return Error{Code::unavailable, "there is none"}; }
};

inline Result<std::unique_ptr<Source>> make_camera(const SourceContext& context) {
    if (context.url.ends_with("/refused")) return Error{Code::invalid_config, "the module refuses it"};
    return std::make_unique<NoCamera>();
}

inline constexpr std::array<std::string_view, 1> schemes{"cam"};
inline constexpr auto options = std::to_array<Option>({
    {.name = "token", .type = Type::text, .fallback = "", .doc = "Proves who asks.", .secret = true},
});
inline constexpr auto sources = std::to_array<SourceFactory>({
    {.id = "cam", .summary = "None", .schemes = schemes, .options = options, .create = make_camera},
});
inline constexpr Module module{.name = "livetest", .version = "1", .sources = sources};

}  // namespace running

struct Folder {
    Folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "rill-live-XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path = pattern;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { std::filesystem::remove_all(path); }
    void write(const std::string& name, std::string_view text) const {
        std::ofstream(path / name, std::ios::trunc) << text;
    }
    std::string read(const std::string& name) const {
        std::ifstream stream(path / name);
        return {std::istreambuf_iterator<char>(stream), {}};
    }
    std::filesystem::path path;
};

/// A daemon whose configuration is in a folder.
class Running {
  public:
    explicit Running(const Folder& folder, config::Environment environment = {}, bool strict = false)
        : live({(folder.path / "rill.yml").string(), std::move(environment), strict}, registry()) {
        const auto loaded = live.load();
        for (const auto& problem : loaded.problems)
            problems.push_back(problem.text());
        if (!loaded) return;
        daemon.emplace(loop, live);
        REQUIRE(daemon->configure(loaded.config, "rill.yml").empty());
        REQUIRE(daemon->begin());
        live.follow(*daemon, loop);
    }
    ~Running() { live.stop(); }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

    static const Registry& registry() {
        static const Registry registry = [] {
            Registry result;
            REQUIRE(result.add(running::module).empty());
            return result;
        }();
        return registry;
    }

    std::string source(const std::string& path) const {
        const auto found = daemon->config().paths.find(path);
        return found == daemon->config().paths.end() ? "" : found->second.core.text("source");
    }
    std::int64_t most_readers(const std::string& path) const {
        return daemon->config().paths.at(path).core.integer("maxReaders");
    }

    Loop loop{Ref<GMainContext>::retain(g_main_context_default())};
    LiveConfiguration live;
    std::optional<Daemon> daemon;
    std::vector<std::string> problems;
};

}  // namespace rill::test
