#include "storage_writer.hpp"

#include "disk_space.hpp"
#include "lock_mark.hpp"
#include "removal.hpp"

#include <rill/clock.hpp>
#include <rill/fd.hpp>
#include <rill/recorded_codecs.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <random>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace rill::record {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr auto sync_interval = std::chrono::seconds(1);
constexpr auto retention_interval = std::chrono::seconds(30);
/// Between turns when space runs out: a file system may take a while until deleted bytes are free.
constexpr auto shortest_interval = std::chrono::seconds(2);
/// With less than that nothing is begun: a part of any camera must fit, and the index.
constexpr std::uint64_t least_free = 8u << 20;
/// As many files can be begun in the same microsecond.
constexpr int most_names = 100;
/// Segments that wait for the index: those before are found in the files at the next start.
constexpr std::size_t most_not_entered = 1000;
/// That are deleted or locked between two parts of what is recorded; as in retention.
constexpr std::size_t segments_a_turn = 32;

/// Whether the file before has the same formats. GStreamer's headers differ each time.
bool is_alike(const Recording& recording, const NewSegment& segment) {
    if (recording.container != segment.container || !recording.init) return false;
    if (segment.container == Container::fmp4)
        return g_bytes_equal(recording.init.get(), segment.init.get()) != FALSE;
    return std::ranges::equal(recording.formats, segment.formats,
                              [](const auto& a, const auto& b) { return *a == *b; });
}

}  // namespace

StorageStatus StorageCounters::get() const {
    const std::lock_guard lock(mutex_);
    return status_;
}

void StorageCounters::update(const std::function<void(StorageStatus&)>& change) {
    const std::lock_guard lock(mutex_);
    change(status_);
}

StorageWriter::StorageWriter(StorageSettings settings, OpenSegments& open, StorageCounters& counters)
    : settings_(std::move(settings)), open_(open), counters_(counters), log_("record") {
    std::random_device random;
    next_chain_ = (static_cast<std::int64_t>(random()) << 24) + 1;
    counters_.update([this](StorageStatus& status) { status.root = settings_.root; });
}

StorageWriter::~StorageWriter() = default;

void StorageWriter::look() {
    std::error_code error;
    if (!fs::is_directory(settings_.root, error)) return;
    if (auto opened = open(); !opened) log_.error("{}", opened.error().message);
}

void StorageWriter::configure(StorageSettings settings) {
    settings_ = std::move(settings);
    if (!retention_) return;
    retention_->set_rules(settings_.rules);
    hasten_turn();
}

Result<> StorageWriter::open() {
    std::error_code error;
    if (index_ && fs::exists(settings_.root / Index::file_name, error)) return ok();
    if (index_)
        drop_index({Code::unavailable, fmt::format("{}: the index was deleted", settings_.root.string())});
    fs::create_directories(settings_.root, error);
    if (error) {
        return Error{Code::unavailable,
                     fmt::format("{}: cannot make the folder: {}", settings_.root.string(), error.message())};
    }
    auto opened = Index::open(settings_.root / Index::file_name);
    if (!opened) return opened.error();
    if (!opened->rebuild.empty())
        log_.info("{}: {}; it is made from the files", settings_.root.string(), opened->rebuild);
    index_.emplace(std::move(opened->index));
    ++generation_;
    auto recovery =
        Recovery::begin(*index_, settings_.root, settings_.patterns, !opened->rebuild.empty(), log_);
    if (!recovery) {
        index_.reset();
        return recovery.error();
    }
    recovery_.emplace(*std::move(recovery));
    retention_.emplace(*index_, settings_.rules, Retention::disk_of(settings_.root), log_);
    next_turn_ = steady_clock::now();
    return ok();
}

void StorageWriter::begin(const std::shared_ptr<Recording>& recording, const NewSegment& segment) {
    if (!recording->failed) return;
    const bool goes_on = segment.continues && recording->file && is_alike(*recording, segment) &&
                         std::abs(recording->end_us - segment.start_us) < 1'000'000;
    const std::int64_t chain = goes_on ? recording->row.chain : next_chain_++;
    finish(*recording);
    recording->row = {};
    recording->row.chain = chain;
    if (auto begun = try_begin(*recording, segment); !begun) return fail(*recording, begun.error());
    recordings_.insert(recording);
    OpenSegment open;
    open.segment.file = settings_.root / recording->row.file;
    open.segment.time = {segment.start_us, segment.start_us};
    open.segment.bytes = open.segment.init_bytes = recording->row.init_bytes;
    open.segment.codecs = recording->row.codecs;
    open.segment.open = true;
    open.segment.id = recording->row.id;
    open.segment.container = segment.container;
    open_.begin(recording->path, std::move(open));
    tell(EventKind::segment_begun, recording->path, settings_.root / recording->row.file);
}

Result<> StorageWriter::try_begin(Recording& recording, const NewSegment& segment) {
    if (auto opened = open(); !opened) return opened;
    if (auto space = check_space(); !space) return space;
    if (auto row = make_row(recording, segment); !row) return row;
    auto file = SegmentFile::create(settings_.root, recording.row.file, {segment.init}, segment.container);
    if (!file) {
        if (auto removed = index_->remove(recording.row.id); !removed) index_failed(removed.error());
        return file.error();
    }
    recording.file.emplace(*std::move(file));
    recording.init = segment.init;
    recording.formats = segment.formats;
    recording.container = segment.container;
    recording.end_us = segment.start_us;
    return ok();
}

Result<> StorageWriter::make_row(Recording& recording, const NewSegment& segment) {
    Segment& row = recording.row;
    row.path = recording.path;
    row.start_us = row.end_us = segment.start_us;
    row.init_bytes = static_cast<std::uint32_t>(g_bytes_get_size(segment.init.get()));
    for (const auto& format : segment.formats)
        append_codec(row.codecs, recorded_codec(*format));
    for (int attempt = 0; attempt < most_names; ++attempt) {
        row.file =
            recording.pattern.relative_file(recording.path, segment.start_us + attempt, segment.container);
        std::error_code error;
        if (fs::exists(settings_.root / row.file, error)) continue;
        auto id = index_->begin_segment(row);
        if (id) {
            row.id = *id;
            return ok();
        }
        if (id.error().code == Code::conflict) continue;
        if (id.error().code == Code::internal) index_failed(id.error());
        return id.error();
    }
    return Error{Code::unavailable,
                 fmt::format("{}: there are {} files of this time already; is the clock right?",
                             (settings_.root / row.file).string(), most_names)};
}

/// Free bytes of the disk.
Result<std::uint64_t> StorageWriter::measure_disk() {
    const auto space = disk_space(settings_.root);
    if (!space) return space.error();
    free_bytes_ = space->free;
    counters_.update([&](StorageStatus& status) {
        status.disk_free = space->free;
        status.disk_bytes = space->bytes;
    });
    return free_bytes_;
}

void StorageWriter::hasten_turn() {
    next_turn_ = std::min(next_turn_, std::max(steady_clock::now(), last_turn_ + shortest_interval));
}

Result<> StorageWriter::check_space() {
    const auto free = measure_disk();
    if (!free) return free.error();
    if (exhausted_) {
        hasten_turn();
        return Error{
            Code::unavailable,
            fmt::format("{}: recordMinFree or recordStorageMaxSize is not kept ({} bytes are free), and "
                        "there is nothing that may be deleted; recording goes on when there is space",
                        settings_.root.string(), *free)};
    }
    if (*free >= least_free) return ok();
    hasten_turn();
    return Error{Code::unavailable,
                 fmt::format("{}: the disk is full ({} bytes are left); recording goes on when "
                             "there is space, see recordMinFree and recordDeleteAfter",
                             settings_.root.string(), *free)};
}

void StorageWriter::append(Recording& recording, const NewPart& part) {
    if (!recording.file) {
        counters_.update([](StorageStatus& status) { ++status.dropped_parts; });
        return;
    }
    const std::uint64_t offset = recording.file->bytes();
    if (auto written = recording.file->append(part.bytes); !written) {
        counters_.update([](StorageStatus& status) { ++status.dropped_parts; });
        hasten_turn();
        return fail(recording, written.error());
    }
    const auto bytes = static_cast<std::uint32_t>(recording.file->bytes() - offset);
    recording.row.parts.push_back({static_cast<std::uint32_t>(part.duration_us), bytes, part.keyframe});
    const std::int64_t start_us = std::exchange(recording.end_us, recording.end_us + part.duration_us);
    open_.append(recording.path, {{start_us, recording.end_us}, offset, bytes, part.keyframe});
    counters_.update([bytes](StorageStatus& status) {
        status.written_bytes += bytes;
        status.failure.clear();
    });
    if (std::exchange(failed_, false)) tell(EventKind::storage_recovered, "", settings_.root);
    dirty_ = true;
    free_bytes_ -= std::min<std::uint64_t>(free_bytes_, bytes);
    if (free_bytes_ < std::max(settings_.rules.min_free / 2, 2 * least_free)) hasten_turn();
}

void StorageWriter::end(Recording& recording) {
    finish(recording);
    recording.failed = nullptr;
    tell(EventKind::recording_ended, recording.path, {});
}

void StorageWriter::tell(EventKind kind, const std::string& path, const fs::path& file,
                         std::int64_t duration_us, const std::string& reason) const {
    if (!settings_.events || !settings_.events->observed()) return;
    settings_.events->tell({.kind = kind,
                            .path = path,
                            .time_us = utc_now_us(),
                            .reason = reason,
                            .file = file.string(),
                            .duration_us = duration_us});
}

/// The segment has what it has.
void StorageWriter::finish(Recording& recording) {
    if (!recording.file) return;
    Finished segment{recording.row.id, recording.end_us, recording.file->bytes(),
                     std::exchange(recording.row.parts, {})};
    recording.file.reset();
    open_.end(recording.path);
    if (!segment.parts.empty()) {
        tell(EventKind::segment_complete, recording.path, settings_.root / recording.row.file,
             recording.end_us - recording.row.start_us);
    }
    std::erase_if(recordings_, [&recording](const auto& other) { return other.get() == &recording; });
    if (!index_) return;
    const auto entered = enter(segment);
    if (entered) return;
    index_failed(entered.error());
    // Made anew from the files, or refused for good.
    if (!index_ || entered.error().code != Code::unavailable) return;
    if (not_entered_.size() == most_not_entered) not_entered_.pop_front();
    not_entered_.push_back(std::move(segment));
}

Result<> StorageWriter::enter(const Finished& segment) {
    if (segment.parts.empty()) return index_->remove(segment.id);
    return index_->finish_segment(segment.id, segment.end_us, segment.bytes, segment.parts);
}

/// The disk was full, or another process held the index.
void StorageWriter::enter_again() {
    while (index_ && !not_entered_.empty()) {
        const auto entered = enter(not_entered_.front());
        if (!entered && entered.error().code == Code::unavailable) return;
        not_entered_.pop_front();
        if (!entered) index_failed(entered.error());
    }
}

void StorageWriter::fail(Recording& recording, const Error& error) {
    finish(recording);
    counters_.update([&error](StorageStatus& status) { status.failure = error.message; });
    if (!std::exchange(failed_, true)) tell(EventKind::storage_failed, "", settings_.root, 0, error.message);
    if (const auto failed = std::exchange(recording.failed, nullptr)) failed(error);
}

void StorageWriter::fail_all(const Error& error) {
    const auto recordings = recordings_;
    for (const auto& recording : recordings)
        fail(*recording, error);
}

/// A damaged index ends all recordings, which begin anew with the next one.
void StorageWriter::index_failed(const Error& error) {
    if (error.code != Code::internal || !index_) {
        log_.error("{}", error.message);
        return;
    }
    drop_index(error);
    if (auto moved = Index::set_aside(settings_.root / Index::file_name); !moved)
        log_.error("{}", moved.error().message);
}

void StorageWriter::drop_index(const Error& error) {
    log_.error("{}; it is made anew from the files", error.message);
    retention_.reset();
    recovery_.reset();
    index_.reset();
    not_entered_.clear();
    hasten_turn();
    fail_all(error);
}

Result<StorageWriter::Batch> StorageWriter::first_of(const std::string& path, TimeRange range) {
    // More where recordings overlap so much that they do not get on.
    for (std::size_t most = segments_a_turn;; most *= 2) {
        auto segments = index_->segments(path, range.start_us, range.end_us, most);
        if (!segments) return segments.error();
        if (segments->size() < most) return Batch{*std::move(segments), std::nullopt};
        const std::int64_t next = segments->back().start_us;
        if (next > range.start_us) return Batch{*std::move(segments), TimeRange{next, range.end_us}};
    }
}

template <class Work>
Result<StorageWriter::Progress> StorageWriter::work_on_index(Work work) {
    std::error_code error;
    if (!fs::is_directory(settings_.root, error)) return Progress{};
    if (auto opened = open(); !opened) return opened.error();
    const Result<Progress> progress = work();
    if (!progress && progress.error().code == Code::internal) index_failed(progress.error());
    // Where turns follow each other there is no idling.
    sync();
    return progress;
}

Result<StorageWriter::Progress> StorageWriter::erase(const std::string& path, TimeRange range) {
    return work_on_index([&] { return erase_some(path, range); });
}

Result<StorageWriter::Progress> StorageWriter::erase_some(const std::string& path, TimeRange range) {
    const auto batch = first_of(path, range);
    if (!batch) return batch.error();
    Progress progress{.rest = batch->rest};
    for (const Segment& segment : batch->segments) {
        const bool inside = segment.start_us >= range.start_us && segment.end_us <= range.end_us;
        if (!inside || segment.locked) continue;
        if (const auto failed = remove_recording(settings_.root, segment.file)) {
            return Error{Code::unavailable,
                         fmt::format("{}: cannot be deleted: {}", (settings_.root / segment.file).string(),
                                     failed.message())};
        }
        if (auto removed = index_->remove(segment.id); !removed) return removed.error();
        progress.count += segment.bytes;
        counters_.update([&segment](StorageStatus& status) { status.deleted_bytes += segment.bytes; });
    }
    return progress;
}

Result<StorageWriter::Progress> StorageWriter::lock(const std::string& path, TimeRange range, bool locked) {
    return work_on_index([&] { return lock_some(path, range, locked); });
}

Result<StorageWriter::Progress> StorageWriter::lock_some(const std::string& path, TimeRange range,
                                                         bool locked) {
    const auto batch = first_of(path, range);
    if (!batch) return batch.error();
    const TimeRange now = {range.start_us, batch->rest ? batch->rest->start_us : range.end_us};
    const auto changed = index_->lock(path, now.start_us, now.end_us, locked);
    if (!changed) return changed.error();
    open_.lock(path, now, locked);
    mark_files(path, now, *batch, locked);
    return Progress{*changed, batch->rest};
}

/// Also where the index had it already: an earlier turn may have been cut short.
void StorageWriter::mark_files(const std::string& path, TimeRange range, const Batch& batch, bool locked) {
    std::error_code failure;
    const auto mark = [&failure, locked](const fs::path& file) {
        if (const auto failed = mark_locked(file, locked)) failure = failed;
    };
    for (const auto& recording : recordings_) {
        if (recording->path == path && recording->row.start_us < range.end_us) mark(recording->file->path());
    }
    for (const Segment& segment : batch.segments)
        mark(settings_.root / segment.file);
    if (!failure) return;
    log_.warning("{}: locks of path {} would be lost with the index: {}", settings_.root.string(), path,
                 failure.message());
}

milliseconds StorageWriter::idle() {
    if (!index_) {
        look_again();
        return std::chrono::seconds(1);
    }
    sync();
    enter_again();
    if (recover()) return milliseconds(0);
    retain();
    const auto now = steady_clock::now();
    const auto wait = std::min<steady_clock::duration>(
        std::max<steady_clock::duration>(next_turn_ - now, milliseconds(1)), sync_interval);
    return std::chrono::ceil<milliseconds>(wait);
}

/// It could not be opened, or was damaged, and may be needed before anything is recorded.
void StorageWriter::look_again() {
    if (steady_clock::now() < next_turn_) return;
    last_turn_ = steady_clock::now();
    next_turn_ = last_turn_ + retention_interval;
    look();
}

/// True while there is more to recover.
bool StorageWriter::recover() {
    if (!recovery_) return false;
    if (recovery_->step()) return true;
    const auto failure = recovery_->report().failure;
    recovery_.reset();
    if (failure && failure->code == Code::internal) index_failed(*failure);
    return false;
}

void StorageWriter::retain() {
    if (!retention_ || steady_clock::now() < next_turn_) return;
    const auto step = retention_->step({utc_now_us(), steady_clock::now().time_since_epoch()});
    if (!step) {
        next_turn_ = steady_clock::now() + retention_interval;
        return index_failed(step.error());
    }
    const auto totals = index_->totals();
    counters_.update([&](StorageStatus& status) {
        status.deleted_bytes += step->bytes;
        if (totals) {
            status.segments = totals->segments;
            status.bytes = totals->bytes;
        }
    });
    if (step->more) return;
    last_turn_ = steady_clock::now();
    next_turn_ = last_turn_ + retention_interval;
    if (const auto measured = measure_disk(); !measured) log_.error("{}", measured.error().message);
    exhausted_ = step->short_of_space || step->over_size;
    if (exhausted_) fail_all(check_space().error());
}

/// What was written in the last second reaches the disk, files and index in one call.
void StorageWriter::sync() {
    const auto now = steady_clock::now();
    if (!dirty_ || now - last_sync_ < sync_interval) return;
    last_sync_ = now;
    dirty_ = false;
    const Fd folder(::open(settings_.root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder && ::syncfs(folder.get()) == 0) return;
    const int reason = errno;
    fail_all(
        {Code::unavailable, fmt::format("{}: the disk did not take what was written: {}",
                                        settings_.root.string(), std::generic_category().message(reason))});
}

}  // namespace rill::record
