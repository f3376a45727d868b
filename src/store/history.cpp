// History over SQL: appending, pages, counts. Every combination of filters that an entry answers
// to has a row in history_index, so that each list reads one range of one index.
#include "store/history.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "store/history_rows.h"
#include "store/rows.h"
#include "store/text.h"

namespace poss::store {
namespace {

constexpr size_t kMaxLabels = 32;          // of one entry that filters find
constexpr std::int64_t kBytesPerRow = 64;  // of index, about, on either database

using FilterKey = std::tuple<std::string, std::string, std::string>;  // camera, deployment, label

std::int64_t count_of(Time time) { return time.time_since_epoch().count(); }

bool unfiltered(const HistoryFilter& filter) {
  return filter.camera.empty() && filter.deployment.empty() && filter.label.empty();
}

// Every filter the entry answers to, but the one that lets all through: history_by_time serves it.
std::set<FilterKey> filters_of(const NewHistoryEntry& entry) {
  std::set<std::string> labels{""};
  for (const auto& label : entry.labels) {
    if (labels.size() <= kMaxLabels) labels.insert(clean_utf8(label));
  }
  std::set<FilterKey> keys;
  for (const auto& label : labels) {
    for (const auto& camera : {std::string(), clean_utf8(entry.camera)}) {
      for (const auto& deployment : {std::string(), clean_utf8(entry.deployment)}) {
        keys.emplace(camera, deployment, label);
      }
    }
  }
  keys.erase(FilterKey());
  return keys;
}

// The id of a filter; 0 when no entry has ever answered to it.
Result<std::int64_t> find_filter(Transaction& transaction, Log log, const FilterKey& key) {
  POSS_ASSIGN(
      const Rows rows,
      transaction.query("SELECT id FROM history_filters WHERE log = $1 AND camera = $2 AND "
                        "deployment = $3 AND label = $4",
                        {log_name(log), std::get<0>(key), std::get<1>(key), std::get<2>(key)}));
  return rows.empty() ? 0 : rows[0].integer(0);
}

Result<std::int64_t> find_or_add_filter(Transaction& transaction, Log log, const FilterKey& key) {
  POSS_ASSIGN(const std::int64_t found, find_filter(transaction, log, key));
  if (found != 0) return found;
  POSS_ASSIGN(
      const Rows rows,
      transaction.query("INSERT INTO history_filters (log, camera, deployment, label) "
                        "VALUES ($1, $2, $3, $4) RETURNING id",
                        {log_name(log), std::get<0>(key), std::get<1>(key), std::get<2>(key)}));
  return rows[0].integer(0);
}

// Adds one entry; false when the log has its id.
Result<bool> append_one(Transaction& transaction, Log log, const NewHistoryEntry& entry,
                        std::map<FilterKey, std::int64_t>& known) {
  std::vector<Value> index{count_of(entry.time), nullptr};
  json::array ids;
  for (const FilterKey& key : filters_of(entry)) {
    auto& id = known[key];
    if (id == 0) {
      POSS_ASSIGN(id, find_or_add_filter(transaction, log, key));
    }
    ids.emplace_back(id);
    index.emplace_back(id);
  }
  const std::string body = clean_utf8(json_text(entry.body));
  const std::int64_t bytes = entry.bytes + static_cast<std::int64_t>(body.size()) +
                             kBytesPerRow * static_cast<std::int64_t>(2 + ids.size());
  POSS_ASSIGN(const Rows added,
              transaction.query("INSERT INTO history (log, id, time, bytes, filters, body) VALUES "
                                "($1, $2, $3, $4, $5, $6) ON CONFLICT (log, id) DO NOTHING "
                                "RETURNING seq",
                                {log_name(log), clean_utf8(entry.id), count_of(entry.time), bytes,
                                 json_text(ids), body}));
  if (added.empty()) return false;
  if (index.size() == 2) return true;
  index[1] = added[0].integer(0);
  std::string sql = "INSERT INTO history_index (time, seq, filter) VALUES ";
  for (size_t i = 3; i <= index.size(); ++i) {
    sql += (i == 3 ? "" : ", ") + std::string("(CAST($1 AS bigint), CAST($2 AS bigint), CAST($") +
           std::to_string(i) + " AS bigint))";
  }
  POSS_TRY(transaction.query(sql, index));
  return true;
}

}  // namespace

std::string log_name(Log log) { return log == Log::insight ? "insight" : "recording"; }

Result<HistoryEntry> read_entry(const Row& row) {
  HistoryEntry entry;
  entry.id = row.text(0);
  entry.time = Time(std::chrono::microseconds(row.integer(1)));
  entry.bytes = row.integer(2);
  POSS_ASSIGN(json::value body, parse_json(row.text(3)).with("entry " + entry.id));
  if (!body.is_object()) return Error{Code::internal, "entry " + entry.id + " is not an object"};
  entry.body = std::move(body.get_object());
  return entry;
}

Result<size_t> History::append(Log log, const std::vector<NewHistoryEntry>& entries) {
  for (const NewHistoryEntry& entry : entries) {
    if (entry.id.empty() || entry.id.size() > 128) {
      return Error{Code::invalid_argument, "the id of a history entry must have 1 to 128 bytes"};
    }
    if (entry.bytes < 0) return Error{Code::invalid_argument, "bytes must not be negative"};
  }
  size_t count = 0;
  if (entries.empty()) return count;
  const auto work = [&](Transaction& transaction) -> Result<void> {
    count = 0;
    std::map<FilterKey, std::int64_t> known;
    for (const NewHistoryEntry& entry : entries) {
      POSS_ASSIGN(const bool added, append_one(transaction, log, entry, known));
      count += added ? 1 : 0;
    }
    return {};
  };
  POSS_TRY(database_.write(work));
  return count;
}

Result<HistoryPage> History::list(Log log, const HistoryFilter& filter, int limit,
                                  const std::string& cursor) {
  if (limit < 1 || limit > 1000) {
    return Error{Code::invalid_argument, "'limit' must be between 1 and 1000"};
  }
  // One upper bound, the cursor or `to`: two would leave it to the planner which one to seek.
  Value before_time = filter.to ? count_of(*filter.to) : std::numeric_limits<std::int64_t>::max();
  Value before_seq = std::int64_t{0};
  const std::string what = "history " + log_name(log);
  if (!cursor.empty()) {
    POSS_ASSIGN(const auto place, read_cursor(cursor, what));
    if (!std::holds_alternative<std::int64_t>(place.first) ||
        !std::holds_alternative<std::int64_t>(place.second)) {
      return Error{Code::invalid_argument, "'cursor' is not of this list"};
    }
    std::tie(before_time, before_seq) = place;
  }
  const Value from =
      filter.from ? count_of(*filter.from) : std::numeric_limits<std::int64_t>::min();
  HistoryPage page;
  const auto work = [&](Transaction& transaction) -> Result<void> {
    page = {};
    Rows rows;
    if (unfiltered(filter)) {
      POSS_ASSIGN(rows, transaction.query(
                            "SELECT id, time, bytes, body, seq FROM history WHERE log = $1 AND "
                            "(time, seq) < ($2, $3) AND time >= $4 ORDER BY time DESC, seq DESC "
                            "LIMIT $5",
                            {log_name(log), before_time, before_seq, from, limit + 1}));
    } else {
      POSS_ASSIGN(const std::int64_t key,
                  find_filter(transaction, log, {filter.camera, filter.deployment, filter.label}));
      // CROSS JOIN with the condition keeps SQLite from turning the order of the tables round.
      POSS_ASSIGN(rows, transaction.query(
                            "SELECT history.id, i.time, history.bytes, history.body, i.seq "
                            "FROM history_index AS i CROSS JOIN history WHERE "
                            "history.seq = i.seq AND i.filter = $1 AND (i.time, i.seq) < ($2, $3) "
                            "AND i.time >= $4 ORDER BY i.time DESC, i.seq DESC LIMIT $5",
                            {key, before_time, before_seq, from, limit + 1}));
    }
    for (const Row& row : rows) {
      if (page.items.size() == static_cast<size_t>(limit)) {
        const Row& last = rows[page.items.size() - 1];
        page.next_cursor = make_cursor(what, last.value(1), last.value(4));
        break;
      }
      POSS_ASSIGN(HistoryEntry entry, read_entry(row));
      page.items.push_back(std::move(entry));
    }
    return {};
  };
  POSS_TRY(database_.read(work));
  return page;
}

Result<HistoryEntry> History::get(Log log, const std::string& id) {
  HistoryEntry entry;
  const auto work = [&](Transaction& transaction) -> Result<void> {
    POSS_ASSIGN(const Rows rows,
                transaction.query("SELECT id, time, bytes, body FROM history WHERE log = $1 AND "
                                  "id = $2",
                                  {log_name(log), id}));
    if (rows.empty()) {
      return Error{Code::not_found, "there is no " + log_name(log) + " '" + id + "'"};
    }
    POSS_ASSIGN(entry, read_entry(rows[0]));
    return {};
  };
  POSS_TRY(database_.read(work));
  return entry;
}

Result<void> History::remove(Log log, const std::string& id) {
  return database_.write([&](Transaction& transaction) -> Result<void> {
    POSS_ASSIGN(const Rows rows,
                transaction.query("DELETE FROM history WHERE log = $1 AND id = $2 RETURNING "
                                  "seq, time, filters",
                                  {log_name(log), id}));
    if (rows.empty()) {
      return Error{Code::not_found, "there is no " + log_name(log) + " '" + id + "'"};
    }
    POSS_ASSIGN(const json::value filters, parse_json(rows[0].text(2)));
    for (const json::value& filter : filters.as_array()) {
      POSS_TRY(transaction.query(
          "DELETE FROM history_index WHERE filter = $1 AND time = $2 AND seq = $3",
          {filter.as_int64(), rows[0].integer(1), rows[0].integer(0)}));
    }
    return {};
  });
}

Result<std::vector<std::int64_t>> History::count(Log log, const HistoryFilter& filter,
                                                 std::chrono::microseconds step) {
  if (!filter.from || !filter.to || *filter.from >= *filter.to || step.count() < 1) {
    return Error{Code::invalid_argument, "counting needs 'from' before 'to', and a step"};
  }
  const std::int64_t span = (*filter.to - *filter.from).count();
  const std::int64_t slots = (span - 1) / step.count() + 1;
  if (slots > 1000) {
    return Error{Code::invalid_argument, "counting has at most 1000 steps; make the step longer"};
  }
  std::vector<std::int64_t> counts;
  const auto work = [&](Transaction& transaction) -> Result<void> {
    counts.assign(static_cast<size_t>(slots), 0);
    Value key = log_name(log);
    std::string range = "history WHERE log = $1";
    if (!unfiltered(filter)) {
      POSS_ASSIGN(key,
                  find_filter(transaction, log, {filter.camera, filter.deployment, filter.label}));
      range = "history_index WHERE filter = $1";
    }
    POSS_ASSIGN(
        const Rows rows,
        transaction.query("SELECT (time - CAST($2 AS bigint)) / CAST($4 AS bigint) AS slot, "
                          "count(*) FROM " +
                              range + " AND time >= CAST($2 AS bigint) AND time < $3 GROUP BY slot",
                          {key, count_of(*filter.from), count_of(*filter.to),
                           static_cast<std::int64_t>(step.count())}));
    for (const Row& row : rows) counts[static_cast<size_t>(row.integer(0))] = row.integer(1);
    return {};
  };
  POSS_TRY(database_.read(work));
  return counts;
}

Result<std::vector<std::string>> History::labels(Log log, const std::string& camera,
                                                 const std::string& deployment) {
  std::vector<std::string> labels;
  const auto work = [&](Transaction& transaction) -> Result<void> {
    labels.clear();
    POSS_ASSIGN(const Rows rows,
                transaction.query("SELECT label FROM history_filters WHERE log = $1 AND "
                                  "deployment = $2 AND camera = $3 AND label <> '' ORDER BY label",
                                  {log_name(log), deployment, camera}));
    for (const Row& row : rows) labels.push_back(row.text(0));
    return {};
  };
  POSS_TRY(database_.read(work));
  return labels;
}

}  // namespace poss::store
