// History: insights and recordings, newest first, kept until they are too old or too many.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "store/database.h"

namespace poss::store {

enum class Log { insight, recording };

// One entry. The Store does not look into `body`.
struct HistoryEntry {
  std::string id;  // of the sender: an entry that is sent twice is kept once
  Time time{};
  std::int64_t bytes = 0;  // what deleting it frees; when appended: its files, besides the row
  json::object body;       // an insight's message; a recording's metadata
};

// An entry to append, with what lists filter by.
struct NewHistoryEntry : HistoryEntry {
  std::string camera;
  std::string deployment;
  std::vector<std::string> labels;
};

// Which entries; empty members do not filter. `from` belongs to the range, `to` does not.
struct HistoryFilter {
  std::string camera;
  std::string deployment;
  std::string label;
  std::optional<Time> from;
  std::optional<Time> to;
};

struct HistoryPage {
  std::vector<HistoryEntry> items;
  std::string next_cursor;  // empty: this is the last page
};

// Limits; 0 is none.
struct RetentionLimits {
  std::chrono::seconds age{0};
  std::int64_t bytes = 0;
};

struct Retention {
  RetentionLimits insights;
  RetentionLimits recordings;
  std::int64_t free_bytes_floor = std::int64_t{2} << 30;  // of the disk
};

// What enforce_retention() deleted of one log, and why.
struct Deleted {
  std::int64_t count = 0;
  std::int64_t bytes = 0;
  std::optional<Time> newest;  // of the entries deleted
  bool disk_floor = false;     // some of it because the disk was nearly full
};

struct RetentionReport {
  Deleted insights;
  Deleted recordings;
  std::int64_t still_missing = 0;  // bytes to the floor that deleting could not free
  // One sentence for the log and the portal; empty when nothing happened.
  std::string sentence() const;
};

// Thread-safe; belongs to a Store.
class History {
 public:
  explicit History(Database& database) : database_(database) {}

  // Adds entries in one transaction: all are on disk on return. An id the log has is passed over.
  // Returns how many were new.
  Result<size_t> append(Log log, const std::vector<NewHistoryEntry>& entries);

  // `limit` 1..1000; `cursor` is next_cursor of the page before, of the same filter.
  Result<HistoryPage> list(Log log, const HistoryFilter& filter, int limit = 50,
                           const std::string& cursor = "");

  Result<HistoryEntry> get(Log log, const std::string& id);

  // Removes an entry; the caller has deleted its files.
  Result<void> remove(Log log, const std::string& id);

  // Entries per step of time from filter.from on, both ends of which must be set: for charts.
  // At most 1000 steps.
  Result<std::vector<std::int64_t>> count(Log log, const HistoryFilter& filter,
                                          std::chrono::microseconds step);

  // The labels entries of this camera and deployment have had; empty arguments do not filter.
  Result<std::vector<std::string>> labels(Log log, const std::string& camera,
                                          const std::string& deployment);

  // Deletes the oldest entries beyond the limits, in small transactions; and, while the disk has
  // less than the floor free, the oldest of both logs until as much is freed as was missing.
  // `delete_files` is called for each recording before it leaves the Store and deletes its files
  // (none there is no failure): a crash in between leaves a recording without files, never files
  // without a recording. Where it fails, the recording stays and the error is returned.
  // Call it from one thread, about once a minute.
  Result<RetentionReport> enforce_retention(
      const Retention& retention, std::int64_t free_bytes_now, Time now,
      const std::function<Result<void>(const HistoryEntry&)>& delete_files);

 private:
  Database& database_;
};

}  // namespace poss::store
