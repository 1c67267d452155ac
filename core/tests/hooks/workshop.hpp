// A loop, scripts in a folder of their own, and the log that their output goes to.
#pragma once

#include "await.hpp"
#include "catch.hpp"
#include "hooks/command.hpp"
#include "on_loop.hpp"

#include <rill/clock.hpp>
#include <rill/log.hpp>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

namespace rill::hooks::test {

using rill::test::await;

/// Threading: any thread.
class FakeClock : public Clock {
  public:
    std::chrono::nanoseconds now() const override { return std::chrono::nanoseconds(time_.load()); }
    void advance(std::chrono::nanoseconds by) { time_ += by.count(); }

  private:
    std::atomic<std::int64_t> time_{3'600'000'000'000};
};

/// A folder that goes with it.
class Folder {
  public:
    Folder() { REQUIRE(::mkdtemp(path_.data()) != nullptr); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    std::string path(const std::string& name) const { return path_ + "/" + name; }
    bool has(const std::string& name) const { return std::filesystem::exists(path(name)); }
    std::string read(const std::string& name) const {
        std::stringstream content;
        content << std::ifstream(path(name)).rdbuf();
        return content.str();
    }
    void write(const std::string& name, const std::string& text) const { std::ofstream(path(name)) << text; }
    /// A program of this text; its path. It finds the folder in $FOLDER.
    std::string script(const std::string& name, const std::string& text) const {
        write(name, "#!/bin/sh\nFOLDER=" + path_ + "\n" + text + "\n");
        std::filesystem::permissions(path(name), std::filesystem::perms::owner_all);
        return path(name);
    }

  private:
    std::string path_ = "/tmp/rill-hooks-XXXXXX";
};

class Workshop {
  public:
    explicit Workshop(std::size_t limit = Processes::default_limit) : processes(limit) {
        REQUIRE(configure_logging({LogLevel::info, false, folder.path("log")}));
    }
    Workshop(const Workshop&) = delete;
    Workshop& operator=(const Workshop&) = delete;
    ~Workshop() {
        CHECK(processes.close(rill::test::patience()));
        static_cast<void>(configure_logging({}));
    }

    /// Runs `work` on the loop, and returns what it returns.
    template <class F>
    auto on_loop(F work) {
        return rill::test::on_loop(loop, std::move(work));
    }

    Site site(const Timing& timing = {}) { return {loop, processes, Log("path cam1"), timing}; }
    bool idle() const { return processes.roll()->size() == 0; }

    const Folder folder;
    Processes processes;
    Loop loop{"hooks"};
};

inline CommandLine command_line(const std::string& text) {
    const auto line = CommandLine::parse(text);
    INFO((line ? "" : line.error().message));
    REQUIRE(line);
    return *line;
}

inline std::size_t count_lines(const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace rill::hooks::test
