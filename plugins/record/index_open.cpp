#include "index.hpp"
#include "schema.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace rill::record {

namespace {

namespace fs = std::filesystem;

enum class Kind { empty, ours };

Error damaged(const fs::path& file, std::string_view what) {
    return {Code::internal, fmt::format("index {}: it {}; it is made anew when something is to be recorded",
                                        file.string(), what)};
}

/// Error: internal when it is foreign or damaged, conflict when it is newer.
Result<Kind> identify(Database& database, const fs::path& file) {
    // In one statement, which sees one state: between two, another process may have made the index.
    Rows marks = database.query(
        "SELECT (SELECT count(*) FROM sqlite_schema), (SELECT application_id FROM pragma_application_id),"
        " (SELECT user_version FROM pragma_user_version)");
    if (auto row = marks.next(); !row) return row.error();
    const auto tables = marks.integer(0);
    const auto application = marks.integer(1);
    const auto version = marks.integer(2);
    if (tables == 0 && application == 0 && version == 0) return Kind::empty;
    if (application != application_id) return damaged(file, "is a database of another program");
    if (version > schema_version) {
        return Error{
            Code::conflict,
            fmt::format("index {}: a newer Rill wrote it (version {}, this one knows {}); run that one, "
                        "or move the file away to have it built anew",
                        file.string(), version, schema_version)};
    }
    if (version != schema_version)
        return damaged(file, fmt::format("has the impossible version {}", version));
    return Kind::ours;
}

Result<> create(Database& database) {
    Transaction transaction(database);
    if (auto begun = transaction.begin(); !begun) return begun;
    if (auto made = database.script(schema); !made) return made;
    const std::string marks =
        fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", application_id, schema_version);
    if (auto marked = database.script(marks.c_str()); !marked) return marked;
    return transaction.commit();
}

/// A file that ends before its last page. Tells nothing while a reader keeps the WAL from being emptied.
Result<> check_length(Database& database, const fs::path& file) {
    Rows checkpoint = database.query("PRAGMA wal_checkpoint(PASSIVE)");
    const auto row = checkpoint.next();
    if (!row) return row.error();
    if (!*row || checkpoint.integer(0) != 0 || checkpoint.integer(1) != checkpoint.integer(2)) return ok();
    const auto pages = database.number("PRAGMA page_count");
    if (!pages) return pages.error();
    const auto page_size = database.number("PRAGMA page_size");
    if (!page_size) return page_size.error();
    std::error_code error;
    const auto size = fs::file_size(file, error);
    if (!error && size < static_cast<std::uint64_t>(*pages * *page_size))
        return damaged(file, "is truncated");
    return ok();
}

/// The tables that are small and the ends of those that are not.
Result<> check_quickly(Database& database, const fs::path& file) {
    if (auto complete = check_length(database, file); !complete) return complete;
    const auto rows = database.number("SELECT count(*) FROM totals");
    if (!rows) return rows.error();
    if (*rows != 1) return damaged(file, "has no totals");
    for (const char* table : {"paths", "codecs", "chains"}) {
        Rows report = database.query(fmt::format("PRAGMA quick_check({})", table));
        const auto row = report.next();
        if (!row) return row.error();
        if (!*row || report.text(0) != "ok")
            return damaged(file, fmt::format("has a broken table {}", table));
    }
    for (const char* probe : {"SELECT max(id) FROM segments", "SELECT max(segment) FROM parts",
                              "SELECT max(file) FROM segments", "SELECT min(start_us) FROM chains"}) {
        if (auto found = database.number(probe); !found) return found.error();
    }
    return ok();
}

struct Writable {
    Database database;
    bool made = false;
};

Result<Writable> open_once(const fs::path& file, std::chrono::milliseconds patience) {
    auto database = Database::open(file.string(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, patience);
    if (!database) return database.error();
    const auto kind = identify(*database, file);
    if (!kind) return kind.error();
    if (database->read_only()) {
        return Error{
            Code::unavailable,
            fmt::format("index {}: it is not writable; make the folder and the file writable for this user",
                        file.string())};
    }
    auto prepared = database->script(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cell_size_check = ON;"
        "PRAGMA cache_size = -16384; PRAGMA journal_size_limit = 67108864");
    if (!prepared) return prepared.error();
    if (*kind == Kind::empty) {
        if (auto created = create(*database); !created) return created.error();
    } else if (auto sound = check_quickly(*database, file); !sound) {
        return sound.error();
    }
    return Writable{std::move(*database), *kind == Kind::empty};
}

}  // namespace

Result<Index::Opened> Index::open(const fs::path& file, std::chrono::milliseconds patience) {
    auto first = open_once(file, patience);
    if (first) return Opened{Index(std::move(first->database)), first->made ? "there was no index" : ""};
    if (first.error().code != Code::internal) return first.error();
    if (auto moved = set_aside(file); !moved) return moved.error();
    auto second = open_once(file, patience);
    if (!second) return second.error();
    return Opened{Index(std::move(second->database)),
                  fmt::format("the old index is now {}.damaged: {}", file.string(), first.error().message)};
}

namespace {

/// The file as a URI that SQLite takes as it is: no WAL is looked for, and none is made.
std::string immutable(const fs::path& file) {
    std::string uri = "file:";
    for (const char c : fs::absolute(file).string()) {
        if (std::string_view("%?#").find(c) == std::string_view::npos) {
            uri += c;
        } else {
            uri += fmt::format("%{:02x}", c);
        }
    }
    return uri + "?immutable=1";
}

}  // namespace

Result<Index> Index::open_to_read(const fs::path& file, std::chrono::milliseconds patience) {
    std::error_code error;
    const Error absent{Code::not_found,
                       fmt::format("index {}: not made yet; it is when recording starts", file.string())};
    if (!fs::exists(file, error)) return absent;
    // Without a WAL a reader makes one, which a folder that nobody may write to does not take.
    const bool is_fixed = ::faccessat(AT_FDCWD, file.parent_path().c_str(), W_OK, AT_EACCESS) != 0 &&
                          !fs::exists(file.string() + "-wal", error);
    auto database = is_fixed
                        ? Database::open(immutable(file), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, patience)
                        : Database::open(file.string(), SQLITE_OPEN_READONLY, patience);
    if (!database) return database.error();
    const auto kind = identify(*database, file);
    if (!kind) return kind.error();
    if (*kind == Kind::empty) return absent;
    return Index(std::move(*database));
}

Result<> Index::set_aside(const fs::path& file) {
    for (const char* suffix : {"-wal", "-shm", "-journal", ""}) {
        const fs::path from = file.string() + suffix;
        const fs::path to = file.string() + ".damaged" + suffix;
        std::error_code error;
        // What an earlier damage left must not become this one's WAL.
        fs::remove(to, error);
        if (!fs::exists(from, error)) continue;
        fs::rename(from, to, error);
        if (error) {
            return Error{Code::unavailable,
                         fmt::format("index {}: damaged, and cannot be moved to {}: {}; move it away",
                                     from.string(), to.string(), error.message())};
        }
    }
    return ok();
}

Result<> Index::check() {
    Rows report = database_.query("PRAGMA quick_check(1)");
    const auto row = report.next();
    if (!row) return row.error();
    if (*row && report.text(0) == "ok") return ok();
    return Error{Code::internal, fmt::format("index: damaged: {}", *row ? report.text(0) : "no report")};
}

}  // namespace rill::record
