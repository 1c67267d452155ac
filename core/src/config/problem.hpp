// What is wrong with a configuration, said so that a person can go there and fix it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rill::config {

struct Problem {
    std::string file = {};     ///< empty: not in a file
    int line = 0;              ///< from 1; 0: not on a line; below: set through the API
    int column = 0;            ///< from 1, of syntax errors; else 0
    std::string key = {};      ///< "paths.cam1.source", or the environment variable; empty: the whole file
    std::string message = {};  ///< holds no secret

    /// "config.yml:12: paths.cam1.hlsSegmentCount: expected an integer ≥ 1, got "x"".
    std::string text() const;
    bool operator==(const Problem& other) const = default;
};

/// Collects problems, up to a number that somebody would read.
class Problems {
  public:
    static constexpr std::size_t limit = 100;

    void add(Problem problem);
    bool empty() const { return list_.empty(); }
    /// Whether the next one would only be counted: the moment to save the work of wording it.
    bool full() const { return list_.size() >= limit; }
    /// All of them in the order of lines; the last one says how many were left out, if any were.
    std::vector<Problem> take();

  private:
    std::vector<Problem> list_;
    std::size_t left_out_ = 0;
};

/// Adds problems of one file.
class Reporter {
  public:
    Reporter(std::string file, Problems& problems) : file_(std::move(file)), problems_(problems) {}

    /// `line` 0: the value comes from the environment, and the problem is told with the variable's name.
    /// Below 0: from the API, and the problem is told without a file.
    void add(int line, const std::string& key, std::string message) const;
    void add_for_file(std::string message) const;
    bool full() const { return problems_.full(); }

  private:
    std::string file_;
    Problems& problems_;
};

/// "paths.cam1" and "source" → "paths.cam1.source".
std::string child_key(const std::string& parent, std::string_view key);

/// "paths.cam1.source" → "RILL_PATHS_CAM1_SOURCE".
std::string environment_name(std::string_view key);

}  // namespace rill::config
