// Retention: deleting the oldest history in small steps, by age, by bytes, and at the disk's floor.
#include <algorithm>
#include <cstdio>
#include <set>

#include "store/history.h"
#include "store/history_rows.h"

namespace poss::store {
namespace {

constexpr int kStep = 500;                       // entries a transaction
constexpr std::int64_t kReclaimEvery = 8 << 20;  // bytes

struct Victim {
  HistoryEntry entry;
  std::int64_t seq = 0;
  std::string filters;
};

Result<std::vector<Victim>> oldest(Database& database, Log log) {
  std::vector<Victim> victims;
  auto done = database.read([&](Transaction& transaction) -> Result<void> {
    victims.clear();
    POSS_ASSIGN(const Rows rows,
                transaction.query("SELECT id, time, bytes, body, seq, filters FROM history "
                                  "WHERE log = $1 ORDER BY time, seq LIMIT $2",
                                  {log_name(log), kStep}));
    for (const Row& row : rows) {
      POSS_ASSIGN(HistoryEntry entry, read_entry(row));
      victims.push_back({std::move(entry), row.integer(4), row.text(5)});
    }
    return {};
  });
  if (!done) return done.error();
  return victims;
}

// Deletes the rows of `victims`, the oldest of their log in order.
Result<void> erase(Database& database, std::span<const Victim> victims) {
  return database.write([&](Transaction& transaction) -> Result<void> {
    std::set<std::int64_t> filters;
    for (const Victim& victim : victims) {
      POSS_ASSIGN(const json::value ids, parse_json(victim.filters));
      for (const json::value& id : ids.as_array()) filters.insert(id.as_int64());
      POSS_TRY(transaction.query("DELETE FROM history WHERE seq = $1", {victim.seq}));
    }
    // Nothing of these filters is older than the victims, so one range of each goes.
    const Victim& last = victims.back();
    for (const std::int64_t filter : filters) {
      POSS_TRY(transaction.query(
          "DELETE FROM history_index WHERE filter = $1 AND (time, seq) <= ($2, $3)",
          {filter, last.entry.time.time_since_epoch().count(), last.seq}));
    }
    return {};
  });
}

// One pass of enforce_retention().
class Sweep {
 public:
  Sweep(Database& database, const std::function<Result<void>(const HistoryEntry&)>& delete_files,
        RetentionReport& report)
      : database_(database), delete_files_(delete_files), report_(report) {}

  // Deletes the oldest of `log` that lie before `before`, until `bytes` are freed. Returns what
  // was freed; less than `bytes` when nothing before `before` is left.
  Result<std::int64_t> remove(Log log, Time before, std::int64_t bytes) {
    std::int64_t freed = 0;
    while (freed < bytes) {
      POSS_ASSIGN(const std::vector<Victim> victims, oldest(database_, log));
      POSS_ASSIGN(const std::int64_t step, remove_some(log, victims, before, bytes - freed));
      if (step == 0) break;
      freed += step;
    }
    return freed;
  }

  // Deletes the oldest of both logs until `bytes` are freed; returns what was.
  Result<std::int64_t> remove_oldest(std::int64_t bytes) {
    std::int64_t freed = 0;
    while (freed < bytes) {
      std::vector<Victim> insights;
      // Insights in a database elsewhere do not fill this disk.
      if (database_.local()) {
        POSS_ASSIGN(insights, oldest(database_, Log::insight));
      }
      POSS_ASSIGN(const std::vector<Victim> recordings, oldest(database_, Log::recording));
      if (insights.empty() && recordings.empty()) break;
      const bool insight_first =
          recordings.empty() ||
          (!insights.empty() && insights[0].entry.time <= recordings[0].entry.time);
      const auto& first = insight_first ? insights : recordings;
      const auto& second = insight_first ? recordings : insights;
      const Log log = insight_first ? Log::insight : Log::recording;
      const Time before =
          second.empty() ? Time::max() : second[0].entry.time + std::chrono::microseconds(1);
      POSS_ASSIGN(const std::int64_t step, remove_some(log, first, before, bytes - freed));
      (log == Log::insight ? report_.insights : report_.recordings).disk_floor = true;
      freed += step;
    }
    return freed;
  }

  // Gives the space of deleted rows back to the disk.
  Result<void> finish() {
    for (; unreclaimed_ > 0; unreclaimed_ -= kReclaimEvery) POSS_TRY(database_.reclaim());
    return {};
  }

 private:
  Result<std::int64_t> remove_some(Log log, const std::vector<Victim>& victims, Time before,
                                   std::int64_t bytes) {
    std::int64_t freed = 0;
    size_t count = 0;
    Result<void> files;
    while (count < victims.size() && freed < bytes && victims[count].entry.time < before) {
      if (log == Log::recording) {
        files = delete_files_(victims[count].entry);
        if (!files) break;
      }
      freed += victims[count++].entry.bytes;
    }
    if (count > 0) {
      POSS_TRY(erase(database_, std::span(victims).first(count)));
      Deleted& deleted = log == Log::insight ? report_.insights : report_.recordings;
      deleted.count += static_cast<std::int64_t>(count);
      deleted.bytes += freed;
      deleted.newest =
          std::max(deleted.newest.value_or(Time::min()), victims[count - 1].entry.time);
      if (log == Log::insight) unreclaimed_ += freed;
      if (unreclaimed_ > kReclaimEvery) {
        POSS_TRY(database_.reclaim());
        unreclaimed_ -= kReclaimEvery;
      }
    }
    if (!files) return files.error();
    return freed;
  }

  Database& database_;
  const std::function<Result<void>(const HistoryEntry&)>& delete_files_;
  RetentionReport& report_;
  std::int64_t unreclaimed_ = 0;
};

Result<std::int64_t> bytes_of(Database& database, Log log) {
  std::int64_t bytes = 0;
  auto done = database.read([&](Transaction& transaction) -> Result<void> {
    POSS_ASSIGN(const Rows rows,
                transaction.query("SELECT CAST(sum(bytes) AS bigint) FROM history WHERE log = $1",
                                  {log_name(log)}));
    bytes = rows[0].integer(0);
    return {};
  });
  if (!done) return done.error();
  return bytes;
}

std::string describe(const Deleted& deleted, const char* noun) {
  char size[32];
  std::snprintf(size, sizeof size, "%.1f MB", static_cast<double>(deleted.bytes) / 1e6);
  return std::to_string(deleted.count) + " " + noun + (deleted.count == 1 ? "" : "s") + " (" +
         size + ", up to " + rfc3339(*deleted.newest) + ")";
}

}  // namespace

std::string RetentionReport::sentence() const {
  std::string text;
  if (recordings.count > 0) text = describe(recordings, "recording");
  if (insights.count > 0) {
    text += (text.empty() ? "" : " and ") + describe(insights, "insight");
  }
  if (!text.empty()) {
    text = "deleted the oldest " + text +
           (recordings.disk_floor || insights.disk_floor ? " because the disk is nearly full"
                                                         : " as the retention asks");
  }
  if (still_missing > 0) {
    text += (text.empty() ? "" : "; ") + std::string(
                                             "the disk is nearly full with nothing left "
                                             "that may be deleted: free some space");
  }
  return text;
}

Result<RetentionReport> History::enforce_retention(
    const Retention& retention, std::int64_t free_bytes_now, Time now,
    const std::function<Result<void>(const HistoryEntry&)>& delete_files) {
  RetentionReport report;
  Sweep sweep(database_, delete_files, report);
  constexpr std::int64_t everything = std::numeric_limits<std::int64_t>::max();
  std::int64_t freed = 0;
  for (const Log log : {Log::recording, Log::insight}) {
    const RetentionLimits& limits = log == Log::insight ? retention.insights : retention.recordings;
    const bool here = log == Log::recording || database_.local();
    if (limits.age.count() > 0) {
      POSS_ASSIGN(const std::int64_t bytes, sweep.remove(log, now - limits.age, everything));
      freed += here ? bytes : 0;
    }
    if (limits.bytes > 0) {
      POSS_ASSIGN(const std::int64_t bytes, bytes_of(database_, log));
      POSS_ASSIGN(const std::int64_t gone, sweep.remove(log, Time::max(), bytes - limits.bytes));
      freed += here ? gone : 0;
    }
  }
  const std::int64_t missing = retention.free_bytes_floor - free_bytes_now - freed;
  if (missing > 0) {
    POSS_ASSIGN(const std::int64_t bytes, sweep.remove_oldest(missing));
    report.still_missing = std::max<std::int64_t>(0, missing - bytes);
  }
  POSS_TRY(sweep.finish());
  return report;
}

}  // namespace poss::store
