#include "path_readers.hpp"

#include <rill/clock.hpp>

namespace rill {

class PathReaders::Entry final : public Reader {
  public:
    Entry(std::shared_ptr<PathReaders> owner, ReaderInfo info)
        : owner_(std::move(owner)), info_(std::move(info)), since_us_(utc_now_us()) {
        const Owned<char> uuid(g_uuid_string_random());
        id_ = uuid.get();
    }
    ~Entry() override { owner_->remove(*this); }
    const std::string& id() const override { return id_; }
    const ReaderInfo& info() const override { return info_; }
    std::int64_t since_us() const { return since_us_; }

  private:
    std::shared_ptr<PathReaders> owner_;
    std::string id_;
    const ReaderInfo info_;
    const std::int64_t since_us_;
};

ReaderPtr PathReaders::add(ReaderInfo info) {
    auto entry = std::make_shared<Entry>(shared_from_this(), std::move(info));
    const std::lock_guard lock(mutex_);
    entries_.push_back(entry.get());
    return entry;
}

void PathReaders::remove(const Entry& entry) {
    {
        const std::lock_guard lock(mutex_);
        departed_bytes_ += entry.bytes_sent;
        std::erase(entries_, &entry);
    }
    left_();
}

std::size_t PathReaders::count() const {
    const std::lock_guard lock(mutex_);
    return entries_.size();
}

std::vector<ReaderStatus> PathReaders::status() const {
    const std::lock_guard lock(mutex_);
    std::vector<ReaderStatus> out;
    out.reserve(entries_.size());
    for (const Entry* entry : entries_) {
        const ReaderInfo& info = entry->info();
        out.push_back({entry->id(), info.type, info.remote, info.user_agent, entry->since_us(),
                       entry->bytes_sent, entry->units_dropped});
    }
    return out;
}

std::uint64_t PathReaders::outbound_bytes() const {
    const std::lock_guard lock(mutex_);
    std::uint64_t sum = departed_bytes_;
    for (const Entry* entry : entries_)
        sum += entry->bytes_sent;
    return sum;
}

}  // namespace rill
