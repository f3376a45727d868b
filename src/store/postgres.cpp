// The Store's database in PostgreSQL: a pool of connections, serialisable writes, reconnection.
#include <pqxx/pqxx>

#include "base/log.h"
#include "base/sync.h"
#include "store/database.h"

namespace poss::store {
namespace {

constexpr size_t kConnections = 6;
constexpr int kAttempts = 20;  // of one transaction that others keep getting in the way of

constexpr int kMeetings = 5;  // with what looks like another writer and may be a plain mistake

enum Oid : pqxx::oid { kInt8 = 20, kInt2 = 21, kInt4 = 23 };

Error sql_error(const pqxx::sql_error& exception) {
  const std::string_view state = exception.sqlstate();
  const std::string text = exception.what();
  if (state.starts_with("23")) {
    return {Code::conflict, "the store's rules forbid this change: " + text};
  }
  if (state.starts_with("22")) {
    return {Code::invalid_argument, "PostgreSQL cannot hold a value: " + text};
  }
  if (state.starts_with("53")) {
    return {Code::resource_exhausted, "PostgreSQL has run out of something: " + text};
  }
  if (state.starts_with("28") || state == "42501") {
    return {Code::permission_denied, "PostgreSQL refuses: " + text};
  }
  return {Code::internal, "PostgreSQL failed: " + text};
}

// What meeting another writer may look like: a key or table that exists by now, a row that is gone
// or referred to. When the work runs again it finds the other's change itself and says so in its
// own words.
bool may_be_another_writer(const pqxx::sql_error& exception) {
  const std::string_view state = exception.sqlstate();
  return state.starts_with("23") || state == "42P07" || state == "42710";
}

class PostgresTransaction final : public Transaction {
 public:
  explicit PostgresTransaction(pqxx::transaction_base& transaction) : transaction_(transaction) {}

  Result<Rows> query(const std::string& sql, std::span<const Value> values) override {
    std::vector<std::string> texts(values.size());
    std::vector<const char*> arguments(values.size(), nullptr);
    for (size_t i = 0; i < values.size(); ++i) {
      if (const auto* number = std::get_if<std::int64_t>(&values[i])) {
        texts[i] = std::to_string(*number);
      } else if (const auto* text = std::get_if<std::string>(&values[i])) {
        if (text->find('\0') != std::string::npos) {
          return Error{Code::invalid_argument, "a text must not hold the character NUL"};
        }
        texts[i] = *text;
      } else {
        continue;
      }
      arguments[i] = texts[i].c_str();
    }
    try {
      const pqxx::result result =
          transaction_.exec_params(sql, pqxx::prepare::make_dynamic_params(arguments));
      Rows rows;
      rows.reserve(result.size());
      for (const auto& line : result) rows.push_back(read_row(line));
      return rows;
    } catch (const pqxx::sql_error& exception) {
      retry_ = may_be_another_writer(exception);
      return sql_error(exception);
    }
  }

  Result<void> run_schema(std::string sql) override {
    replace(sql, "{text}", "text COLLATE \"C\"");
    replace(sql, "{identity}", "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY");
    try {
      transaction_.exec(sql);
      return {};
    } catch (const pqxx::sql_error& exception) {
      retry_ = may_be_another_writer(exception);
      return sql_error(exception);
    }
  }

  // LOCK TABLE, unlike other statements, takes no snapshot before it has waited.
  Result<void> lock(const std::string& table) override { return run_schema("LOCK TABLE " + table); }

  // Whether a statement failed in a way that another writer explains.
  bool retry() const { return retry_; }

 private:
  static void replace(std::string& text, std::string_view from, std::string_view to) {
    for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
      text.replace(at, from.size(), to);
    }
  }

  static Row read_row(const pqxx::row& line) {
    std::vector<Value> values;
    values.reserve(line.size());
    for (const auto& field : line) {
      if (field.is_null()) {
        values.emplace_back(nullptr);
      } else if (field.type() == kInt8 || field.type() == kInt4 || field.type() == kInt2) {
        values.emplace_back(field.as<std::int64_t>());
      } else {
        values.emplace_back(std::string(field.c_str(), field.size()));
      }
    }
    return Row(std::move(values));
  }

  pqxx::transaction_base& transaction_;
  bool retry_ = false;
};

class PostgresDatabase final : public Database {
 public:
  explicit PostgresDatabase(std::string uri) : uri_(std::move(uri)) {}

  Result<void> read(const Work& work) override {
    return run<pqxx::transaction<pqxx::repeatable_read, pqxx::readwrite_policy::read_only>>(work);
  }

  Result<void> write(const Work& work) override {
    return run<pqxx::transaction<pqxx::serializable>>(work);
  }

  Result<void> reclaim() override { return {}; }  // PostgreSQL's autovacuum does it

  bool local() const override { return false; }

 private:
  using Link = std::unique_ptr<pqxx::connection>;

  // Runs `work` in an isolated transaction until it passes or fails for good. A lost connection is
  // made anew once: what was not committed has left no trace.
  template <class Isolated>
  Result<void> run(const Work& work) {
    bool reconnected = false;
    int met = 0;  // how often another writer seemed to be in the way
    Error last;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      Link link = take();
      Result<void> done;
      bool again = false;
      bool broken = false;
      try {
        if (!link) link = std::make_unique<pqxx::connection>(uri_);
        Isolated transaction(*link);
        PostgresTransaction connection(transaction);
        done = work(connection);
        again = !done && connection.retry() && ++met < kMeetings;
        if (done) transaction.commit();
      } catch (const pqxx::in_doubt_error& exception) {
        broken = true;
        done = Error{Code::unavailable,
                     "the connection to PostgreSQL broke during a commit; look whether the change "
                     "is there"};
      } catch (const pqxx::statement_completion_unknown& exception) {
        done = Error{Code::unavailable, std::string("PostgreSQL failed: ") + exception.what()};
      } catch (const pqxx::transaction_rollback& exception) {
        // A serialisation failure or a deadlock: another writer came in between.
        again = true;
        done = Error{Code::unavailable,
                     std::string("other writers keep PostgreSQL busy: ") + exception.what()};
      } catch (const pqxx::broken_connection& exception) {
        broken = true;
        again = !reconnected;
        reconnected = true;
        done = Error{Code::unavailable,
                     "no connection to PostgreSQL at " + mask_uri(uri_) + ": " + exception.what()};
      } catch (const pqxx::sql_error& exception) {
        again = may_be_another_writer(exception) && ++met < kMeetings;
        done = sql_error(exception);
      } catch (const std::exception& exception) {
        // pqxx reports some lost connections as a plain failure.
        broken = !link || !link->is_open();
        again = broken && !reconnected;
        reconnected = reconnected || broken;
        done = Error{broken ? Code::unavailable : Code::internal,
                     std::string("PostgreSQL failed: ") + exception.what()};
      }
      give_back(broken ? nullptr : std::move(link), broken);
      if (!again) return done;
      last = done.error();
    }
    return last;
  }

  // An idle connection, or nothing when one may be opened.
  Link take() {
    const Lock lock(mutex_);
    while (idle_.empty() && taken_ == kConnections) returned_.wait(mutex_);
    ++taken_;
    if (idle_.empty()) return nullptr;
    Link link = std::move(idle_.back());
    idle_.pop_back();
    return link;
  }

  void give_back(Link link, bool broken) {
    const Lock lock(mutex_);
    --taken_;
    // A server that restarted has broken the others too.
    if (broken) idle_.clear();
    if (link) idle_.push_back(std::move(link));
    returned_.notify_one();
  }

  const std::string uri_;
  Mutex mutex_;
  Condition returned_;
  std::vector<Link> idle_ GUARDED_BY(mutex_);
  size_t taken_ GUARDED_BY(mutex_) = 0;
};

}  // namespace

Result<std::unique_ptr<Database>> open_postgres(const std::string& uri) {
  auto database = std::make_unique<PostgresDatabase>(uri);
  const auto work = [](Transaction& transaction) -> Result<void> {
    POSS_TRY(transaction.query("SELECT 1"));
    return {};
  };
  POSS_TRY(database->read(work));
  return database;
}

}  // namespace poss::store
