#include "path_readers.hpp"

#include <rill/clock.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rill {

class PathReaders::Entry final : public Reader {
  public:
    Entry(std::shared_ptr<PathReaders> owner, ReaderInfo info, std::string session, Seat seat)
        : owner_(std::move(owner)),
          info_(std::move(info)),
          session_(std::move(session)),
          seat_(std::move(seat)),
          since_us_(utc_now_us()) {
        const Owned<char> uuid(g_uuid_string_random());
        id_ = uuid.get();
    }
    ~Entry() override { owner_->remove(*this); }
    const std::string& id() const override { return id_; }
    const ReaderInfo& info() const override { return info_; }
    const std::string& session() const { return session_; }
    std::int64_t since_us() const { return since_us_; }

  private:
    std::shared_ptr<PathReaders> owner_;
    std::string id_;
    const ReaderInfo info_;
    const std::string session_;
    const Seat seat_;
    const std::int64_t since_us_;
};

PathReaders::PathReaders(Given given)
    : given_(std::move(given)),
      of_this_path_(given_.most > 0 ? std::make_shared<Permits>(given_.most) : nullptr) {}

Result<PathReaders::Seat> PathReaders::seat() const {
    Seat seat;
    const auto take = [&seat](const std::shared_ptr<Permits>& permits) {
        if (!permits) return true;
        seat.push_back(permits->take());
        return seat.back() != nullptr;
    };
    if (!take(of_this_path_))
        return Error{Code::too_many, fmt::format("path '{}' has reached its limit of {} readers (maxReaders)",
                                                 given_.path, given_.most)};
    if (!take(given_.of_all_paths))
        return Error{Code::unavailable, fmt::format("the server has reached its limit of {} readers in all "
                                                    "paths (maxTotalReaders); try again later",
                                                    given_.of_all_paths->most())};
    return seat;
}

ReaderPtr PathReaders::add(ReaderInfo info, std::string session, Seat seat) {
    auto entry =
        std::make_shared<Entry>(shared_from_this(), std::move(info), std::move(session), std::move(seat));
    {
        const std::lock_guard lock(mutex_);
        entries_.push_back(entry.get());
    }
    tell(EventKind::reader_added, *entry);
    return entry;
}

void PathReaders::tell(EventKind kind, const Entry& entry) const {
    if (!given_.events || !given_.events->observed()) return;
    given_.events->tell({.kind = kind,
                         .path = given_.path,
                         .time_us = utc_now_us(),
                         .type = entry.session(),
                         .id = entry.id(),
                         .remote = entry.info().remote,
                         .query = entry.info().query});
}

/// Under the lock.
const PathReaders::Entry* PathReaders::find(const std::string& id) const {
    const auto found = std::ranges::find(entries_, id, [](const Entry* entry) { return entry->id(); });
    return found == entries_.end() ? nullptr : *found;
}

bool PathReaders::has(const std::string& id) const {
    const std::lock_guard lock(mutex_);
    return find(id) != nullptr;
}

Result<> PathReaders::end(const std::string& id, const std::string& reason) const {
    std::function<void(const std::string&)> end;
    {
        const std::lock_guard lock(mutex_);
        const Entry* const entry = find(id);
        if (entry == nullptr)
            return Error{Code::not_found, fmt::format("path '{}' has no reader '{}'", given_.path, id)};
        end = entry->end();
    }
    if (!end) return Error{Code::conflict, fmt::format("the reader '{}' cannot be ended by request", id)};
    end(reason);
    return ok();
}

void PathReaders::remove(const Entry& entry) {
    {
        const std::lock_guard lock(mutex_);
        departed_bytes_ += entry.bytes_sent;
        std::erase(entries_, &entry);
    }
    tell(EventKind::reader_removed, entry);
    given_.left();
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
                       entry->bytes_sent, entry->units_dropped, entry->session(), info.query, info.user,
                       entry->details()});
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
