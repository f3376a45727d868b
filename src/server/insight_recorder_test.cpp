// InsightRecorder: what is published is kept, what cannot be kept is counted, nobody waits.
#include "server/insight_recorder.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/id.h"
#include "store/store.h"

namespace poss::server {
namespace {

struct CountingSink final : InsightSink {
  void publish(std::shared_ptr<const Insight>) override { ++count; }
  int count = 0;
};

std::shared_ptr<const Insight> insight(int frame, const std::string& label = "person") {
  Insight made;
  made.id = "i-" + std::to_string(frame);
  made.time = Time(std::chrono::seconds(1'700'000'000 + frame));
  made.camera = "dock";
  made.deployment = "people";
  made.frame_id = frame;
  made.detections.push_back({.label = label, .confidence = 0.5f, .box = {}});
  return std::make_shared<const Insight>(std::move(made));
}

class InsightRecorderTest : public testing::Test {
 protected:
  InsightRecorderTest()
      : folder_(std::filesystem::temp_directory_path() / ("poss-recorder-" + new_id())) {
    std::filesystem::create_directories(folder_);
    auto opened = store::Store::open((folder_ / "poss.db").string());
    EXPECT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
  }
  ~InsightRecorderTest() override { std::filesystem::remove_all(folder_); }

  size_t kept(const std::string& label = "") {
    const auto page =
        store_->history().list(store::Log::insight, {.label = label}, 1000, std::string());
    return page ? page->items.size() : 0;
  }

  const std::filesystem::path folder_;
  std::unique_ptr<store::Store> store_;
  CountingSink sink_;
};

TEST_F(InsightRecorderTest, keeps_what_is_published_and_hands_it_on) {
  InsightRecorder recorder(sink_, store_->history());
  for (int i = 0; i < 20; ++i) recorder.publish(insight(i, i % 2 ? "car" : "person"));
  recorder.flush();
  EXPECT_EQ(kept(), 20u);
  EXPECT_EQ(kept("car"), 10u);
  EXPECT_EQ(sink_.count, 20);
  EXPECT_EQ(recorder.counts().recorded, 20u);
  EXPECT_EQ(recorder.counts().dropped, 0u);
}

TEST_F(InsightRecorderTest, stopping_writes_what_waits) {
  InsightRecorder recorder(sink_, store_->history(), {.gather = std::chrono::hours(1)});
  for (int i = 0; i < 5; ++i) recorder.publish(insight(i));
  recorder.stop();
  EXPECT_EQ(kept(), 5u);
  recorder.publish(insight(9));
  EXPECT_EQ(kept(), 5u);
  EXPECT_EQ(sink_.count, 6);
  EXPECT_EQ(recorder.counts().dropped, 1u);
}

TEST_F(InsightRecorderTest, a_full_queue_drops_the_oldest_and_counts_them) {
  InsightRecorder recorder(sink_, store_->history(),
                           {.waiting = 10, .batch = 100, .gather = std::chrono::hours(1)});
  for (int i = 0; i < 25; ++i) recorder.publish(insight(i));
  recorder.flush();
  EXPECT_EQ(recorder.counts().dropped, 15u);
  const auto page = store_->history().list(store::Log::insight, {});
  ASSERT_EQ(page->items.size(), 10u);
  EXPECT_EQ(page->items.front().id, "i-24");
  EXPECT_EQ(page->items.back().id, "i-15");
  EXPECT_EQ(sink_.count, 25);
}

TEST_F(InsightRecorderTest, while_held_nothing_is_written_and_it_says_why) {
  InsightRecorder recorder(sink_, store_->history());
  recorder.hold("the disk is full");
  recorder.publish(insight(1));
  recorder.flush();
  EXPECT_EQ(kept(), 0u);
  EXPECT_EQ(recorder.counts().trouble, "the disk is full");
  EXPECT_EQ(recorder.counts().dropped, 1u);
  recorder.hold("");
  recorder.publish(insight(2));
  recorder.flush();
  EXPECT_EQ(kept(), 1u);
  EXPECT_EQ(recorder.counts().trouble, "");
}

TEST_F(InsightRecorderTest, an_id_the_history_would_refuse_is_replaced) {
  InsightRecorder recorder(sink_, store_->history());
  Insight odd;
  odd.id = std::string(500, 'x');
  recorder.publish(std::make_shared<const Insight>(odd));
  odd.id = "";
  recorder.publish(std::make_shared<const Insight>(odd));
  recorder.flush();
  EXPECT_EQ(kept(), 2u);
}

}  // namespace
}  // namespace poss::server
