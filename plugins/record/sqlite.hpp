// A thin layer over SQLite: handles that close themselves, statements that are prepared once, errors as
// Result.
#pragma once

#include <rill/ref.hpp>
#include <rill/result.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <sqlite3.h>
#include <string>
#include <string_view>

namespace rill {

template <>
struct Free<sqlite3> {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
};
template <>
struct Free<sqlite3_stmt> {
    void operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }
};

}  // namespace rill

namespace rill::record {

class Database;

/// One execution of a statement. It ends with the object, so that no read lock is left behind. What a column
/// returns by view lives until the next call of next().
class Rows {
  public:
    Rows(const Rows&) = delete;
    Rows& operator=(const Rows&) = delete;
    ~Rows();

    /// Steps to the next row; false when there is none. Errors: those of Database::error, also for a
    /// statement that could not be prepared.
    Result<bool> next();
    std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
    std::string text(int column) const;
    std::span<const std::uint8_t> blob(int column) const;

  private:
    friend class Database;
    template <class... A>
    Rows(Database& database, int code, sqlite3_stmt* statement, const A&... arguments)
        : database_(database), statement_(statement), code_(code) {
        int position = 0;
        (bind(++position, arguments), ...);
    }

    template <std::integral T>
    void bind(int position, T value) {
        keep(sqlite3_bind_int64(statement_, position, static_cast<sqlite3_int64>(value)));
    }
    void bind(int position, std::string_view value);
    void bind(int position, std::span<const std::uint8_t> value);
    void keep(int code) {
        if (code_ == SQLITE_OK) code_ = code;
    }

    Database& database_;
    sqlite3_stmt* statement_;
    int code_;  ///< of preparing and binding
};

/// A connection. Threading: one thread at a time.
class Database {
  public:
    /// `flags` as of sqlite3_open_v2. `patience` is how long a call waits for a lock of another connection.
    static Result<Database> open(const std::string& file, int flags, std::chrono::milliseconds patience);

    /// Executes; views among the arguments have to live as long as the Rows. One Rows of the same text at a
    /// time.
    template <class... A>
    Rows query(std::string_view sql, const A&... arguments) {
        sqlite3_stmt* statement = prepare(sql);
        const int code = statement != nullptr ? SQLITE_OK : sqlite3_extended_errcode(handle_.get());
        return Rows(*this, code, statement, arguments...);
    }
    /// Executes a statement whose rows do not matter.
    template <class... A>
    Result<> run(std::string_view sql, const A&... arguments) {
        Rows rows = query(sql, arguments...);
        if (auto row = rows.next(); !row) return row.error();
        return ok();
    }
    /// Executes several statements without arguments.
    Result<> script(const char* sql);
    /// The first column of the first row, 0 when there is none.
    Result<std::int64_t> number(std::string_view sql);

    std::int64_t last_id() const { return sqlite3_last_insert_rowid(handle_.get()); }
    std::uint64_t changes() const { return static_cast<std::uint64_t>(sqlite3_changes64(handle_.get())); }
    bool read_only() const { return sqlite3_db_readonly(handle_.get(), "main") != 0; }

    /// The error of the last call. Codes: conflict (a constraint), internal (the file is damaged or not of
    /// this program), unavailable (everything that may pass: locked, full, not writable, not there).
    Error error(int code) const;

  private:
    Database(std::string file, Owned<sqlite3> handle) : file_(std::move(file)), handle_(std::move(handle)) {}
    sqlite3_stmt* prepare(std::string_view sql);

    std::string file_;
    Owned<sqlite3> handle_;
    std::map<std::string, Owned<sqlite3_stmt>, std::less<>> statements_;  ///< gone before the handle
};

/// Everything until commit() happens, or nothing of it.
class Transaction {
  public:
    explicit Transaction(Database& database) : database_(database) {}
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction();

    /// Takes the write lock at once, so that nothing later in the transaction waits for it in vain.
    Result<> begin();
    Result<> commit();

  private:
    Database& database_;
    bool open_ = false;
};

}  // namespace rill::record
