// The Store's database in one SQLite file: write-ahead log, one writer, several readers.
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <unordered_map>

#include <SQLiteCpp/SQLiteCpp.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include "base/id.h"
#include "base/log.h"
#include "base/sync.h"
#include "store/database.h"

namespace poss::store {
namespace {

constexpr int kBusyMilliseconds = 10'000;  // for another process that writes, such as the CLI
constexpr size_t kReaders = 4;
constexpr size_t kStatements = 256;  // kept prepared per connection

Error sqlite_error(const SQLite::Exception& exception) {
  const std::string text = exception.what();
  switch (exception.getErrorCode() & 0xff) {
    case SQLITE_CONSTRAINT:
      return {Code::conflict, "the store's rules forbid this change: " + text};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {Code::unavailable,
              "another program keeps the store's file locked; end it or try again (" + text + ")"};
    case SQLITE_FULL:
      return {Code::resource_exhausted,
              "the disk of the store's file is full; free some space (" + text + ")"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {Code::permission_denied, "the store's file may not be written: " + text};
    case SQLITE_CANTOPEN:
      return {Code::permission_denied, "the store's file cannot be opened: " + text};
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return {Code::invalid_argument,
              "the store's file is damaged or no SQLite file; restore a backup (" + text + ")"};
    case SQLITE_IOERR:
      return {Code::unavailable, "the store's disk fails: " + text};
    default:
      return {Code::internal, "SQLite failed: " + text};
  }
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
}

// One connection with its prepared statements. Thread-bound.
class SqliteConnection final : public Transaction {
 public:
  SqliteConnection(const std::string& path, bool writer)
      : database_(path, writer ? SQLite::OPEN_READWRITE : SQLite::OPEN_READONLY,
                  kBusyMilliseconds) {
    if (writer) {
      // Must come before the first table; in a file that has tables it does nothing.
      database_.exec("PRAGMA auto_vacuum=INCREMENTAL");
      switch_to_wal();
      database_.exec("PRAGMA synchronous=FULL");
      database_.exec("PRAGMA journal_size_limit=67108864");
    }
    database_.exec("PRAGMA foreign_keys=ON");
    database_.exec("PRAGMA cache_size=-8192");  // KiB
    database_.exec("PRAGMA temp_store=MEMORY");
  }

  Result<Rows> query(const std::string& sql, std::span<const Value> values) override {
    SQLite::Statement* statement = nullptr;
    try {
      statement = &prepared(sql);
      for (size_t i = 0; i < values.size(); ++i) {
        const int index = static_cast<int>(i) + 1;
        if (const auto* number = std::get_if<std::int64_t>(&values[i])) {
          statement->bind(index, *number);
        } else if (const auto* text = std::get_if<std::string>(&values[i])) {
          statement->bindNoCopy(index, *text);
        } else {
          statement->bind(index);
        }
      }
      Rows rows;
      while (statement->executeStep()) rows.push_back(read_row(*statement));
      finish(*statement);
      return rows;
    } catch (const SQLite::Exception& exception) {
      if (statement) finish(*statement);
      return sqlite_error(exception);
    }
  }

  Result<void> run_schema(std::string sql) override {
    replace_all(sql, "{text}", "text");
    replace_all(sql, "{identity}", "integer PRIMARY KEY AUTOINCREMENT");
    return run(sql);
  }

  Result<void> lock(const std::string&) override { return {}; }  // one writer has it all

  Result<void> run(const std::string& sql) {
    try {
      database_.exec(sql);
      return {};
    } catch (const SQLite::Exception& exception) {
      return sqlite_error(exception);
    }
  }

  // `work` between `begin` and COMMIT; ROLLBACK when it fails.
  Result<void> transact(const std::string& begin, const Database::Work& work) {
    POSS_TRY(query(begin, std::span<const Value>()));
    Result<void> done = work(*this);
    if (done) {
      auto committed = query("COMMIT", std::span<const Value>());
      if (committed) return {};
      done = committed.error();
    }
    // Fails when SQLite has rolled back by itself, as on a full disk.
    (void)query("ROLLBACK", std::span<const Value>());
    return done;
  }

 private:
  // Two programs that open a new file at once: SQLite does not wait for the other's switch.
  void switch_to_wal() {
    for (int attempt = 0;; ++attempt) {
      try {
        database_.exec("PRAGMA journal_mode=WAL");
        return;
      } catch (const SQLite::Exception& exception) {
        if (exception.getErrorCode() != SQLITE_BUSY || attempt == kBusyMilliseconds / 10) throw;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
    }
  }

  static Row read_row(SQLite::Statement& statement) {
    std::vector<Value> values;
    const int count = statement.getColumnCount();
    values.reserve(static_cast<size_t>(count));
    for (int i = 0; i < count; ++i) {
      const SQLite::Column column = statement.getColumn(i);
      if (column.isNull()) {
        values.emplace_back(nullptr);
      } else if (column.isInteger()) {
        values.emplace_back(column.getInt64());
      } else {
        values.emplace_back(column.getString());
      }
    }
    return Row(std::move(values));
  }

  static void finish(SQLite::Statement& statement) {
    statement.tryReset();
    try {
      statement.clearBindings();  // they point to the caller's text
    } catch (const SQLite::Exception& exception) {
      spdlog::error("SQLite keeps parameters bound: {}", exception.what());
    }
  }

  SQLite::Statement& prepared(const std::string& sql) {
    const auto found = statements_.find(sql);
    if (found != statements_.end()) return *found->second;
    if (statements_.size() >= kStatements) statements_.clear();
    std::string numbered = sql;
    replace_all(numbered, "$", "?");  // $1 would be a name to SQLite, ?1 is a number
    auto made = std::make_unique<SQLite::Statement>(database_, numbered);
    return *statements_.emplace(sql, std::move(made)).first->second;
  }

  SQLite::Database database_;
  std::unordered_map<std::string, std::unique_ptr<SQLite::Statement>> statements_;
};

class SqliteDatabase final : public Database {
 public:
  explicit SqliteDatabase(std::string path)
      : path_(std::move(path)), writer_(std::make_unique<SqliteConnection>(path_, true)) {}

  Result<void> read(const Work& work) override {
    POSS_ASSIGN(auto reader, take_reader());
    Result<void> done = reader->transact("BEGIN", work);
    const Lock lock(mutex_);
    idle_.push_back(std::move(reader));
    returned_.notify_one();
    return done;
  }

  Result<void> write(const Work& work) override {
    const Lock lock(writing_);
    return writer_->transact("BEGIN IMMEDIATE", work);
  }

  Result<void> reclaim() override {
    const Lock lock(writing_);
    POSS_TRY(writer_->run("PRAGMA incremental_vacuum(4096)"));
    // Readers may hold a part back; the next call takes it.
    return writer_->run("PRAGMA wal_checkpoint(TRUNCATE)");
  }

  bool local() const override { return true; }

 private:
  Result<std::unique_ptr<SqliteConnection>> take_reader() {
    {
      const Lock lock(mutex_);
      while (idle_.empty() && opened_ == kReaders) returned_.wait(mutex_);
      if (!idle_.empty()) {
        auto reader = std::move(idle_.back());
        idle_.pop_back();
        return reader;
      }
      ++opened_;
    }
    try {
      return std::make_unique<SqliteConnection>(path_, false);
    } catch (const SQLite::Exception& exception) {
      const Lock lock(mutex_);
      --opened_;
      returned_.notify_one();
      return sqlite_error(exception);
    }
  }

  const std::string path_;
  Mutex writing_;
  std::unique_ptr<SqliteConnection> writer_ GUARDED_BY(writing_);
  Mutex mutex_;
  Condition returned_;
  std::vector<std::unique_ptr<SqliteConnection>> idle_ GUARDED_BY(mutex_);
  size_t opened_ GUARDED_BY(mutex_) = 0;
};

// An empty file of mode 0600, which SQLite takes for a new database and gives its log the mode of.
// It is closed before it has its name: closing a file drops the locks this process has on it, and
// with the name another Store here could have some.
Result<void> create_empty(const std::string& path) {
  const std::string temporary = path + "." + new_id();
  const int file = ::open(temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const bool linked = file >= 0 && ::close(file) == 0 &&
                      (::link(temporary.c_str(), path.c_str()) == 0 || errno == EEXIST);
  const int problem = errno;
  if (file >= 0) ::unlink(temporary.c_str());
  if (linked) return {};
  return Error{Code::permission_denied, std::string("cannot open: ") + std::strerror(problem)};
}

}  // namespace

Result<std::unique_ptr<Database>> open_sqlite(const std::string& path) {
  if (::access(path.c_str(), F_OK) != 0) POSS_TRY(create_empty(path));
  try {
    return std::make_unique<SqliteDatabase>(path);
  } catch (const SQLite::Exception& exception) {
    return sqlite_error(exception);
  }
}

}  // namespace poss::store
