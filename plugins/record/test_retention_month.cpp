// A month of recordings under retention, hour by hour, against a model of what has to be there.
#include "recorded_bytes.hpp"
#include "removal.hpp"
#include "retention.hpp"
#include "testing.hpp"

#include <map>
#include <optional>
#include <set>

using namespace rill;
using namespace rill::record;
using namespace rill::record::testing;
using namespace std::chrono_literals;

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t hour = 3600 * second;
constexpr std::int64_t day = 24 * hour;

/// Thirty days of four cameras with real, empty files, and what has to be there of them.
class Simulation {
  public:
    static constexpr std::int64_t length = 300 * second;
    static constexpr std::uint64_t segment_bytes = 1000;
    static constexpr std::uint64_t day_bytes = day / length * segment_bytes;

    Simulation() : index_(open(folder_)) {
        rules_.paths["cam1"] = {7 * day, 0};
        rules_.paths["site/cam2"] = {20 * day, 5 * day_bytes};
        rules_.paths["cam3"] = {};
        rules_.paths["cam4"] = {10 * day, 0};
        rules_.others = {day, 0};
        rules_.max_bytes = 35 * day_bytes;
        rules_.min_free = 10 * day_bytes;
        recorded_ = {"cam1", "site/cam2", "cam3", "cam4"};
        configure();
    }

    /// Records an hour of every camera, and lets retention have its turn.
    void advance() {
        for (const std::string& path : recorded_)
            record(path);
        now_ += hour;
        steady_ += 1h;
        while (true) {
            const auto step = need(retention_->step({now_, steady_}));
            REQUIRE(step.segments <= 32);
            CHECK_FALSE(step.short_of_space);
            CHECK_FALSE(step.over_size);
            if (!step.more) break;
        }
        check();
    }

    void remove_cam4() {
        rules_.paths.erase("cam4");
        std::erase(recorded_, "cam4");
        configure();
    }

    void lock(std::int64_t from, std::int64_t to, bool locked) {
        need(index_.lock("cam1", morning + from, morning + to, locked));
        for (auto& [file, known] : files_) {
            if (known.path == "cam1" && known.start < morning + to && known.start + length > morning + from)
                known.locked = locked;
        }
    }

    void fill_disk(std::uint64_t bytes) { others_bytes_ = bytes; }

    std::uint64_t count(const std::string& path) const {
        const auto held = bytes_.find(path);
        return held == bytes_.end() ? 0 : held->second / segment_bytes;
    }
    bool checked_age = true;  ///< while a new rule is catching up it is not

    /// Nothing but the files of the model, and no empty folder.
    void check_folder() const {
        std::size_t found = 0;
        for (const auto& entry : fs::recursive_directory_iterator(folder_.path())) {
            const std::string relative = entry.path().lexically_relative(folder_.path()).string();
            if (relative.starts_with(Index::file_name)) continue;
            if (entry.is_directory()) {
                CHECK_FALSE(fs::is_empty(entry.path()));
            } else {
                REQUIRE(files_.contains(relative));
                ++found;
            }
        }
        CHECK(found == files_.size());
    }

  private:
    struct Known {
        std::string path;
        std::int64_t start = 0;
        bool locked = false;
    };

    std::uint64_t total() const { return files_.size() * segment_bytes; }
    std::uint64_t free() const { return 60 * day_bytes - total() - others_bytes_; }
    const RetentionRule& rule(const std::string& path) const {
        const auto found = rules_.paths.find(path);
        return found == rules_.paths.end() ? rules_.others : found->second;
    }

    void configure() {
        retention_.emplace(index_, rules_,
                           Retention::Disk{[this]() -> Result<std::uint64_t> { return free(); },
                                           [this](const std::string& file) { return remove(file); }},
                           Log("test"));
    }

    void record(const std::string& path) {
        std::vector<Segment> segments;
        for (std::int64_t start = now_; start < now_ + hour; start += length) {
            Segment segment;
            segment.path = path;
            segment.file = fmt::format("{}/{}/{}.mp4", path, start / day, start);
            segment.start_us = start;
            segment.end_us = start + length;
            segment.bytes = segment_bytes;
            segment.chain = 1;
            write_file(folder_.path() / segment.file, "");
            files_[segment.file] = {path, start, false};
            by_age_[path].insert({start, segment.file});
            bytes_[path] += segment_bytes;
            segments.push_back(std::move(segment));
        }
        add(index_, segments);
    }

    /// What retention wants to delete: there has to be a reason for it.
    std::error_code remove(const std::string& file) {
        const auto known = files_.find(file);
        REQUIRE(known != files_.end());
        const Known& segment = known->second;
        REQUIRE_FALSE(segment.locked);
        const RetentionRule& limits = rule(segment.path);
        const bool expired =
            limits.delete_after_us > 0 && segment.start + length <= now_ - limits.delete_after_us;
        const bool over_size = limits.max_bytes > 0 && bytes_[segment.path] > limits.max_bytes;
        const bool full = total() > rules_.max_bytes || free() < rules_.min_free;
        if (!expired && !over_size && !full) FAIL(file << " was deleted without a reason");
        if (!expired) check_oldest(segment, !over_size);
        bytes_[segment.path] -= segment_bytes;
        by_age_[segment.path].erase({segment.start, file});
        files_.erase(known);
        return remove_recording(folder_.path(), file);
    }

    void check_oldest(const Known& segment, bool of_all) const {
        for (const auto& [path, segments] : by_age_) {
            if (!of_all && path != segment.path) continue;
            const auto oldest = first_unlocked(segments);
            if (oldest && *oldest < segment.start) FAIL(path << " has an older segment");
        }
    }

    using ByAge = std::set<std::pair<std::int64_t, std::string>>;
    std::optional<std::int64_t> first_unlocked(const ByAge& segments) const {
        for (const auto& [start, file] : segments) {
            if (!files_.at(file).locked) return start;
        }
        return std::nullopt;
    }

    void check() {
        REQUIRE(need(index_.totals()) == Totals{files_.size(), total()});
        REQUIRE(total() <= rules_.max_bytes);
        REQUIRE(free() >= rules_.min_free);
        for (const auto& [path, segments] : by_age_) {
            INFO(path << " at hour " << (now_ - morning) / hour);
            const RetentionRule& limits = rule(path);
            REQUIRE(need(index_.totals(path)).bytes == bytes_[path]);
            if (limits.max_bytes > 0) REQUIRE(bytes_[path] <= limits.max_bytes);
            if (limits.delete_after_us == 0 || !checked_age) continue;
            const auto oldest = first_unlocked(segments);
            if (oldest) REQUIRE(*oldest + length > now_ - limits.delete_after_us - hour);
        }
    }

    Folder folder_;
    Index index_;
    RetentionRules rules_;
    std::optional<Retention> retention_;
    std::vector<std::string> recorded_;
    std::map<std::string, Known> files_;
    std::map<std::string, ByAge> by_age_;
    std::map<std::string, std::uint64_t> bytes_;
    std::uint64_t others_bytes_ = 0;
    std::int64_t now_ = morning;
    std::chrono::nanoseconds steady_{0};
};

}  // namespace

TEST_CASE("thirty days of four cameras stay within their limits at every hour") {
    Simulation simulation;
    for (int at = 0; at < 24 * 30; ++at) {
        if (at == 24 * 3) simulation.lock(2 * day, 2 * day + hour, true);
        if (at == 24 * 15) simulation.remove_cam4();
        // After a restart nothing expires in the first turn; cam4 has nine days too many.
        simulation.checked_age = at < 24 * 15 || at > 24 * 15 + 11;
        if (at == 24 * 20) simulation.lock(2 * day, 2 * day + hour, false);
        if (at == 24 * 25) simulation.fill_disk(30 * Simulation::day_bytes);
        simulation.advance();
        const std::uint64_t day_segments = Simulation::day_bytes / Simulation::segment_bytes;
        if (at == 24 * 14) {
            CHECK(simulation.count("cam1") == 7 * day_segments + 12);
            CHECK(simulation.count("site/cam2") == 5 * day_segments);
            CHECK(simulation.count("cam4") == 10 * day_segments);
        }
        if (at == 24 * 19) {
            CHECK(simulation.count("cam1") == 7 * day_segments + 12);
            CHECK(simulation.count("cam4") == 0);
        }
        if (at == 24 * 21) CHECK(simulation.count("cam1") == 7 * day_segments);
    }
    simulation.check_folder();
}
