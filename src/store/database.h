// Database: the narrow interface the Store writes its SQL over, once for SQLite and PostgreSQL.
//
// SQL here keeps to what both understand: parameters as $1, text and bigint columns only, row
// values, ON CONFLICT, RETURNING, recursive WITH. Internal to src/store.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace poss::store {

using Value = std::variant<std::nullptr_t, std::int64_t, std::string>;

// One row of a result; columns count from 0. NULL reads as 0 and "".
class Row {
 public:
  explicit Row(std::vector<Value> values) : values_(std::move(values)) {}
  bool is_null(size_t column) const {
    return std::holds_alternative<std::nullptr_t>(values_[column]);
  }
  std::int64_t integer(size_t column) const {
    const auto* number = std::get_if<std::int64_t>(&values_[column]);
    return number ? *number : 0;
  }
  const std::string& text(size_t column) const {
    static const std::string empty;
    const auto* text = std::get_if<std::string>(&values_[column]);
    return text ? *text : empty;
  }
  const Value& value(size_t column) const { return values_[column]; }

 private:
  std::vector<Value> values_;
};
using Rows = std::vector<Row>;

// An open transaction. Thread-bound, lives only inside read() and write().
class Transaction {
 public:
  virtual ~Transaction() = default;

  // Runs one statement and returns all its rows. A violated constraint is Code::conflict.
  virtual Result<Rows> query(const std::string& sql, std::span<const Value> values) = 0;
  Result<Rows> query(const std::string& sql, std::initializer_list<Value> values = {}) {
    return query(sql, std::span(values.begin(), values.size()));
  }

  // Runs the statements of a migration. Two words are put in for the database at hand:
  // {text}, a text column compared byte by byte, and {identity}, a bigint primary key that counts
  // up by itself and never uses a number twice.
  virtual Result<void> run_schema(std::string sql) = 0;

  // Waits until no other transaction uses the table, and keeps them off it. Must come first.
  virtual Result<void> lock(const std::string& table) = 0;
};

// Thread-safe.
class Database {
 public:
  using Work = std::function<Result<void>(Transaction&)>;
  virtual ~Database() = default;

  // Runs `work` on one snapshot of the data; many may read at once.
  virtual Result<void> read(const Work& work) = 0;

  // Runs `work` in a transaction that sees no other writer, and commits it when `work` succeeds:
  // then it is on disk, whatever happens to the process or the machine. An error of `work` rolls
  // back. `work` may run again from its start when another writer came in between, so it must set
  // what it captures afresh.
  virtual Result<void> write(const Work& work) = 0;

  // Gives the disk space of deleted rows back to the machine, a step at a time.
  virtual Result<void> reclaim() = 0;

  // True when the database lies on this machine's disk, so that deleting rows frees space there.
  virtual bool local() const = 0;
};

// `path` is created (mode 0600) when absent.
Result<std::unique_ptr<Database>> open_sqlite(const std::string& path);

// `uri` is postgres://… or postgresql://… as libpq reads it. Connects once, so that wrong
// addresses and passwords fail here; later losses heal by connecting again.
Result<std::unique_ptr<Database>> open_postgres(const std::string& uri);

}  // namespace poss::store
