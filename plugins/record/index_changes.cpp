#include "index.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace rill::record {

namespace {

/// So that no sum of the counters can overflow.
constexpr std::uint64_t bytes_limit = std::uint64_t{1} << 48;

Error refused(std::string_view file, std::string_view what) {
    return {Code::invalid_config, fmt::format("index: segment {}: {}", file, what)};
}

Result<> check_start(const Segment& segment) {
    if (segment.file.empty()) return refused("of " + segment.path, "has no file name");
    if (segment.start_us < -Index::time_limit_us || segment.start_us > Index::time_limit_us)
        return refused(segment.file, fmt::format("start {} us is out of bounds", segment.start_us));
    return ok();
}

/// `start_us` is in bounds.
Result<> check_rest(std::string_view file, std::int64_t start_us, std::int64_t end_us, std::uint64_t bytes) {
    if (end_us < start_us) return refused(file, fmt::format("ends at {} us before its start", end_us));
    if (end_us > Index::time_limit_us || end_us - start_us > Index::longest_segment_us)
        return refused(file, fmt::format("end {} us is out of bounds: a week is the longest", end_us));
    if (bytes > bytes_limit) return refused(file, fmt::format("{} bytes are too many", bytes));
    return ok();
}

bool within_slack(std::int64_t a, std::int64_t b) {
    return std::abs(a - b) <= Index::seam_us;
}

}  // namespace

/// Where a segment lies: what its chain is found by.
struct Index::Place {
    std::int64_t id = 0;
    std::int64_t path = 0;
    std::int64_t label = 0;
    std::int64_t codecs = 0;
    std::int64_t start_us = 0;
    std::int64_t end_us = 0;
};

struct Index::Chain {
    std::int64_t id = 0;
    std::int64_t start_us = 0;
    std::int64_t end_us = 0;
};

/// The only row of (id, start, end), if there is one.
Result<std::optional<Index::Chain>> Index::read_chain(Rows& rows) {
    const auto row = rows.next();
    if (!row) return row.error();
    if (!*row) return std::optional<Chain>();
    return std::optional(Chain{rows.integer(0), rows.integer(1), rows.integer(2)});
}

/// The id of a text in its table; it is added when it is new.
Result<std::int64_t> Index::intern(std::string_view find, std::string_view insert, std::string_view text) {
    {
        Rows known = database_.query(find, text);
        const auto row = known.next();
        if (!row) return row.error();
        if (*row) return known.integer(0);
    }
    if (auto added = database_.run(insert, text); !added) return added.error();
    return database_.last_id();
}

/// The new id, 0 when the file is known.
Result<std::int64_t> Index::insert(const Segment& segment, bool finished) {
    if (auto valid = check_start(segment); !valid) return valid.error();
    const auto path = intern("SELECT id FROM paths WHERE name = ?", "INSERT INTO paths (name) VALUES (?)",
                             std::string_view(segment.path));
    if (!path) return path.error();
    const auto codecs = intern("SELECT id FROM codecs WHERE name = ?", "INSERT INTO codecs (name) VALUES (?)",
                               std::string_view(segment.codecs));
    if (!codecs) return codecs.error();
    auto inserted = database_.run(
        "INSERT INTO segments (path, start_us, duration_us, bytes, init_bytes, chain, codecs, locked, "
        "finished, file)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (file) DO NOTHING",
        *path, segment.start_us, finished ? segment.end_us - segment.start_us : 0,
        finished ? segment.bytes : 0, segment.init_bytes, segment.chain, *codecs, segment.locked, finished,
        std::string_view(segment.file));
    if (!inserted) return inserted.error();
    if (database_.changes() == 0) return std::int64_t{0};
    const std::int64_t id = database_.last_id();
    if (finished) {
        const Place place{id, *path, segment.chain, *codecs, segment.start_us, segment.end_us};
        if (auto done = complete(place, segment.bytes, segment.parts); !done) return done.error();
    }
    return id;
}

/// What a finished segment means to every other table.
Result<> Index::complete(const Place& place, std::uint64_t bytes, std::span<const Part> parts) {
    const auto packed = pack_parts(parts);
    if (auto stored = database_.run("INSERT OR REPLACE INTO parts VALUES (?, ?)", place.id,
                                    std::span<const std::uint8_t>(packed));
        !stored) {
        return stored;
    }
    if (auto raised = database_.run("UPDATE paths SET longest_us = ?2 WHERE id = ?1 AND longest_us < ?2",
                                    place.path, place.end_us - place.start_us);
        !raised) {
        return raised;
    }
    if (auto counted = count(place.path, 1, static_cast<std::int64_t>(bytes)); !counted) return counted;
    return join_chain(place);
}

Result<> Index::count(std::int64_t path, std::int64_t segments, std::int64_t bytes) {
    if (auto one =
            database_.run("UPDATE paths SET segments = segments + ?2, bytes = bytes + ?3 WHERE id = ?1", path,
                          segments, bytes);
        !one) {
        return one;
    }
    return database_.run("UPDATE totals SET segments = segments + ?1, bytes = bytes + ?2", segments, bytes);
}

/// The last of its label and formats that starts no later than the place.
Result<std::optional<Index::Chain>> Index::chain_at(const Place& place) {
    Rows found = database_.query(
        "SELECT id, start_us, end_us FROM chains WHERE path = ? AND label = ? AND codecs = ? AND "
        "start_us <= ?"
        " ORDER BY start_us DESC LIMIT 1",
        place.path, place.label, place.codecs, place.start_us);
    return read_chain(found);
}

Result<> Index::insert_chain(const Place& place) {
    return database_.run("INSERT INTO chains (path, label, codecs, start_us, end_us) VALUES (?, ?, ?, ?, ?)",
                         place.path, place.label, place.codecs, place.start_us, place.end_us);
}

Result<> Index::join_chain(const Place& place) {
    std::optional<Chain> before, after;
    if (place.label != 0) {
        const auto first = chain_at(place);
        if (!first) return first.error();
        before = *first;
        Rows later = database_.query(
            "SELECT id, start_us, end_us FROM chains WHERE path = ? AND label = ? AND codecs = ? AND "
            "start_us > ?"
            " ORDER BY start_us LIMIT 1",
            place.path, place.label, place.codecs, place.start_us);
        const auto second = read_chain(later);
        if (!second) return second.error();
        after = *second;
    }
    // A chain's rows never overlap, so that each segment finds its own by its start. Who breaks that is
    // alone.
    const bool overlaps = (before && place.start_us < before->end_us - Index::seam_us) ||
                          (after && place.end_us > after->start_us + Index::seam_us);
    Place own = place;
    if (own.label == 0 || overlaps) {
        own.label = -place.id;
        before.reset();
        after.reset();
        auto labelled = database_.run("UPDATE segments SET chain = ? WHERE id = ?", own.label, own.id);
        if (!labelled) return labelled;
    }
    const bool goes_on = before && within_slack(before->end_us, place.start_us);
    const bool leads_on = after && within_slack(after->start_us, place.end_us);
    if (goes_on && leads_on) {
        if (auto gone = database_.run("DELETE FROM chains WHERE id = ?", after->id); !gone) return gone;
        return database_.run("UPDATE chains SET end_us = ?2 WHERE id = ?1", before->id,
                             std::max(after->end_us, place.end_us));
    }
    if (goes_on) {
        return database_.run("UPDATE chains SET end_us = ?2 WHERE id = ?1", before->id,
                             std::max(before->end_us, place.end_us));
    }
    if (leads_on)
        return database_.run("UPDATE chains SET start_us = ?2 WHERE id = ?1", after->id, place.start_us);
    return insert_chain(own);
}

/// Shortens the chain of a segment that is about to go, splits it, or ends it.
Result<> Index::leave_chain(const Place& place) {
    const auto chain = chain_at(place);
    if (!chain) return chain.error();
    if (!*chain) return ok();
    const Chain whole = **chain;
    Rows earlier = database_.query(
        "SELECT id, start_us, start_us + duration_us FROM segments INDEXED BY segments_by_start"
        " WHERE path = ?1 AND finished = 1 AND start_us >= ?6 AND start_us <= ?4 AND (start_us, id) < (?4, "
        "?5)"
        " AND chain = ?2 AND codecs = ?3 ORDER BY start_us DESC, id DESC LIMIT 1",
        place.path, place.label, place.codecs, place.start_us, place.id, whole.start_us);
    const auto last = read_chain(earlier);
    if (!last) return last.error();
    Rows later = database_.query(
        "SELECT id, start_us, start_us + duration_us FROM segments INDEXED BY segments_by_start"
        " WHERE path = ?1 AND finished = 1 AND start_us <= ?6 AND start_us >= ?4 AND (start_us, id) > (?4, "
        "?5)"
        " AND chain = ?2 AND codecs = ?3 ORDER BY start_us, id LIMIT 1",
        place.path, place.label, place.codecs, place.start_us, place.id, whole.end_us);
    const auto first = read_chain(later);
    if (!first) return first.error();
    if (!*last && !*first) return database_.run("DELETE FROM chains WHERE id = ?", whole.id);
    if (!*last)
        return database_.run("UPDATE chains SET start_us = ?2 WHERE id = ?1", whole.id, (*first)->start_us);
    if (auto cut = database_.run("UPDATE chains SET end_us = ?2 WHERE id = ?1", whole.id, (*last)->end_us);
        !cut)
        return cut;
    if (!*first) return ok();
    Place rest = place;
    rest.start_us = (*first)->start_us;
    rest.end_us = whole.end_us;
    return insert_chain(rest);
}

Result<std::int64_t> Index::begin_segment(const Segment& segment) {
    Transaction transaction(database_);
    if (auto begun = transaction.begin(); !begun) return begun.error();
    const auto id = insert(segment, false);
    if (!id) return id.error();
    if (*id == 0) {
        return Error{Code::conflict,
                     fmt::format("index: file {} is known already; name it otherwise", segment.file)};
    }
    if (auto committed = transaction.commit(); !committed) return committed.error();
    return *id;
}

Result<> Index::finish_segment(std::int64_t id, std::int64_t end_us, std::uint64_t bytes,
                               std::span<const Part> parts) {
    Transaction transaction(database_);
    if (auto begun = transaction.begin(); !begun) return begun;
    Place place{.id = id, .end_us = end_us};
    {
        Rows open = database_.query(
            "SELECT path, chain, codecs, start_us, file FROM segments WHERE id = ? AND finished = 0", id);
        const auto row = open.next();
        if (!row) return row.error();
        if (!*row) return Error{Code::not_found, fmt::format("index: segment {} is not open", id)};
        place.path = open.integer(0);
        place.label = open.integer(1);
        place.codecs = open.integer(2);
        place.start_us = open.integer(3);
        if (auto valid = check_rest(open.text(4), place.start_us, end_us, bytes); !valid) return valid;
    }
    if (auto closed =
            database_.run("UPDATE segments SET finished = 1, duration_us = ?2, bytes = ?3 WHERE id = ?1", id,
                          end_us - place.start_us, bytes);
        !closed) {
        return closed;
    }
    if (auto done = complete(place, bytes, parts); !done) return done;
    return transaction.commit();
}

Result<std::size_t> Index::add(std::span<const Segment> segments) {
    Transaction transaction(database_);
    if (auto begun = transaction.begin(); !begun) return begun.error();
    std::size_t added = 0;
    for (const Segment& segment : segments) {
        if (auto valid = check_start(segment); !valid) return valid.error();
        if (auto valid = check_rest(segment.file, segment.start_us, segment.end_us, segment.bytes); !valid)
            return valid.error();
        const auto id = insert(segment, true);
        if (!id) return id.error();
        if (*id != 0) ++added;
    }
    if (auto committed = transaction.commit(); !committed) return committed.error();
    return added;
}

Result<> Index::remove(std::int64_t id) {
    Transaction transaction(database_);
    if (auto begun = transaction.begin(); !begun) return begun;
    Place place{.id = id};
    std::int64_t bytes = 0;
    bool finished = false;
    {
        Rows known = database_.query(
            "SELECT path, chain, codecs, start_us, start_us + duration_us, bytes, finished FROM segments "
            "WHERE id = ?",
            id);
        const auto row = known.next();
        if (!row) return row.error();
        if (!*row) return Error{Code::not_found, fmt::format("index: there is no segment {}", id)};
        place = {
            id, known.integer(0), known.integer(1), known.integer(2), known.integer(3), known.integer(4)};
        bytes = known.integer(5);
        finished = known.integer(6) != 0;
    }
    if (finished) {
        if (auto left = leave_chain(place); !left) return left;
        if (auto counted = count(place.path, -1, -bytes); !counted) return counted;
        if (auto gone = database_.run("DELETE FROM parts WHERE segment = ?", id); !gone) return gone;
    }
    if (auto gone = database_.run("DELETE FROM segments WHERE id = ?", id); !gone) return gone;
    return transaction.commit();
}

Result<std::uint64_t> Index::lock(std::string_view path, std::int64_t from_us, std::int64_t to_us,
                                  bool locked) {
    Transaction transaction(database_);
    if (auto begun = transaction.begin(); !begun) return begun.error();
    // Where the subtraction overflows, SQLite goes on in floating point, which is exact enough out there.
    auto changed = database_.run(
        "UPDATE segments SET locked = ?4 WHERE finished = 1 AND locked <> ?4"
        " AND path = (SELECT id FROM paths WHERE name = ?1) AND start_us < ?3"
        " AND start_us > ?2 - (SELECT longest_us FROM paths WHERE name = ?1) AND start_us + duration_us > ?2",
        path, from_us, to_us, locked);
    if (!changed) return changed.error();
    const std::uint64_t finished = database_.changes();
    auto open = database_.run(
        "UPDATE segments SET locked = ?3 WHERE finished = 0 AND locked <> ?3"
        " AND path = (SELECT id FROM paths WHERE name = ?1) AND start_us < ?2",
        path, to_us, locked);
    if (!open) return open.error();
    const std::uint64_t unfinished = database_.changes();
    if (auto committed = transaction.commit(); !committed) return committed.error();
    return finished + unfinished;
}

}  // namespace rill::record
