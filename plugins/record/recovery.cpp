#include "recovery.hpp"

#include "lock_mark.hpp"
#include "removal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fcntl.h>
#include <unistd.h>

namespace rill::record {

namespace fs = std::filesystem;

namespace {

/// Of a step: so much can be looked at between two parts of a hundred cameras, also on a slow disk.
constexpr std::size_t files_a_step = 16;
constexpr std::size_t entries_a_step = 512;
/// Each level holds a descriptor. No pattern and no path's name is as deep.
constexpr std::size_t deepest = 64;
constexpr std::uint64_t complaints_in_full = 10;

std::string without_suffix(const std::string& file) {
    return file.substr(0, file.size() - Recovery::unnamed_suffix.size());
}

bool in_bounds(std::int64_t start_us, std::int64_t duration_us) {
    return start_us >= -Index::time_limit_us && start_us <= Index::time_limit_us - duration_us &&
           duration_us >= 0 && duration_us <= Index::longest_segment_us;
}

/// Where it cannot be made, the walk is not continued after a kill; that is all.
void make_marker(const fs::path& file) {
    const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd >= 0) ::close(fd);
}

}  // namespace

Result<Recovery> Recovery::begin(Index& index, fs::path root, std::vector<FilePattern> patterns, bool rebuild,
                                 Log log) {
    auto unfinished = index.unfinished();
    if (!unfinished) return unfinished.error();
    Recovery recovery(index, std::move(root), std::move(patterns), std::move(log));
    recovery.unfinished_ = *std::move(unfinished);
    std::reverse(recovery.unfinished_.begin(), recovery.unfinished_.end());
    std::error_code error;
    recovery.rebuild_ = rebuild || fs::exists(recovery.root_ / marker_name, error);
    if (recovery.rebuild_) make_marker(recovery.root_ / marker_name);
    return recovery;
}

bool Recovery::step() {
    if (report_.failure) return false;
    for (std::size_t i = 0; i < files_a_step && !unfinished_.empty(); ++i) {
        const Segment segment = std::move(unfinished_.back());
        unfinished_.pop_back();
        if (auto finished = finish(segment); !finished) return fail(finished.error());
    }
    if (!unfinished_.empty()) return true;
    return rebuild_ ? walk() : done();
}

bool Recovery::fail(const Error& error) {
    log_.error(
        "{}: looking at what is recorded already was given up; it is tried again at the next start: {}",
        root_.string(), error.message);
    report_.failure = error;
    folders_.clear();
    batch_.clear();
    return false;
}

bool Recovery::done() {
    rebuild_ = false;
    if (complaints_ > complaints_in_full)
        log_.warning("{}: {} more such files", root_.string(), complaints_ - complaints_in_full);
    complaints_ = 0;
    return false;
}

void Recovery::complain(const std::string& file, std::string_view why) {
    if (++complaints_ <= complaints_in_full)
        log_.warning("{}: left as it is and not shown: {}", (root_ / file).string(), why);
}

// What a crash has left.

/// Errors: those of the index.
Result<> Recovery::finish(const Segment& segment) {
    const auto scanned = scan_recording(root_ / segment.file, true);
    if (!scanned && scanned.error().code == Code::internal) {
        ++report_.unreadable;
        complain(segment.file, scanned.error().message);
        return ok();
    }
    if (!scanned || scanned->parts.empty()) return discard(segment);
    if (!in_bounds(segment.start_us, scanned->duration_us)) {
        ++report_.broken;
        complain(segment.file, "its times cannot be right");
        return index_->remove(segment.id);
    }
    if (auto finished = complete(segment, *scanned); !finished) return finished;
    ++report_.finished;
    if (scanned->torn.empty()) return ok();
    ++report_.cut;
    log_.info("{}: its torn end was cut off {}", (root_ / segment.file).string(), scanned->torn);
    return ok();
}

Result<> Recovery::complete(Segment segment, const ScannedFile& file) {
    const std::int64_t end_us = segment.start_us + file.duration_us;
    if (file.init_bytes == segment.init_bytes)
        return index_->finish_segment(segment.id, end_us, file.whole_bytes, file.parts);
    // Where the first part begins can only be said of a new row.
    if (auto removed = index_->remove(segment.id); !removed) return removed;
    segment.end_us = end_us;
    segment.bytes = file.whole_bytes;
    segment.init_bytes = file.init_bytes;
    segment.parts = file.parts;
    const auto added = index_->add(std::span(&segment, 1));
    return added ? ok() : added.error();
}

/// The row goes last: when the program ends in between, the next start finds it again.
Result<> Recovery::discard(const Segment& segment) {
    for (const std::string& file : {segment.file, segment.file + std::string(unnamed_suffix)}) {
        const std::error_code error = remove_recording(root_, file);
        if (!error) continue;
        ++report_.unreadable;
        complain(file, "it is empty and cannot be deleted: " + error.message());
        return ok();
    }
    ++report_.discarded;
    return index_->remove(segment.id);
}

// A new index.

bool Recovery::start_walk() {
    std::error_code error;
    Folder root(root_, error);
    if (error) return fail({Code::unavailable, fmt::format("{}: {}", root_.string(), error.message())});
    folders_.push_back(std::move(root));
    return true;
}

bool Recovery::walk() {
    if (folders_.empty() && !start_walk()) return false;
    for (std::size_t i = 0; i < entries_a_step && batch_.size() < files_a_step && !folders_.empty(); ++i) {
        Folder& folder = folders_.back();
        if (folder == Folder()) {
            folders_.pop_back();
            continue;
        }
        const fs::directory_entry entry = *folder;
        std::error_code error;
        folder.increment(error);
        if (error) {
            ++report_.unreadable;
            complain(entry.path().parent_path().lexically_relative(root_).string(),
                     "the rest of the folder cannot be read: " + error.message());
            folder = Folder();
        }
        if (auto visited = visit(entry); !visited) return fail(visited.error());
    }
    const auto added = index_->add(batch_);
    if (!added) return fail(added.error());
    report_.added += *added;
    batch_.clear();
    if (!folders_.empty()) return true;

    std::error_code error;
    fs::remove(root_ / marker_name, error);
    if (report_.added + report_.foreign + report_.broken + report_.unreadable > 0) {
        log_.info("{}: {} recorded files found; {} foreign ones, {} broken ones, {} that cannot be read",
                  root_.string(), report_.added, report_.foreign, report_.broken, report_.unreadable);
    }
    return done();
}

/// Errors: those of the index.
Result<> Recovery::visit(const fs::directory_entry& entry) {
    std::error_code error;
    const auto type = entry.symlink_status(error).type();
    // Deleted meanwhile.
    if (error || type == fs::file_type::not_found) return ok();
    if (type == fs::file_type::directory) {
        enter(entry.path());
        return ok();
    }
    const std::string relative = entry.path().lexically_relative(root_).string();
    if (relative.starts_with(Index::file_name)) return ok();
    if (type != fs::file_type::regular) {
        ++report_.foreign;
        return ok();
    }
    return relative.ends_with(unnamed_suffix) ? drop_unnamed(relative) : collect(relative);
}

void Recovery::enter(const fs::path& folder) {
    std::error_code error;
    // Another root, whose files are not ours.
    if (fs::exists(folder / Index::file_name, error)) return;
    const std::string relative = folder.lexically_relative(root_).string();
    if (folders_.size() >= deepest) return complain(relative, "folders are nested too deep");
    Folder entries(folder, error);
    if (!error) {
        folders_.push_back(std::move(entries));
    } else if (error != std::errc::no_such_file_or_directory) {
        ++report_.unreadable;
        complain(relative, error.message());
    }
}

/// A file without a part that no recorder holds.
Result<> Recovery::drop_unnamed(const std::string& relative) {
    const std::string name = without_suffix(relative);
    const bool ours = std::any_of(patterns_.begin(), patterns_.end(), [&name](const FilePattern& pattern) {
        return pattern.read(name).has_value();
    });
    if (!ours) {
        ++report_.foreign;
        return ok();
    }
    const auto known = index_->find_file(name);
    if (!known) return known.error();
    if (*known) return ok();
    if (const std::error_code error = remove_recording(root_, relative)) {
        ++report_.unreadable;
        complain(relative, error.message());
        return ok();
    }
    ++report_.discarded;
    return ok();
}

/// Puts a file into the batch when it is a recording that is not known.
Result<> Recovery::collect(const std::string& relative) {
    std::optional<FilePattern::Parsed> name;
    for (const FilePattern& pattern : patterns_) {
        if (!name) name = pattern.read(relative);
    }
    if (!name) {
        ++report_.foreign;
        return ok();
    }
    const auto known = index_->find_file(relative);
    if (!known) return known.error();
    if (*known) return ok();

    auto scanned = scan_recording(root_ / relative, false);
    if (!scanned) {
        if (scanned.error().code == Code::not_found) return ok();
        ++(scanned.error().code == Code::internal ? report_.unreadable : report_.broken);
        complain(relative, scanned.error().message);
        return ok();
    }
    if (scanned->parts.empty() || !in_bounds(name->utc_us, scanned->duration_us)) {
        ++report_.broken;
        complain(relative, scanned->parts.empty() ? "there is no part in it" : "its times cannot be right");
        return ok();
    }
    Segment segment;
    segment.path = std::move(name->path);
    segment.file = relative;
    segment.start_us = name->utc_us;
    segment.end_us = name->utc_us + scanned->duration_us;
    segment.bytes = scanned->bytes;
    segment.init_bytes = scanned->init_bytes;
    // Files of the same formats have one number; the index makes one chain of those that are without a gap.
    segment.chain = scanned->formats;
    segment.codecs = std::move(scanned->codecs);
    segment.locked = is_marked_locked(root_ / relative);
    segment.parts = std::move(scanned->parts);
    batch_.push_back(std::move(segment));
    return ok();
}

}  // namespace rill::record
