#include "storage.hpp"

#include "recorded_paths.hpp"
#include "storage_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rill::record {

namespace {

/// Between the disk's thread and a writer that may be gone.
class FailureGate {
  public:
    explicit FailureGate(std::function<void(Error)> failed) : failed_(std::move(failed)) {}
    void tell(Error error) {
        const std::lock_guard lock(mutex_);
        if (failed_) failed_(std::move(error));
    }
    void close() {
        const std::lock_guard lock(mutex_);
        failed_ = nullptr;
    }

  private:
    std::mutex mutex_;
    std::function<void(Error)> failed_;  // locked: mutex_
};

}  // namespace

/// One path's way to the disk's thread.
class Storage::Writer final : public ArchiveWriter {
  public:
    Writer(std::shared_ptr<Storage> storage, std::shared_ptr<Recording> recording,
           std::function<void(Error)> failed)
        : storage_(std::move(storage)),
          recording_(std::move(recording)),
          gate_(std::make_shared<FailureGate>(std::move(failed))) {
        recording_->failed = [gate = gate_](Error error) { gate->tell(std::move(error)); };
        post(0, [](StorageWriter& writer, const auto& recording) { writer.announce(*recording); });
    }
    ~Writer() override {
        gate_->close();
        {
            const std::lock_guard lock(storage_->mutex_);
            storage_->writing_.erase(recording_->path);
        }
        storage_->disk_->post(
            [storage = storage_, recording = recording_] { storage->writer_.end(*recording); });
    }

    void begin(NewSegment segment) override {
        post(0, [segment = std::move(segment)](StorageWriter& writer,
                                               const std::shared_ptr<Recording>& recording) {
            writer.begin(recording, segment);
        });
    }

    void append(NewPart part) override {
        const std::uint64_t bytes = cmaf::size_of(part.bytes);
        const std::uint64_t queued = storage_->disk_->queued_bytes();
        if (!overrun_ && queued + bytes > most_queued_bytes) {
            overrun_ = true;
            post(0, [queued](StorageWriter& writer, const std::shared_ptr<Recording>& recording) {
                writer.fail(*recording,
                            {Code::unavailable,
                             fmt::format("the disk is too slow: {} MB wait for it", queued >> 20)});
            });
        }
        if (overrun_) {
            storage_->counters_.update([](StorageStatus& status) { ++status.dropped_parts; });
            return;
        }
        post(bytes,
             [part = std::move(part)](StorageWriter& writer, const std::shared_ptr<Recording>& recording) {
                 writer.append(*recording, part);
             });
    }

  private:
    template <class Work>
    void post(std::uint64_t bytes, Work work) {
        storage_->disk_->post([storage = storage_, recording = recording_,
                               work = std::move(work)] { work(storage->writer_, recording); },
                              bytes);
    }

    const std::shared_ptr<Storage> storage_;
    const std::shared_ptr<Recording> recording_;
    const std::shared_ptr<FailureGate> gate_;
    bool overrun_ = false;
};

Storage::Storage(StorageSettings settings)
    : root_(settings.root), writer_(std::move(settings), open_, counters_) {}

std::shared_ptr<Storage> Storage::create(StorageSettings settings) {
    std::shared_ptr<Storage> storage(new Storage(std::move(settings)));
    storage->start();
    return storage;
}

void Storage::start() {
    disk_ = std::make_unique<Worker>("rill-disk", [weak = weak_from_this()] {
        const auto self = weak.lock();
        return self ? self->writer_.idle() : std::chrono::hours(1);
    });
    reader_ = std::make_unique<Worker>("rill-replay");
    std::error_code error;
    if (!std::filesystem::is_directory(root_, error)) return;
    disk_->post([self = shared_from_this()] { self->writer_.look(); });
}

Result<std::unique_ptr<ArchiveWriter>> Storage::write(const std::string& path, const FilePattern& pattern,
                                                      std::function<void(Error)> failed) {
    if (disk_->queued_bytes() > most_queued_bytes / 2) {
        return Error{Code::unavailable, fmt::format("{}: the disk is too slow: {} MB wait for it",
                                                    root_.string(), disk_->queued_bytes() >> 20)};
    }
    {
        const std::lock_guard lock(mutex_);
        if (!writing_.insert(path).second)
            return Error{Code::conflict, fmt::format("path {} is being recorded already", path)};
    }
    auto recording = std::make_shared<Recording>(path, pattern);
    return std::unique_ptr<ArchiveWriter>(
        std::make_unique<Writer>(shared_from_this(), std::move(recording), std::move(failed)));
}

/// Null when nothing was ever recorded. On reader_.
Result<Index*> Storage::index_to_read() {
    const std::uint64_t generation = writer_.generation();
    if (std::exchange(read_generation_, generation) != generation) read_.reset();
    if (!read_) {
        auto opened = Index::open_to_read(root_ / Index::file_name);
        if (!opened && opened.error().code == Code::not_found) return static_cast<Index*>(nullptr);
        if (!opened) return opened.error();
        read_ = *std::move(opened);
    }
    return &*read_;
}

void Storage::read(const std::string& path, std::function<void(ArchiveView&)> look) {
    reader_->post([self = shared_from_this(), path, look = std::move(look)] {
        const auto open = self->open_.find(path);
        StorageView view(self->index_to_read(), self->root_, path, open.get());
        look(view);
    });
}

void Storage::paths(std::function<void(Result<std::vector<RecordedPath>>)> done) {
    reader_->post([self = shared_from_this(), done = std::move(done)] {
        std::vector<RecordedPath> paths;
        const auto open = self->open_.paths();
        const auto index = self->index_to_read();
        if (!index) return done(index.error());
        if (*index != nullptr) {
            const auto finished = (*index)->paths();
            if (!finished) return done(finished.error());
            for (const PathSummary& path : *finished)
                paths.push_back(
                    {path.path, {path.first_us, path.last_us}, path.totals.bytes, path.totals.segments});
        }
        for (const RecordedPath& path : open)
            add_path(paths, path);
        done(std::move(paths));
    });
}

void Storage::erase(const std::string& path, TimeRange range,
                    std::function<void(Result<std::uint64_t>)> done) {
    in_turns([path](StorageWriter& writer, TimeRange rest) { return writer.erase(path, rest); }, {0, range},
             std::move(done));
}

void Storage::lock(const std::string& path, TimeRange range, bool locked,
                   std::function<void(Result<std::uint64_t>)> done) {
    in_turns(
        [path, locked](StorageWriter& writer, TimeRange rest) { return writer.lock(path, rest, locked); },
        {0, range}, std::move(done));
}

/// What is queued between two turns comes before the second.
void Storage::in_turns(Turn turn, StorageWriter::Progress so_far,
                       std::function<void(Result<std::uint64_t>)> done) {
    disk_->post([self = shared_from_this(), turn = std::move(turn), so_far, done = std::move(done)] {
        auto progress = turn(self->writer_, *so_far.rest);
        if (!progress) return done(progress.error());
        progress->count += so_far.count;
        if (!progress->rest) return done(progress->count);
        self->in_turns(turn, *progress, done);
    });
}

StorageStatus Storage::status() const {
    StorageStatus status = counters_.get();
    status.queued_bytes = disk_->queued_bytes();
    return status;
}

void Storage::configure(StorageSettings settings) {
    disk_->post(
        [self = shared_from_this(), settings = std::move(settings)] { self->writer_.configure(settings); });
}

bool Storage::close(std::chrono::milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    const bool read = reader_->close(timeout);
    const auto left = deadline - std::chrono::steady_clock::now();
    const bool written = disk_->close(
        std::max(std::chrono::ceil<std::chrono::milliseconds>(left), std::chrono::milliseconds(0)));
    return read && written;
}

}  // namespace rill::record
