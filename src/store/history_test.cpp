// Insights and recordings over time, on SQLite and on PostgreSQL.
#include "store/history.h"

#include <algorithm>

#include <gmock/gmock.h>

#include "store/test_store.h"

namespace poss::store {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

class HistoryTest : public StoreTest {
 protected:
  History& history() { return store_->history(); }

  Time at(int second) const { return clock_.now() + seconds(second); }

  NewHistoryEntry entry(const std::string& id, int second, const std::string& camera = "c0",
                        const std::vector<std::string>& labels = {}, std::int64_t bytes = 0) const {
    return {{id, at(second), bytes, {{"id", id}}}, camera, "d0", labels};
  }

  void append(Log log, const std::vector<NewHistoryEntry>& entries) {
    const auto added = history().append(log, entries);
    ASSERT_TRUE(added) << added.error().message;
    EXPECT_EQ(*added, entries.size());
  }

  // The ids that match, through pages of 7.
  std::vector<std::string> ids(Log log, const HistoryFilter& filter = {}) {
    std::vector<std::string> out;
    std::string cursor;
    do {
      const auto page = history().list(log, filter, 7, cursor);
      EXPECT_TRUE(page) << page.error().message;
      if (!page) break;
      for (const auto& item : page->items) out.push_back(item.id);
      cursor = page->next_cursor;
    } while (!cursor.empty());
    return out;
  }

  Result<RetentionReport> enforce(const Retention& retention, std::int64_t free_bytes) {
    return history().enforce_retention(retention, free_bytes, clock_.now(),
                                       [this](const HistoryEntry& gone) -> Result<void> {
                                         if (gone.id == undeletable_) {
                                           return Error{Code::permission_denied, "locked file"};
                                         }
                                         deleted_files_.push_back(gone.id);
                                         return {};
                                       });
  }

  std::string undeletable_;
  std::vector<std::string> deleted_files_;
};

TEST_P(HistoryTest, every_filter_finds_exactly_its_entries_newest_first) {
  std::vector<NewHistoryEntry> all;
  const std::vector<std::vector<std::string>> labels{{}, {"person"}, {"person", "van", "person"}};
  for (int i = 0; i < 60; ++i) {
    NewHistoryEntry one = entry("i" + std::to_string(i), (i * 37) % 60, "c" + std::to_string(i % 3),
                                labels[static_cast<size_t>(i / 3 % 3)]);
    one.deployment = "d" + std::to_string(i % 2);
    all.push_back(one);
  }
  append(Log::insight, all);
  append(Log::recording, {entry("r", 1, "c0", {"person"})});
  for (const char* camera : {"", "c1", "none"}) {
    for (const char* deployment : {"", "d1"}) {
      for (const char* label : {"", "person", "van"}) {
        for (const bool ranged : {false, true}) {
          HistoryFilter filter{camera, deployment, label, {}, {}};
          if (ranged) filter.from = at(10), filter.to = at(40);
          std::vector<NewHistoryEntry> expected;
          for (const auto& one : all) {
            const bool labelled =
                !*label || std::count(one.labels.begin(), one.labels.end(), label) > 0;
            if ((!*camera || one.camera == camera) &&
                (!*deployment || one.deployment == deployment) && labelled &&
                (!ranged || (one.time >= at(10) && one.time < at(40)))) {
              expected.push_back(one);
            }
          }
          std::sort(expected.begin(), expected.end(),
                    [](const auto& a, const auto& b) { return a.time > b.time; });
          std::vector<std::string> expected_ids;
          for (const auto& one : expected) expected_ids.push_back(one.id);
          EXPECT_EQ(ids(Log::insight, filter), expected_ids)
              << camera << " " << deployment << " " << label << " " << ranged;
        }
      }
    }
  }
}

TEST_P(HistoryTest, an_entry_sent_twice_is_kept_once) {
  append(Log::insight, {entry("a", 1), entry("b", 1)});
  const auto again = history().append(Log::insight, {entry("b", 1), entry("c", 1)});
  EXPECT_EQ(*again, 1u);
  EXPECT_EQ(ids(Log::insight, {.camera = "c0"}), (std::vector<std::string>{"c", "b", "a"}));
  EXPECT_FALSE(history().append(Log::insight, {entry("", 1)}));
}

TEST_P(HistoryTest, gets_and_removes_one) {
  append(Log::recording, {entry("a", 1, "c0", {"van"}, 1000), entry("b", 2)});
  const auto read = history().get(Log::recording, "a");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->time, at(1));
  EXPECT_GE(read->bytes, 1000);
  EXPECT_EQ(read->body.at("id"), "a");
  EXPECT_EQ(history().get(Log::insight, "a").error().code, Code::not_found);
  ASSERT_TRUE(history().remove(Log::recording, "a"));
  EXPECT_EQ(history().remove(Log::recording, "a").error().code, Code::not_found);
  EXPECT_EQ(ids(Log::recording, {.label = "van"}), std::vector<std::string>{});
  EXPECT_EQ(ids(Log::recording), std::vector<std::string>{"b"});
}

TEST_P(HistoryTest, text_that_is_no_text_is_kept_as_far_as_it_is) {
  append(Log::insight, {entry(std::string("a\0b", 3), 1, "c0", {"\xff", std::string("\0", 1)})});
  EXPECT_EQ(ids(Log::insight, {.label = "\ufffd"}).size(), 1u);
}

TEST_P(HistoryTest, counts_per_step_and_lists_labels) {
  append(Log::insight, {entry("a", 0, "c0", {"van"}), entry("b", 1, "c0", {"van", "person"}),
                        entry("c", 25, "c0", {"van"}), entry("d", 30, "c0", {"van"}),
                        entry("e", 12, "c1", {"bus"})});
  const HistoryFilter vans{.label = "van", .from = at(0), .to = at(30)};
  EXPECT_EQ(*history().count(Log::insight, vans, seconds(10)),
            (std::vector<std::int64_t>{2, 0, 1}));
  EXPECT_EQ(*history().count(Log::insight, {.from = at(0), .to = at(31)}, seconds(10)),
            (std::vector<std::int64_t>{2, 1, 1, 1}));
  EXPECT_FALSE(history().count(Log::insight, {.label = "van"}, seconds(1)));
  EXPECT_FALSE(history().count(Log::insight, vans, std::chrono::milliseconds(1)));
  EXPECT_EQ(*history().labels(Log::insight, "c0", ""), (std::vector<std::string>{"person", "van"}));
  EXPECT_EQ(*history().labels(Log::insight, "", "d0"),
            (std::vector<std::string>{"bus", "person", "van"}));
}

TEST_P(HistoryTest, deletes_what_is_too_old) {
  std::vector<NewHistoryEntry> all;
  for (int i = 0; i < 1200; ++i) all.push_back(entry("i" + std::to_string(i), i, "c0", {"van"}));
  append(Log::insight, all);
  append(Log::recording, {entry("r0", 0), entry("r1", 1190)});
  clock_.advance(seconds(1200));
  Retention retention{.insights = {.age = seconds(10)}, .recordings = {.age = seconds(100)}};
  retention.free_bytes_floor = 0;
  const auto report = enforce(retention, 0);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->insights.count, 1190);
  EXPECT_EQ(deleted_files_, std::vector<std::string>{"r0"});
  EXPECT_THAT(report->sentence(), HasSubstr("deleted the oldest 1 recording"));
  EXPECT_THAT(report->sentence(), HasSubstr("1190 insights"));
  EXPECT_EQ(ids(Log::insight, {.label = "van"}).size(), 10u);
  EXPECT_EQ(enforce(retention, 0)->sentence(), "");
}

TEST_P(HistoryTest, deletes_the_oldest_beyond_the_bytes_allowed) {
  append(Log::recording, {entry("r2", 3, "c0", {}, 10'000), entry("r0", 1, "c0", {}, 10'000),
                          entry("r1", 2, "c0", {}, 10'000)});
  Retention retention{.recordings = {.bytes = 15'000}};
  retention.free_bytes_floor = 0;
  const auto report = enforce(retention, 0);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(deleted_files_, (std::vector<std::string>{"r0", "r1"}));
  EXPECT_EQ(ids(Log::recording), std::vector<std::string>{"r2"});
}

TEST_P(HistoryTest, deletes_the_oldest_of_all_when_the_disk_is_nearly_full) {
  append(Log::recording, {entry("r0", 1, "c0", {}, 10'000), entry("r1", 3, "c0", {}, 10'000),
                          entry("r2", 5, "c0", {}, 10'000)});
  append(Log::insight, {entry("i0", 2), entry("i1", 4)});
  Retention retention;
  retention.free_bytes_floor = 100'000;
  EXPECT_EQ(enforce(retention, 100'000)->sentence(), "");
  const auto report = enforce(retention, 85'000);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(deleted_files_, (std::vector<std::string>{"r0", "r1"}));
  EXPECT_THAT(report->sentence(), HasSubstr("because the disk is nearly full"));
  EXPECT_EQ(report->still_missing, 0);
  EXPECT_EQ(ids(Log::recording), std::vector<std::string>{"r2"});
  // Insights in a database elsewhere do not fill this disk.
  EXPECT_EQ(ids(Log::insight).size(), postgres() ? 2u : 1u);
  const auto all = enforce(retention, 0);
  EXPECT_GT(all->still_missing, 0);
  EXPECT_THAT(all->sentence(), HasSubstr("free some space"));
}

TEST_P(HistoryTest, keeps_a_recording_whose_files_cannot_be_deleted) {
  append(Log::recording, {entry("r0", 0), entry("r1", 1), entry("r2", 2)});
  clock_.advance(seconds(100));
  undeletable_ = "r1";
  Retention retention{.recordings = {.age = seconds(10)}};
  retention.free_bytes_floor = 0;
  const auto report = enforce(retention, 0);
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().message, HasSubstr("locked file"));
  EXPECT_EQ(ids(Log::recording), (std::vector<std::string>{"r2", "r1"}));
}

POSS_ON_BOTH_DATABASES(HistoryTest);

}  // namespace
}  // namespace poss::store
