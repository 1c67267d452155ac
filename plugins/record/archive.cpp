#include "archive.hpp"

#include "recorded_paths.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <limits>
#include <mutex>
#include <utility>

namespace rill::record {

namespace {

RetentionRule rule_of(const Settings& settings) {
    return {settings.delete_after_us, settings.max_bytes};
}

/// A root's own bounds are the strictest that its paths ask for.
void add_bounds(RetentionRules& rules, const Settings& settings) {
    if (settings.storage_max_bytes > 0) {
        rules.max_bytes = rules.max_bytes == 0 ? settings.storage_max_bytes
                                               : std::min(rules.max_bytes, settings.storage_max_bytes);
    }
    rules.min_free = std::max(rules.min_free, settings.min_free);
}

void add_pattern(StorageSettings& storage, const FilePattern& pattern) {
    if (std::ranges::find(storage.patterns, pattern) == storage.patterns.end())
        storage.patterns.push_back(pattern);
}

}  // namespace

struct DiskArchive::Plan {
    std::map<std::filesystem::path, StorageSettings> roots;
    std::filesystem::path default_root;
    std::vector<std::pair<std::string, FilePattern>> paths;
};

Result<DiskArchive::Plan> DiskArchive::plan(std::span<const ArchivePath> paths, const Options& others) {
    // localtime_r(), of which files get their names, need not look at the time zone by itself.
    ::tzset();
    const auto defaults = Settings::from(others);
    if (!defaults) return defaults.error();
    Plan plan;
    const auto root_of = [&](const Settings& settings) -> StorageSettings& {
        StorageSettings& storage = plan.roots[settings.pattern.root()];
        storage.root = settings.pattern.root();
        storage.rules.others = rule_of(*defaults);
        add_bounds(storage.rules, settings);
        add_pattern(storage, settings.pattern);
        return storage;
    };
    root_of(*defaults);
    plan.default_root = defaults->pattern.root();
    std::map<const Options*, Settings> read;  // thousands of paths share a few options
    for (const ArchivePath& path : paths) {
        auto known = read.find(path.options.get());
        if (known == read.end()) {
            const auto settings = Settings::from(*path.options);
            if (!settings) {
                return Error{settings.error().code,
                             fmt::format("path {}: {}", path.name, settings.error().message)};
            }
            known = read.emplace(path.options.get(), *settings).first;
        }
        const Settings& settings = known->second;
        root_of(settings).rules.paths.emplace(path.name, rule_of(settings));
        plan.paths.emplace_back(path.name, settings.pattern);
    }
    return plan;
}

Result<std::unique_ptr<Archive>> DiskArchive::create(std::span<const ArchivePath> paths,
                                                     const Options& others, std::shared_ptr<Events> events) {
    std::unique_ptr<Archive> archive(new DiskArchive(std::move(events)));
    if (auto configured = archive->configure(paths, others); !configured) return configured.error();
    return archive;
}

Result<> DiskArchive::configure(std::span<const ArchivePath> paths, const Options& others) {
    auto planned = plan(paths, others);
    if (!planned) return planned.error();
    std::map<std::filesystem::path, std::shared_ptr<Storage>> storages = storages_;
    for (auto& [root, storage] : storages) {
        if (planned->roots.contains(root)) continue;
        // What lies there is still found, and kept as what is not configured is, whatever the disk has.
        StorageSettings left{.root = root, .patterns = {}, .rules = {}, .events = events_};
        left.rules.others = planned->roots.at(planned->default_root).rules.others;
        storage->configure(std::move(left));
    }
    for (auto& [root, settings] : planned->roots) {
        settings.events = events_;
        auto& storage = storages[root];
        if (storage) {
            storage->configure(std::move(settings));
        } else {
            storage = Storage::create(std::move(settings));
        }
    }
    auto layout = std::make_shared<Layout>();
    auto roots = std::make_shared<std::vector<std::shared_ptr<Storage>>>();
    roots->push_back(storages.at(planned->default_root));
    for (const auto& [root, storage] : storages) {
        if (root != planned->default_root) roots->push_back(storage);
    }
    layout->roots = std::move(roots);
    for (auto& [name, pattern] : planned->paths)
        layout->places.emplace(name, Place{pattern, storages.at(pattern.root())});
    storages_ = std::move(storages);
    const std::lock_guard lock(mutex_);
    layout_ = std::move(layout);
    return ok();
}

std::shared_ptr<const DiskArchive::Layout> DiskArchive::layout() const {
    const std::lock_guard lock(mutex_);
    return layout_;
}

void DiskArchive::at_home(const std::string& path, HomeUse use) const {
    const auto now = layout();
    const auto found = now->places.find(path);
    if (found == now->places.end()) return search_home(now->roots, 0, path, std::move(use));
    const auto& storage = found->second.storage;
    storage->read(path, [storage, use = std::move(use)](ArchiveView& view) { use(*storage, view); });
}

/// The first root that has something of the path; the first of all when none has.
void DiskArchive::search_home(const Roots& roots, std::size_t at, const std::string& path, HomeUse use) {
    const bool none = at == roots->size();
    const auto storage = (*roots)[none ? 0 : at];
    storage->read(path, [roots, at, path, none, storage, use = std::move(use)](ArchiveView& view) {
        const auto nearest = view.nearest(std::numeric_limits<std::int64_t>::max());
        const bool is_home = nearest && nearest->before.has_value();
        if (is_home || none) return use(*storage, view);
        search_home(roots, at + 1, path, use);
    });
}

Result<std::unique_ptr<ArchiveWriter>> DiskArchive::write(const std::string& path,
                                                          std::function<void(Error)> failed) {
    const auto now = layout();
    const auto found = now->places.find(path);
    if (found == now->places.end())
        return Error{Code::not_found,
                     fmt::format("path {} is not configured, so it cannot be recorded", path)};
    return found->second.storage->write(path, found->second.pattern, std::move(failed));
}

void DiskArchive::read(const std::string& path, std::function<void(ArchiveView&)> look) {
    at_home(path, [look = std::move(look)](Storage&, ArchiveView& view) { look(view); });
}

void DiskArchive::paths(std::function<void(Result<std::vector<RecordedPath>>)> done) {
    /// What the storages say, put together when the last has answered.
    struct Answers {
        std::mutex mutex;
        // Locked: mutex.
        std::size_t missing;
        std::vector<RecordedPath> paths;
        std::optional<Error> error;
    };
    const auto now = layout();
    auto answers = std::make_shared<Answers>();
    answers->missing = now->roots->size();
    for (const auto& storage : *now->roots) {
        storage->paths([answers, done](Result<std::vector<RecordedPath>> paths) {
            std::unique_lock lock(answers->mutex);
            if (paths) {
                for (const RecordedPath& path : *paths)
                    add_path(answers->paths, path);
            } else {
                answers->error = paths.error();
            }
            if (--answers->missing > 0) return;
            lock.unlock();
            if (answers->error) return done(*answers->error);
            done(std::move(answers->paths));
        });
    }
}

void DiskArchive::erase(const std::string& path, TimeRange range,
                        std::function<void(Result<std::uint64_t>)> done) {
    at_home(path, [path, range, done = std::move(done)](Storage& storage, ArchiveView&) {
        storage.erase(path, range, done);
    });
}

void DiskArchive::lock(const std::string& path, TimeRange range, bool locked,
                       std::function<void(Result<std::uint64_t>)> done) {
    at_home(path, [path, range, locked, done = std::move(done)](Storage& storage, ArchiveView&) {
        storage.lock(path, range, locked, done);
    });
}

std::vector<StorageStatus> DiskArchive::storages() const {
    const auto now = layout();
    std::vector<StorageStatus> all;
    all.reserve(now->roots->size());
    for (const auto& storage : *now->roots)
        all.push_back(storage->status());
    return all;
}

bool DiskArchive::close(std::chrono::milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    bool closed = true;
    for (const auto& [root, storage] : storages_) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        closed = storage->close(std::max(left, std::chrono::milliseconds(0))) && closed;
    }
    return closed;
}

}  // namespace rill::record
