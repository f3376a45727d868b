// Every step of the schema. A step that has been released is never edited: a change is a new step,
// and tests/store_data gets a file written by the program before it.
#include "store/migrations.h"

#include <array>

namespace poss::store {
namespace {

// Objects of all kinds, and who refers to whom. A reference cannot dangle: the database refuses to
// delete what a link leads to.
Result<void> objects_tags_and_links(Transaction& transaction) {
  return transaction.run_schema(R"(
    CREATE TABLE objects (
      id {text} PRIMARY KEY,
      kind {text} NOT NULL,
      name {text} NOT NULL,
      name_key {text} NOT NULL,  -- the name without case: sorting, searching
      unique_key {text},         -- what no other object of the kind may share
      status {text} NOT NULL,
      created bigint NOT NULL,   -- microseconds since 1970, UTC
      updated bigint NOT NULL,
      revision bigint NOT NULL,
      tags {text} NOT NULL,      -- JSON object; a copy of the table tags, read with the object
      body {text} NOT NULL       -- JSON object: the fields
    );
    CREATE UNIQUE INDEX objects_unique ON objects (kind, unique_key);
    CREATE INDEX objects_by_name ON objects (kind, name_key, id);
    CREATE INDEX objects_by_created ON objects (kind, created, id);
    CREATE INDEX objects_by_updated ON objects (kind, updated, id);
    CREATE INDEX objects_by_status ON objects (kind, status, id);

    CREATE TABLE tags (
      object_id {text} NOT NULL REFERENCES objects (id) ON DELETE CASCADE,
      key_folded {text} NOT NULL,
      value {text} NOT NULL,
      PRIMARY KEY (object_id, key_folded)
    );

    CREATE TABLE links (
      from_id {text} NOT NULL REFERENCES objects (id) ON DELETE CASCADE,
      field {text} NOT NULL,
      -- Checked at the end, for an object and what belongs to it go together.
      to_id {text} NOT NULL REFERENCES objects (id) DEFERRABLE INITIALLY DEFERRED,
      owner bigint NOT NULL,     -- 1: the object belongs to what it refers to and goes with it
      PRIMARY KEY (from_id, field)
    );
    CREATE INDEX links_by_target ON links (to_id, from_id);

    CREATE TABLE facts (name {text} PRIMARY KEY, value {text} NOT NULL);
  )");
}

// What happened over time: insights and recordings. history_index has one row per entry and filter
// the entry answers to, so that every combination of filters reads one range of it, newest first.
Result<void> history_of_insights_and_recordings(Transaction& transaction) {
  return transaction.run_schema(R"(
    CREATE TABLE history (
      seq {identity},
      log {text} NOT NULL,       -- insight, recording
      id {text} NOT NULL,
      time bigint NOT NULL,
      bytes bigint NOT NULL,     -- what deleting the entry frees, roughly
      filters {text} NOT NULL,   -- JSON list of the ids of its rows in history_filters
      body {text} NOT NULL
    );
    CREATE UNIQUE INDEX history_by_id ON history (log, id);
    CREATE INDEX history_by_time ON history (log, time, seq, bytes);

    CREATE TABLE history_filters (
      id {identity},
      log {text} NOT NULL,
      camera {text} NOT NULL,    -- '' in these three: any
      deployment {text} NOT NULL,
      label {text} NOT NULL
    );
    CREATE UNIQUE INDEX history_filters_unique
      ON history_filters (log, deployment, camera, label);

    CREATE TABLE history_index (
      filter bigint NOT NULL,
      time bigint NOT NULL,
      seq bigint NOT NULL,
      PRIMARY KEY (filter, time, seq)
    );
  )");
}

struct Step {
  const char* name;
  Result<void> (*run)(Transaction&);
};

// Numbered from 1 in this order.
constexpr std::array kSteps{
    Step{"objects_tags_and_links", objects_tags_and_links},
    Step{"history_of_insights_and_recordings", history_of_insights_and_recordings},
};

Result<void> record_of_steps(Transaction& transaction) {
  return transaction.run_schema(
      "CREATE TABLE IF NOT EXISTS migrations "
      "(number bigint PRIMARY KEY, name {text} NOT NULL, applied bigint NOT NULL)");
}

// Takes one step; does nothing when none is left.
Result<void> take_step(Transaction& transaction, Time now) {
  POSS_TRY(transaction.lock("migrations"));
  POSS_ASSIGN(const Rows rows, transaction.query("SELECT max(number) FROM migrations"));
  const std::int64_t last = rows[0].integer(0);
  if (last > newest_schema()) {
    return Error{Code::conflict, "it was written by a newer POSS (schema " + std::to_string(last) +
                                     ", this one knows " + std::to_string(newest_schema()) +
                                     "); install that version or restore an older backup"};
  }
  if (last == newest_schema()) return {};
  const Step& step = kSteps[static_cast<size_t>(last)];
  POSS_TRY(step.run(transaction).with(std::string("migration ") + step.name));
  POSS_TRY(transaction.query("INSERT INTO migrations VALUES ($1, $2, $3)",
                             {last + 1, step.name, now.time_since_epoch().count()}));
  return {};
}

}  // namespace

int newest_schema() { return static_cast<int>(kSteps.size()); }

Result<void> migrate(Database& database, Time now) {
  const auto step = [now](Transaction& transaction) { return take_step(transaction, now); };
  POSS_TRY(database.write(record_of_steps));
  // One call for each step there is; those beyond the last needed do nothing.
  for (int i = 0; i < newest_schema(); ++i) POSS_TRY(database.write(step));
  return {};
}

}  // namespace poss::store
