#include "retention.hpp"

#include "disk_space.hpp"
#include "removal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rill::record {

namespace {

constexpr int segments_a_step = 32;
/// Lookups are cheap, but locked and undeletable segments may be many.
constexpr int looks_a_step = 512;
constexpr int failures_a_folder = 16;
constexpr std::int64_t day_us = std::int64_t{24} * 3600 * 1'000'000;
constexpr std::int64_t speed = 24;

std::string folder_of(const std::string& file) {
    return std::filesystem::path(file).parent_path().string();
}

std::uint64_t above(std::uint64_t value, std::uint64_t limit) {
    return value > limit ? value - limit : 0;
}

}  // namespace

Retention::Disk Retention::disk_of(const std::filesystem::path& root) {
    const auto free_bytes = [root]() -> Result<std::uint64_t> {
        const auto space = disk_space(root);
        if (!space) return space.error();
        return space->free;
    };
    return {free_bytes, [root](const std::string& file) { return remove_recording(root, file); }};
}

Retention::Retention(Index& index, RetentionRules rules, Disk disk, Log log)
    : index_(&index), rules_(std::move(rules)), disk_(std::move(disk)), log_(std::move(log)) {}

Result<RetentionStep> Retention::step(Now now) {
    RetentionStep step;
    if (stage_ == Stage::none) {
        if (auto begun = begin_turn(now); !begun) return begun.error();
    }
    looks_ = looks_a_step;
    int tries = segments_a_step;
    while (stage_ != Stage::none && looks_ > 0 && tries > 0) {
        const auto segment = victim();
        if (!segment) {
            stage_ = Stage::none;
            return segment.error();
        }
        // Without a look left nobody knows whether there is one.
        if (looks_ <= 0) break;
        if (!*segment) {
            advance();
            continue;
        }
        --tries;
        if (auto removed = remove(**segment, step); !removed) {
            stage_ = Stage::none;
            return removed.error();
        }
    }
    step.more = stage_ != Stage::none;
    step.short_of_space = short_of_space_;
    step.over_size = over_size_;
    return step;
}

Result<> Retention::begin_turn(Now now) {
    const auto paths = index_->paths();
    if (!paths) return paths.error();
    const auto totals = index_->totals();
    if (!totals) return totals.error();

    paths_.clear();
    for (const PathSummary& path : *paths)
        paths_.push_back(path.path);
    const auto elapsed =
        std::chrono::duration_cast<std::chrono::microseconds>(now.steady - last_turn_.value_or(now.steady));
    const std::int64_t earned = std::min<std::int64_t>(elapsed.count(), day_us) * speed;
    std::erase_if(states_, [this](const auto& state) {
        return !std::binary_search(paths_.begin(), paths_.end(), state.first);
    });
    for (const std::string& path : paths_) {
        const auto [state, is_new] = states_.try_emplace(path);
        if (!is_new) state->second.allowance_us = std::min(state->second.allowance_us + earned, day_us);
        state->second.passed.reset();
    }
    last_turn_ = now.steady;
    now_us_ = now.utc_us;
    failures_.clear();
    causes_.clear();
    freed_ = 0;
    size_excess_ = rules_.max_bytes == 0 ? 0 : above(totals->bytes, rules_.max_bytes);
    // Of the beginning: where deleted bytes are free only later, more would be deleted for it.
    free_deficit_ = 0;
    if (rules_.min_free > 0) {
        const auto free = disk_.free_bytes();
        if (free) {
            free_deficit_ = above(rules_.min_free, *free);
        } else if (causes_.insert("free space").second && !reported_.contains("free space")) {
            log_.error("{}; check the disk", free.error().message);
        }
    }
    stage_ = Stage::age;
    position_ = 0;
    if (paths_.empty()) stage_ = Stage::root;
    return ok();
}

void Retention::advance() {
    if (stage_ == Stage::root) return end_turn();
    if (++position_ < paths_.size()) return;
    position_ = 0;
    stage_ = stage_ == Stage::age ? Stage::path_size : Stage::root;
}

void Retention::end_turn() {
    stage_ = Stage::none;
    reported_ = causes_;
    over_size_ = freed_ < size_excess_;
    const bool was_short = std::exchange(short_of_space_, freed_ < free_deficit_);
    if (short_of_space_ && !was_short) {
        log_.error(
            "the disk has {} bytes less free space than the {} wanted, and nothing is left that can be "
            "deleted; make space, or unlock recordings",
            free_deficit_ - freed_, rules_.min_free);
    }
}

const RetentionRule& Retention::rule_of(const std::string& path) const {
    const auto rule = rules_.paths.find(path);
    return rule == rules_.paths.end() ? rules_.others : rule->second;
}

Result<std::optional<Segment>> Retention::victim() {
    if (stage_ == Stage::root) {
        if (freed_ >= std::max(size_excess_, free_deficit_)) return std::optional<Segment>();
        return failures_.empty() ? index_->oldest() : oldest_of_root();
    }
    const std::string& path = paths_[position_];
    const RetentionRule& rule = rule_of(path);
    if (stage_ == Stage::age) {
        if (rule.delete_after_us <= 0 || states_[path].allowance_us <= 0) return std::optional<Segment>();
        return candidate(path, now_us_ - std::min(rule.delete_after_us, Index::time_limit_us));
    }
    if (rule.max_bytes == 0) return std::optional<Segment>();
    const auto totals = index_->totals(path);
    if (!totals) return totals.error();
    return totals->bytes > rule.max_bytes ? candidate(path, std::nullopt) : std::optional<Segment>();
}

/// With failures, each path has its own place to go on from.
Result<std::optional<Segment>> Retention::oldest_of_root() {
    std::optional<Segment> oldest;
    for (const std::string& path : paths_) {
        auto found = candidate(path, std::nullopt);
        if (!found) return found;
        if (*found && (!oldest || (*found)->start_us < oldest->start_us)) oldest = *std::move(found);
    }
    return oldest;
}

bool Retention::usable(const Segment& segment) const {
    if (segment.locked) return false;
    const auto failures = failures_.find(folder_of(segment.file));
    return failures == failures_.end() || failures->second < failures_a_folder;
}

/// The oldest segment of a path that may be deleted, and is over at `before_us` where that is given.
Result<std::optional<Segment>> Retention::candidate(const std::string& path,
                                                    std::optional<std::int64_t> before_us) {
    PathState& state = states_[path];
    if (!state.passed && before_us) {
        auto expired = index_->expired(path, *before_us, 1);
        if (!expired) return expired.error();
        if (expired->empty()) return std::optional<Segment>();
        if (usable(expired->front())) return std::optional(std::move(expired->front()));
        state.passed = std::move(expired->front());
    }
    auto found = state.passed ? index_->next(*state.passed) : index_->oldest(path);
    while (found && *found && !usable(**found) && --looks_ > 0) {
        state.passed = **found;
        found = index_->next(*state.passed);
    }
    if (found && *found && before_us && (*found)->end_us > *before_us) return std::optional<Segment>();
    return found;
}

Result<> Retention::remove(const Segment& segment, RetentionStep& step) {
    if (const std::error_code error = disk_.remove(segment.file)) {
        note_failure(segment, error);
        return ok();
    }
    if (auto removed = index_->remove(segment.id); !removed) return removed;
    ++step.segments;
    step.bytes += segment.bytes;
    freed_ += segment.bytes;
    charge(segment);
    return ok();
}

/// Gaps count like recordings, up to a day: where there is little, it does not go at once for that.
void Retention::charge(const Segment& segment) {
    PathState& state = states_[segment.path];
    const std::int64_t duration = segment.end_us - segment.start_us;
    const std::int64_t since = segment.start_us - state.deleted.value_or(segment.start_us);
    if (stage_ == Stage::age) state.allowance_us -= std::max(duration, std::min(since, day_us));
    state.deleted = segment.start_us;
}

void Retention::note_failure(const Segment& segment, std::error_code error) {
    states_[segment.path].passed = segment;
    ++failures_[folder_of(segment.file)];
    if (causes_.insert(error.message()).second && !reported_.contains(error.message())) {
        log_.error("{} cannot be deleted: {}; nor perhaps others; it is tried again", segment.file,
                   error.message());
    }
    if (error == std::errc::read_only_file_system) end_turn();
}

}  // namespace rill::record
