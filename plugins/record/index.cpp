#include "index.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace rill::record {

namespace {

/// Columns as read_segment takes them. s is the segment, p its path, f its codecs. The joins are in the order
/// in which they have to be executed, which CROSS tells SQLite: it has no statistics to find out.
constexpr std::string_view columns =
    "SELECT s.id, p.name, s.file, s.start_us, s.start_us + s.duration_us, s.bytes, s.init_bytes,"
    " ifnull((SELECT c.id FROM chains c WHERE s.finished = 1 AND c.path = s.path AND c.label = s.chain"
    "  AND c.codecs = s.codecs AND c.start_us <= s.start_us ORDER BY c.start_us DESC LIMIT 1), s.chain),"
    " f.name, s.locked ";

std::string by_path(std::string_view condition, std::string_view index = "segments_by_start") {
    return fmt::format(
        "{} FROM paths p CROSS JOIN segments s INDEXED BY {} CROSS JOIN codecs f"
        " WHERE p.name = ?1 AND s.path = p.id AND s.finished = 1 AND f.id = s.codecs AND {}",
        columns, index, condition);
}

std::string by_segment(std::string_view condition) {
    return fmt::format(
        "{} FROM segments s CROSS JOIN paths p CROSS JOIN codecs f WHERE p.id = s.path AND f.id = s.codecs "
        "AND {}",
        columns, condition);
}

Segment read_segment(const Rows& rows) {
    Segment segment;
    segment.id = rows.integer(0);
    segment.path = rows.text(1);
    segment.file = rows.text(2);
    segment.start_us = rows.integer(3);
    segment.end_us = rows.integer(4);
    segment.bytes = static_cast<std::uint64_t>(rows.integer(5));
    segment.init_bytes = static_cast<std::uint32_t>(rows.integer(6));
    segment.chain = rows.integer(7);
    segment.codecs = rows.text(8);
    segment.locked = rows.integer(9) != 0;
    return segment;
}

Result<std::optional<Segment>> read_one(Rows&& rows) {
    const auto row = rows.next();
    if (!row) return row.error();
    return *row ? std::optional(read_segment(rows)) : std::nullopt;
}

Result<std::vector<Segment>> read_all(Rows&& rows) {
    std::vector<Segment> segments;
    while (true) {
        const auto row = rows.next();
        if (!row) return row.error();
        if (!*row) return segments;
        segments.push_back(read_segment(rows));
    }
}

/// SQLite takes a negative limit for none.
std::int64_t as_limit(std::size_t limit) {
    return static_cast<std::int64_t>(std::min<std::size_t>(limit, std::numeric_limits<std::int64_t>::max()));
}

Result<Totals> read_totals(Rows&& rows) {
    const auto row = rows.next();
    if (!row) return row.error();
    if (!*row) return Totals{};
    return Totals{static_cast<std::uint64_t>(rows.integer(0)), static_cast<std::uint64_t>(rows.integer(1))};
}

/// Makes spans in the order of their starts disjoint.
std::vector<Span> unite(std::vector<Span> spans) {
    std::vector<Span> united;
    for (Span& span : spans) {
        if (!united.empty() && span.start_us <= united.back().end_us) {
            if (span.end_us <= united.back().end_us) continue;
            if (span.codecs == united.back().codecs) {
                united.back().end_us = span.end_us;
                continue;
            }
            span.start_us = united.back().end_us;
        }
        united.push_back(std::move(span));
    }
    return united;
}

}  // namespace

Result<std::vector<Segment>> Index::unfinished() {
    return read_all(database_.query(by_segment("s.finished = 0 ORDER BY s.id")));
}

Result<std::optional<Segment>> Index::find_file(std::string_view file) {
    return read_one(database_.query(by_segment("s.file = ?"), file));
}

Result<std::optional<std::int64_t>> Index::chain_of(std::int64_t id) {
    Rows rows = database_.query(
        "SELECT c.id FROM segments s CROSS JOIN chains c WHERE s.id = ?1 AND c.path = s.path AND c.label = "
        "s.chain"
        " AND c.codecs = s.codecs AND c.start_us <= s.start_us"
        " AND (s.finished = 1 OR abs(c.end_us - s.start_us) <= ?2) ORDER BY c.start_us DESC LIMIT 1",
        id, seam_us);
    const auto row = rows.next();
    if (!row) return row.error();
    return *row ? std::optional(rows.integer(0)) : std::nullopt;
}

Result<std::optional<Segment>> Index::segment_at(std::string_view path, std::int64_t utc_us) {
    static const std::string sql = by_path(
        "s.start_us <= ?2 AND s.start_us > ?2 - p.longest_us AND s.start_us + s.duration_us > ?2"
        " ORDER BY s.id DESC LIMIT 1");
    return read_one(database_.query(sql, path, utc_us));
}

Result<Neighbours> Index::nearest(std::string_view path, std::int64_t utc_us) {
    // What ends last may have started long before what starts last, when they overlap.
    static const std::string ends_last = by_path(
        "s.start_us <= ?2 AND s.start_us >= (SELECT max(start_us) FROM segments WHERE path = p.id AND "
        "finished = 1"
        " AND start_us <= ?2) - p.longest_us ORDER BY s.start_us + s.duration_us DESC, s.id DESC LIMIT 1");
    static const std::string starts_next = by_path("s.start_us > ?2 ORDER BY s.start_us LIMIT 1");
    auto before = read_one(database_.query(ends_last, path, utc_us));
    if (!before) return before.error();
    auto after = read_one(database_.query(starts_next, path, utc_us));
    if (!after) return after.error();
    return Neighbours{std::move(*before), std::move(*after)};
}

Result<std::optional<Segment>> Index::next(const Segment& segment) {
    static const std::string sql =
        by_path("s.start_us >= ?2 AND (s.start_us, s.id) > (?2, ?3) ORDER BY s.start_us, s.id LIMIT 1");
    return read_one(database_.query(sql, std::string_view(segment.path), segment.start_us, segment.id));
}

Result<std::optional<Segment>> Index::previous(const Segment& segment) {
    static const std::string sql = by_path(
        "s.start_us <= ?2 AND (s.start_us, s.id) < (?2, ?3) ORDER BY s.start_us DESC, s.id DESC LIMIT 1");
    return read_one(database_.query(sql, std::string_view(segment.path), segment.start_us, segment.id));
}

Result<std::vector<Segment>> Index::segments(std::string_view path, std::int64_t from_us, std::int64_t to_us,
                                             std::size_t limit) {
    static const std::string sql = by_path(
        "s.start_us < ?3 AND s.start_us > ?2 - p.longest_us AND s.start_us + s.duration_us > ?2"
        " ORDER BY s.start_us, s.id LIMIT ?4");
    return read_all(database_.query(sql, path, from_us, to_us, as_limit(limit)));
}

Result<std::vector<Part>> Index::parts(std::int64_t id) {
    Rows rows = database_.query("SELECT packed FROM parts WHERE segment = ?", id);
    const auto row = rows.next();
    if (!row) return row.error();
    if (!*row) return Error{Code::not_found, fmt::format("index: there is no finished segment {}", id)};
    return unpack_parts(rows.blob(0));
}

Result<std::vector<Span>> Index::spans(std::string_view path, std::int64_t from_us, std::int64_t to_us) {
    Rows rows = database_.query(
        "SELECT c.start_us, c.end_us, f.name FROM paths p CROSS JOIN chains c INDEXED BY chains_by_end"
        " CROSS JOIN codecs f WHERE p.name = ?1 AND c.path = p.id AND c.end_us > ?2 AND c.start_us < ?3"
        " AND f.id = c.codecs ORDER BY c.start_us, c.id",
        path, from_us, to_us);
    std::vector<Span> spans;
    while (true) {
        const auto row = rows.next();
        if (!row) return row.error();
        if (!*row) return unite(std::move(spans));
        spans.push_back({std::max(rows.integer(0), from_us), std::min(rows.integer(1), to_us), rows.text(2)});
    }
}

Result<std::vector<PathSummary>> Index::paths() {
    Rows rows = database_.query(
        "SELECT name, segments, bytes,"
        " (SELECT min(start_us) FROM segments WHERE path = p.id AND finished = 1),"
        " (SELECT max(end_us) FROM chains WHERE path = p.id) FROM paths p WHERE segments > 0 ORDER BY name");
    std::vector<PathSummary> paths;
    while (true) {
        const auto row = rows.next();
        if (!row) return row.error();
        if (!*row) return paths;
        const Totals totals{static_cast<std::uint64_t>(rows.integer(1)),
                            static_cast<std::uint64_t>(rows.integer(2))};
        paths.push_back({rows.text(0), totals, rows.integer(3), rows.integer(4)});
    }
}

Result<Totals> Index::totals() {
    return read_totals(database_.query("SELECT segments, bytes FROM totals"));
}

Result<Totals> Index::totals(std::string_view path) {
    return read_totals(database_.query("SELECT segments, bytes FROM paths WHERE name = ?", path));
}

Result<std::optional<Segment>> Index::oldest(std::string_view path) {
    static const std::string sql = by_path("s.locked = 0 ORDER BY s.start_us LIMIT 1", "segments_unlocked");
    return read_one(database_.query(sql, path));
}

Result<std::optional<Segment>> Index::oldest() {
    static const std::string sql = by_segment(
        "s.id IN (SELECT (SELECT id FROM segments INDEXED BY segments_unlocked WHERE path = q.id AND "
        "finished = 1"
        " AND locked = 0"
        " ORDER BY start_us LIMIT 1) FROM paths q) ORDER BY s.start_us, s.id LIMIT 1");
    return read_one(database_.query(sql));
}

Result<std::vector<Segment>> Index::expired(std::string_view path, std::int64_t before_us,
                                            std::size_t limit) {
    static const std::string sql = by_path(
        "s.locked = 0 AND s.start_us <= ?2 AND s.start_us + s.duration_us <= ?2"
        " ORDER BY s.start_us, s.id LIMIT ?3",
        "segments_unlocked");
    return read_all(database_.query(sql, path, before_us, as_limit(limit)));
}

}  // namespace rill::record
