#include "sqlite.hpp"

#include <fmt/format.h>

#include <utility>

namespace rill::record {

namespace {

Code code_of(int code) {
    switch (code & 0xff) {
        case SQLITE_CONSTRAINT:
            return Code::conflict;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
        case SQLITE_FORMAT:
        case SQLITE_MISMATCH:
        case SQLITE_ERROR:
            return Code::internal;
        default:
            return Code::unavailable;
    }
}

std::string_view advice(int code) {
    switch (code & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return "another process holds it; end that one or try again";
        case SQLITE_FULL:
            return "the disk is full; free some space";
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_CANTOPEN:
            return "make the folder and the file writable for this user";
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
        case SQLITE_ERROR:
            return "the file is damaged or of another program; it has to be rebuilt";
        default:
            return "look at the disk and at the system's log";
    }
}

}  // namespace

Rows::~Rows() {
    if (statement_ == nullptr) return;
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
}

void Rows::bind(int position, std::string_view value) {
    keep(sqlite3_bind_text64(statement_, position, value.data() != nullptr ? value.data() : "", value.size(),
                             SQLITE_STATIC, SQLITE_UTF8));
}

void Rows::bind(int position, std::span<const std::uint8_t> value) {
    // A null pointer would bind NULL.
    const void* bytes = value.empty() ? static_cast<const void*>("") : value.data();
    keep(sqlite3_bind_blob64(statement_, position, bytes, value.size(), SQLITE_STATIC));
}

Result<bool> Rows::next() {
    if (code_ != SQLITE_OK) return database_.error(code_);
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    return database_.error(code);
}

std::string Rows::text(int column) const {
    const auto bytes = blob(column);
    return {bytes.begin(), bytes.end()};
}

std::span<const std::uint8_t> Rows::blob(int column) const {
    const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
    const int size = sqlite3_column_bytes(statement_, column);
    return bytes != nullptr ? std::span(bytes, static_cast<std::size_t>(size))
                            : std::span<const std::uint8_t>();
}

Result<Database> Database::open(const std::string& file, int flags, std::chrono::milliseconds patience) {
    Owned<sqlite3> handle;
    const int code = sqlite3_open_v2(file.c_str(), out(handle), flags | SQLITE_OPEN_NOMUTEX, nullptr);
    Database database(file, std::move(handle));
    if (code != SQLITE_OK) return database.error(code);
    sqlite3* raw = database.handle_.get();
    sqlite3_extended_result_codes(raw, 1);
    sqlite3_busy_timeout(raw, static_cast<int>(patience.count()));
    // The file may have been written by anyone: its schema runs nothing.
    sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    return database;
}

sqlite3_stmt* Database::prepare(std::string_view sql) {
    if (const auto known = statements_.find(sql); known != statements_.end()) return known->second.get();
    Owned<sqlite3_stmt> statement;
    sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                       out(statement), nullptr);
    if (!statement) return nullptr;
    return statements_.emplace(sql, std::move(statement)).first->second.get();
}

Result<> Database::script(const char* sql) {
    const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return error(code);
    return ok();
}

Result<std::int64_t> Database::number(std::string_view sql) {
    Rows rows = query(sql);
    const auto row = rows.next();
    if (!row) return row.error();
    return *row ? rows.integer(0) : std::int64_t{0};
}

Error Database::error(int code) const {
    return {code_of(code),
            fmt::format("index {}: {} ({}): {}", file_, handle_ ? sqlite3_errmsg(handle_.get()) : "no memory",
                        code, advice(code))};
}

Result<> Transaction::begin() {
    auto begun = database_.run("BEGIN IMMEDIATE");
    open_ = static_cast<bool>(begun);
    return begun;
}

Result<> Transaction::commit() {
    auto committed = database_.run("COMMIT");
    if (committed) open_ = false;
    return committed;
}

Transaction::~Transaction() {
    // Fails where SQLite has rolled back by itself, which is just as well.
    if (open_) static_cast<void>(database_.run("ROLLBACK"));
}

}  // namespace rill::record
