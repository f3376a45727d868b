// Housekeeper: what is too old goes, the disk keeps its floor, and it says so.
#include "server/housekeeper.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/id.h"
#include "server/recordings.h"
#include "server/settings.h"

namespace poss::server {
namespace {

using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

class SetClock final : public Clock {
 public:
  Time now() const override { return Time(std::chrono::hours(hours)); }
  Steady::time_point steady_now() const override { return {}; }
  std::atomic<std::int64_t> hours{500'000};
};

class HousekeeperTest : public testing::Test {
 protected:
  HousekeeperTest() : folder_(fs::temp_directory_path() / ("poss-keeper-" + new_id())) {
    fs::create_directories(folder_);
    auto opened = store::Store::open((folder_ / "poss.db").string(), {}, clock_);
    EXPECT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
    recorder_ = std::make_unique<InsightRecorder>(hub_, store_->history());
    uploads_ = std::make_unique<Uploads>(folder_ / "uploads", clock_);
    keeper_ = std::make_unique<Housekeeper>(*store_, *recorder_, *uploads_, hub_, folder_, clock_,
                                            [this](const fs::path&) -> Result<DiskSpace> {
                                              return DiskSpace{free_bytes, 100'000'000'000};
                                            });
  }
  ~HousekeeperTest() override {
    keeper_.reset();
    recorder_.reset();
    fs::remove_all(folder_);
  }

  void publish(const std::string& id) {
    Insight made;
    made.id = id;
    made.time = clock_.now();
    recorder_->publish(std::make_shared<const Insight>(std::move(made)));
    recorder_->flush();
  }
  void record(const std::string& id, std::int64_t bytes) {
    ASSERT_TRUE(replace_file(folder_ / "recordings" / id, "video"));
    store::NewHistoryEntry entry;
    entry.id = id;
    entry.time = clock_.now();
    entry.bytes = bytes;
    entry.body = to_json(Recording{.file = id});
    ASSERT_TRUE(store_->history().append(store::Log::recording, {entry}));
  }
  size_t kept(store::Log log) { return store_->history().list(log, {})->items.size(); }
  std::string told(Feed& feed) {
    std::string all;
    while (auto message = feed.next()) all += message->bytes;
    return all;
  }

  const fs::path folder_;
  SetClock clock_;
  std::int64_t free_bytes = 50'000'000'000;
  EventHub hub_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<InsightRecorder> recorder_;
  std::unique_ptr<Uploads> uploads_;
  std::unique_ptr<Housekeeper> keeper_;
};

TEST_F(HousekeeperTest, what_is_too_old_goes_and_it_says_so) {
  publish("old");
  record("old.mp4", 5);
  clock_.hours += 24 * 20;
  publish("new");
  const auto feed = hub_.subscribe("", std::nullopt, "{}");
  keeper_->work();
  EXPECT_EQ(kept(store::Log::insight), 2u);
  EXPECT_EQ(kept(store::Log::recording), 0u);
  EXPECT_FALSE(fs::exists(folder_ / "recordings" / "old.mp4"));
  EXPECT_THAT(keeper_->last().text, HasSubstr("1 recording"));
  EXPECT_THAT(told(*feed), HasSubstr("event: notice\ndata: {\"level\":\"info\""));
  clock_.hours += 24 * 20;
  keeper_->work();
  EXPECT_EQ(kept(store::Log::insight), 1u);
}

TEST_F(HousekeeperTest, obeys_the_settings) {
  auto settings = load_settings(*store_);
  settings->value.recording_gb = 3;
  ASSERT_TRUE(store_->update(settings->id, settings->revision, settings->value));
  for (int i = 0; i < 4; ++i) {
    record(std::to_string(i) + ".mp4", 1'200'000'000);
    clock_.hours += 1;
  }
  keeper_->work();
  EXPECT_EQ(kept(store::Log::recording), 2u);
}

TEST_F(HousekeeperTest, below_the_floor_the_oldest_go_first) {
  for (int i = 0; i < 4; ++i) {
    record(std::to_string(i) + ".mp4", 600'000'000);
    clock_.hours += 1;
  }
  free_bytes = 1'000'000'000;
  const auto feed = hub_.subscribe("", std::nullopt, "{}");
  keeper_->work();
  EXPECT_EQ(kept(store::Log::recording), 2u);
  EXPECT_FALSE(fs::exists(folder_ / "recordings" / "0.mp4"));
  EXPECT_TRUE(fs::exists(folder_ / "recordings" / "3.mp4"));
  EXPECT_THAT(told(*feed), HasSubstr("because the disk is nearly full"));
  EXPECT_EQ(recorder_->counts().trouble, "");
}

TEST_F(HousekeeperTest, with_nothing_left_to_delete_insights_are_no_longer_kept) {
  publish("first");
  free_bytes = 10;
  keeper_->work();
  EXPECT_THAT(recorder_->counts().trouble, HasSubstr("less than 2.0 GB are free"));
  EXPECT_THAT(keeper_->last().text, HasSubstr("free some space"));
  publish("second");
  EXPECT_EQ(kept(store::Log::insight), 0u);
  const auto refused = keeper_->admit(1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::resource_exhausted);
  // The same is not told again each minute.
  keeper_->work();
  const auto feed = hub_.subscribe("", std::nullopt, "{}");
  keeper_->work();
  EXPECT_THAT(told(*feed), Not(HasSubstr("event: notice")));
  free_bytes = 50'000'000'000;
  keeper_->work();
  EXPECT_EQ(recorder_->counts().trouble, "");
  publish("third");
  EXPECT_EQ(kept(store::Log::insight), 1u);
  EXPECT_TRUE(keeper_->admit(1));
}

TEST_F(HousekeeperTest, stops_at_once_while_it_waits) {
  keeper_->start(std::chrono::hours(1));
  keeper_->wake();
  keeper_->stop();
}

}  // namespace
}  // namespace poss::server
