#include "memory_archive.hpp"

#include <fmt/format.h>

#include <memory>
#include <stdexcept>
#include <utility>

namespace rill::test {

/// As the contract has it, one at a time for a path.
class MemoryArchive::Writer final : public ArchiveWriter {
  public:
    Writer(MemoryArchive& archive, std::string path) : archive_(archive), path_(std::move(path)) {}
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    ~Writer() override {
        const std::lock_guard lock(archive_.mutex_);
        archive_.being_written_.erase(path_);
    }
    void begin(NewSegment) override {}
    void append(NewPart) override {}

  private:
    MemoryArchive& archive_;
    const std::string path_;
};

std::int64_t MemoryArchive::add(const std::string& path, RecordedSegment segment) {
    const std::lock_guard lock(mutex_);
    return index_.add(path, {std::move(segment), {}});
}

std::int64_t MemoryArchive::add(const std::string& path, const std::filesystem::path& file,
                                std::int64_t start_us, std::int64_t chain) {
    StoredSegment stored = read_segment(file, start_us, chain);
    const std::lock_guard lock(mutex_);
    return index_.add(path, std::move(stored));
}

std::int64_t MemoryArchive::add_again(const std::string& path, std::int64_t like,
                                      const std::filesystem::path& file, std::int64_t start_us,
                                      std::int64_t chain) {
    StoredSegment again = stored(like);
    again.segment.file = file;
    again.segment.chain = chain;
    move_to(again, start_us);
    const std::lock_guard lock(mutex_);
    return index_.add(path, std::move(again));
}

void MemoryArchive::forget(std::int64_t id) {
    const std::lock_guard lock(mutex_);
    index_.forget(id);
}

void MemoryArchive::keep_open(std::int64_t id, std::size_t parts) {
    const std::lock_guard lock(mutex_);
    index_.keep_open(id, parts);
}

void MemoryArchive::append(std::int64_t id, const RecordedPart& part) {
    const std::lock_guard lock(mutex_);
    index_.append(id, part);
}

void MemoryArchive::finish(std::int64_t id) {
    const std::lock_guard lock(mutex_);
    index_.finish(id);
}

void MemoryArchive::say_container(std::int64_t id, Container container) {
    const std::lock_guard lock(mutex_);
    index_.say_container(id, container);
}

void MemoryArchive::set_storages(std::vector<StorageStatus> storages) {
    const std::lock_guard lock(mutex_);
    storages_ = std::move(storages);
}

void MemoryArchive::refuse(Error error) {
    const std::lock_guard lock(mutex_);
    refusals_.all = std::move(error);
}

void MemoryArchive::refuse_parts(Error error) {
    const std::lock_guard lock(mutex_);
    refusals_.parts = std::move(error);
}

void MemoryArchive::relent() {
    const std::lock_guard lock(mutex_);
    refusals_ = {};
}

void MemoryArchive::drop() {
    dropping_ = true;
}

StoredSegment MemoryArchive::stored(std::int64_t id) const {
    const std::lock_guard lock(mutex_);
    const StoredSegment* found = index_.find(id);
    if (found == nullptr) throw std::runtime_error(fmt::format("there is no segment {}", id));
    return *found;
}

RecordedSegment MemoryArchive::segment(std::int64_t id) const {
    return stored(id).segment;
}

std::vector<RecordedPart> MemoryArchive::parts(std::int64_t id) const {
    return stored(id).parts;
}

std::size_t MemoryArchive::largest_look() const {
    const std::lock_guard lock(mutex_);
    return count_.largest;
}

std::size_t MemoryArchive::looks() const {
    const std::lock_guard lock(mutex_);
    return count_.looks;
}

Result<std::unique_ptr<ArchiveWriter>> MemoryArchive::write(const std::string& path,
                                                            std::function<void(Error)>) {
    const std::lock_guard lock(mutex_);
    if (refusals_.all) return *refusals_.all;
    if (!being_written_.insert(path).second)
        return Error{Code::conflict, fmt::format("path {} is being recorded already", path)};
    return std::unique_ptr<ArchiveWriter>(std::make_unique<Writer>(*this, path));
}

/// Also called by looks, which hold the lock.
void MemoryArchive::post(std::function<void()> work) {
    if (dropping_) return;
    {
        const std::lock_guard lock(turns_mutex_);
        ++turns_;
        ++under_way_;
    }
    loop_.post([this, work = std::move(work)] {
        work();
        const std::lock_guard lock(turns_mutex_);
        if (--under_way_ == 0) settled_.notify_all();
    });
}

void MemoryArchive::settle() {
    std::unique_lock lock(turns_mutex_);
    settled_.wait(lock, [this] { return under_way_ == 0; });
}

std::size_t MemoryArchive::turns() const {
    const std::lock_guard lock(turns_mutex_);
    return turns_;
}

void MemoryArchive::read(const std::string& path, std::function<void(ArchiveView&)> look) {
    post([this, path, look = std::move(look)] {
        const std::lock_guard lock(mutex_);
        MemoryView view(index_, path, refusals_, count_);
        look(view);
    });
}

template <class T>
void MemoryArchive::answer(std::function<T(MemoryIndex&)> work, std::function<void(Result<T>)> done) {
    post([this, work = std::move(work), done = std::move(done)] {
        std::unique_lock lock(mutex_);
        if (refusals_.all) return done(*refusals_.all);
        T value = work(index_);
        lock.unlock();
        done(std::move(value));
    });
}

void MemoryArchive::paths(std::function<void(Result<std::vector<RecordedPath>>)> done) {
    answer<std::vector<RecordedPath>>([](const MemoryIndex& index) { return index.paths(); },
                                      std::move(done));
}

void MemoryArchive::erase(const std::string& path, TimeRange range,
                          std::function<void(Result<std::uint64_t>)> done) {
    answer<std::uint64_t>([path, range](MemoryIndex& index) { return index.erase(path, range); },
                          std::move(done));
}

void MemoryArchive::lock(const std::string& path, TimeRange range, bool locked,
                         std::function<void(Result<std::uint64_t>)> done) {
    answer<std::uint64_t>(
        [path, range, locked](MemoryIndex& index) { return index.lock(path, range, locked); },
        std::move(done));
}

std::vector<StorageStatus> MemoryArchive::storages() const {
    const std::lock_guard lock(mutex_);
    return storages_;
}

StorageStatus numbered_storage(std::filesystem::path root) {
    return {.root = std::move(root),
            .segments = 1,
            .bytes = 2,
            .disk_bytes = 3,
            .disk_free = 4,
            .written_bytes = 5,
            .queued_bytes = 6,
            .dropped_parts = 7,
            .deleted_bytes = 8,
            .failure = "no space left"};
}

}  // namespace rill::test
