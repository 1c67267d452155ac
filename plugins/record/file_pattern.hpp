// Where a recording's file lies: the option recordPath, as MediaMTX writes and reads it.
#pragma once

#include <rill/archive.hpp>
#include <rill/result.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rill::record {

/// "./recordings/%path/%Y-%m-%d_%H-%M-%S-%f"; ".mp4", ".ts" or ".mkv" is added to it.
///
/// %path is the path's name, with its slashes. %Y %m %d %H %M %S are local time in the process's time zone,
/// %f microseconds (6 digits), %s seconds since 1970, %z the time zone's offset ("+0100"; "Z" without one).
/// Years outside of 0 to 9999 are written, but not read.
///
/// Threading: immutable; any thread, as long as nobody changes the environment variable TZ.
class FilePattern {
  public:
    /// Error: invalid_config, saying what is missing or not understood. There must be %path, %f, and %s or
    /// all of %Y %m %d %H %M %S; no ".." after the root; a folder before the first of them that is not "/".
    static Result<FilePattern> parse(std::string_view text);

    /// The folder before the first component with a '%': absolute and lexically normal, without a slash at
    /// its end.
    const std::filesystem::path& root() const { return root_; }

    /// Relative to the root: "site/door/2/2026-11-21_10-00-00-123456.mp4". Never leaves the root: of a name
    /// with components "." or "..", which the configuration refuses, their dots become '_'.
    std::string relative_file(std::string_view path_name, std::int64_t utc_us,
                              Container container = Container::fmp4) const;

    struct Parsed {
        std::string path;
        std::int64_t utc_us = 0;
    };
    /// The inverse of relative_file; empty for a file that the pattern does not make.
    ///
    /// Local time says less than UTC. The hour that comes twice when summer time ends is read as its first
    /// pass, unless the pattern has %z or %s. A time that the time zone has skipped (another zone wrote it)
    /// is read with the offset from before. With %s, a '-' that belongs to the pattern or to a path is never
    /// read as the sign of a time before 1970.
    std::optional<Parsed> read(std::string_view relative_file) const;

    bool operator==(const FilePattern&) const = default;

  private:
    /// A piece of fixed text, or what a '%' stands for: its letter, 'p' for %path.
    struct Element {
        char letter = 0;
        std::string text;
        bool operator==(const Element&) const = default;
    };
    class Reader;

    static Result<std::vector<Element>> split(std::string_view text, std::string_view whole);
    static Result<> check(std::string_view text, const std::vector<Element>& elements);

    std::filesystem::path root_;
    std::vector<Element> elements_;
};

}  // namespace rill::record
