// Brings the index and the files of a root together when the program starts: finishes what a crash has left,
// and makes a lost index anew.
#pragma once

#include "file_pattern.hpp"
#include "index.hpp"
#include "scanned_file.hpp"

#include <rill/log.hpp>
#include <rill/result.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rill::record {

/// What was done; counts are files.
struct RecoveryReport {
    std::uint64_t finished = 0;    ///< were being written at the crash and are whole now
    std::uint64_t cut = 0;         ///< of these, had a torn end
    std::uint64_t discarded = 0;   ///< were begun and hold nothing; deleted
    std::uint64_t added = 0;       ///< were not in the index
    std::uint64_t foreign = 0;     ///< are not recordings by their names; left alone
    std::uint64_t broken = 0;      ///< are named as recordings and are none; left alone
    std::uint64_t unreadable = 0;  ///< the disk or a permission was in the way; left alone
    std::optional<Error> failure;  ///< of the index, or of the root: not done to the end
};

/// Works in steps, so that recording goes on between them. A file that the recorder is writing is known by
/// its row: begin_segment() comes before the file is made, and both on this thread.
///
/// Nothing is deleted or cut off because it cannot be read: only what a read has shown to be incomplete.
/// Files that were not in the index are not changed at all.
///
/// Threading: the one of the index. Ownership: the index outlives it.
class Recovery {
  public:
    /// What a file is called that has its init segment and no part yet: its own name, and this.
    static constexpr std::string_view unnamed_suffix = ".part";
    /// In the root while the index is made anew: it goes on at the next start when the program ends before.
    static constexpr std::string_view marker_name = "index.rill.db-rebuild";

    /// To be called before anything is recorded. `rebuild` is whether Index::open said so. A file's path and
    /// start are what the first of the patterns says that can read its name; they are of this root. Errors:
    /// those of the index.
    static Result<Recovery> begin(Index& index, std::filesystem::path root, std::vector<FilePattern> patterns,
                                  bool rebuild, Log log);

    /// Looks at a few files; false when all is done, or failed: see the report.
    bool step();
    const RecoveryReport& report() const { return report_; }

  private:
    using Folder = std::filesystem::directory_iterator;

    Recovery(Index& index, std::filesystem::path root, std::vector<FilePattern> patterns, Log log)
        : index_(&index), root_(std::move(root)), patterns_(std::move(patterns)), log_(std::move(log)) {}

    bool fail(const Error& error);
    bool done();
    void complain(const std::string& file, std::string_view why);

    Result<> finish(const Segment& segment);
    Result<> complete(Segment segment, const ScannedFile& file);
    Result<> discard(const Segment& segment);

    bool walk();
    bool start_walk();
    Result<> visit(const std::filesystem::directory_entry& entry);
    void enter(const std::filesystem::path& folder);
    Result<> drop_unnamed(const std::string& relative);
    Result<> collect(const std::string& relative);

    Index* index_;
    std::filesystem::path root_;
    std::vector<FilePattern> patterns_;
    Log log_;
    std::vector<Segment> unfinished_;  ///< still to be looked at, the last first
    bool rebuild_ = false;
    std::vector<Folder> folders_;  ///< from the root to where the walk is
    std::vector<Segment> batch_;   ///< to be added at the end of the step
    std::uint64_t complaints_ = 0;
    RecoveryReport report_;
};

}  // namespace rill::record
