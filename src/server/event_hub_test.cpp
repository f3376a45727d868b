// EventHub: bounds, order, replay, and subscribers that do not read.
#include "server/event_hub.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace poss::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::shared_ptr<const Insight> insight(const std::string& camera, std::int64_t frame,
                                       const std::string& label = "person") {
  Insight made;
  made.id = camera + "-" + std::to_string(frame);
  made.camera = camera;
  made.deployment = camera + "-people";
  made.frame_id = frame;
  made.detections.push_back({.label = label, .confidence = 0.5f, .box = {}});
  return std::make_shared<const Insight>(std::move(made));
}

std::vector<std::string> drain(Feed& feed) {
  std::vector<std::string> found;
  while (auto message = feed.next()) found.emplace_back(message->bytes);
  return found;
}

std::string data(const std::string& event) {
  const auto at = event.find("data: ") + 6;
  return event.substr(at, event.size() - at - 2);
}

std::uint64_t id(const std::string& event) {
  return std::stoull(event.substr(event.find("id: ") + 4));
}

// What a reader that comes back from the beginning is sent, oldest first.
std::vector<std::string> replayed(EventHub& hub, const std::string& camera = "") {
  std::vector<std::string> found;
  for (const auto& event : drain(*hub.subscribe(camera, 0, "{}"))) {
    if (event.starts_with("retry")) continue;
    const auto value = parse_json(data(event));
    found.emplace_back(value ? std::string(value->at("id").as_string()) : "not JSON");
  }
  return found;
}

TEST(EventHub, holds_insights_in_order_and_counts_them_by_deployment) {
  EventHub hub;
  hub.publish(insight("dock", 1));
  hub.publish(insight("gate", 1));
  hub.publish(insight("dock", 2, "car"));
  EXPECT_THAT(replayed(hub), ElementsAre("dock-1", "gate-1", "dock-2"));
  EXPECT_THAT(replayed(hub, "dock"), ElementsAre("dock-1", "dock-2"));
  EXPECT_THAT(replayed(hub, "nowhere"), IsEmpty());
  EXPECT_EQ(hub.count("dock-people"), 2u);
  EXPECT_EQ(hub.count("nobody"), 0u);
}

TEST(EventHub, keeps_so_many_insights_a_camera_and_counts_all) {
  EventHub hub({.insights_per_camera = 3});
  for (int i = 0; i < 10; ++i) hub.publish(insight("dock", i));
  hub.publish(insight("gate", 0));
  EXPECT_THAT(replayed(hub), ElementsAre("dock-7", "dock-8", "dock-9", "gate-0"));
  EXPECT_EQ(hub.count("dock-people"), 10u);
}

TEST(EventHub, keeps_so_many_bytes_a_camera) {
  EventHub hub({.bytes_per_camera = 4000});
  const std::string long_label(1000, 'x');
  for (int i = 0; i < 10; ++i) hub.publish(insight("dock", i, long_label));
  EXPECT_THAT(replayed(hub), ElementsAre("dock-8", "dock-9"));
  hub.publish(insight("dock", 10, std::string(9000, 'x')));  // larger than all there is: alone
  EXPECT_THAT(replayed(hub), ElementsAre("dock-10"));
}

TEST(EventHub, sends_status_at_once_and_insights_in_order) {
  EventHub hub;
  const auto feed = hub.subscribe("", std::nullopt, R"({"cameras":[]})");
  for (int i = 0; i < 3; ++i) hub.publish(insight("dock", i));
  const auto events = drain(*feed);
  ASSERT_EQ(events.size(), 4u);
  EXPECT_THAT(events[0], HasSubstr("event: status\ndata: {\"cameras\":[]}\n\n"));
  for (size_t i = 1; i < 4; ++i) {
    EXPECT_THAT(events[i], testing::StartsWith("event: insight\nid: "));
    EXPECT_THAT(events[i], testing::EndsWith("}\n\n"));
    const auto value = parse_json(data(events[i]));
    ASSERT_TRUE(value);
    EXPECT_EQ(value->at("frame_id").as_string(), std::to_string(i - 1));
    if (i > 1) {
      EXPECT_EQ(id(events[i]), id(events[i - 1]) + 1);
    }
  }
}

TEST(EventHub, a_subscriber_of_one_camera_sees_no_other) {
  EventHub hub;
  const auto feed = hub.subscribe("gate", std::nullopt, "{}");
  hub.publish(insight("dock", 1));
  hub.publish(insight("gate", 1));
  const auto events = drain(*feed);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_THAT(events[1], HasSubstr("gate-1"));
}

TEST(EventHub, replays_what_came_after_the_last_id) {
  EventHub hub;
  const auto first = hub.subscribe("", std::nullopt, "{}");
  for (int i = 0; i < 5; ++i) {
    hub.publish(insight("dock", i));
    hub.publish(insight("gate", i));
  }
  const auto seen = drain(*first);
  const auto again = hub.subscribe("", id(seen[4]), "{}");
  const auto missed = drain(*again);
  ASSERT_EQ(missed.size(), 1 + 6u);
  for (size_t i = 1; i < missed.size(); ++i) EXPECT_EQ(missed[i], seen[4 + i]);
}

// A clock that stands at a time of the test's choice.
struct FixedClock final : Clock {
  explicit FixedClock(double seconds) : at(from_seconds(seconds)) {}
  Time now() const override { return at; }
  Steady::time_point steady_now() const override { return {}; }
  Time at;
};

TEST(EventHub, ids_keep_growing_over_a_restart) {
  const FixedClock monday(1700000000), tuesday(1700086400);
  EventHub before({}, monday);
  for (int i = 0; i < 100; ++i) before.publish(insight("dock", i));
  const auto last = id(drain(*before.subscribe("", 0, "{}")).back());
  EventHub after({}, tuesday);
  after.publish(insight("dock", 2));
  const auto events = drain(*after.subscribe("", last, "{}"));
  ASSERT_EQ(events.size(), 2u);
  EXPECT_THAT(events[1], HasSubstr("dock-2"));
}

TEST(EventHub, a_subscriber_that_does_not_read_loses_the_oldest_and_blocks_nobody) {
  EventHub hub({.insights_per_camera = 10, .queue_messages = 4});
  const auto lazy = hub.subscribe("", std::nullopt, "{}");
  for (int i = 0; i < 100; ++i) hub.publish(insight("dock", i));
  for (int i = 0; i < 5; ++i) hub.publish_status("{\"turn\":" + std::to_string(i) + "}");
  EXPECT_EQ(hub.dropped(), 96u);
  const auto events = drain(*lazy);
  ASSERT_EQ(events.size(), 1 + 4u);
  EXPECT_THAT(events[0], HasSubstr("\"turn\":4"));
  EXPECT_THAT(events[1], HasSubstr("dock-96"));
  EXPECT_THAT(events[4], HasSubstr("dock-99"));
}

TEST(EventHub, bounds_the_bytes_that_wait_for_a_subscriber) {
  EventHub hub({.queue_bytes = 3000});
  const auto lazy = hub.subscribe("", std::nullopt, "{}");
  for (int i = 0; i < 10; ++i) hub.publish(insight("dock", i, std::string(1000, 'x')));
  size_t bytes = 0;
  for (const auto& event : drain(*lazy)) bytes += event.size();
  EXPECT_LE(bytes, 3100u);
  EXPECT_GE(bytes, 1000u);
}

TEST(EventHub, wakes_a_sleeping_subscriber_once) {
  EventHub hub;
  const auto feed = hub.subscribe("", std::nullopt, "{}");
  int woken = 0;
  feed->set_wake([&] { ++woken; });
  hub.publish(insight("dock", 1));
  EXPECT_EQ(woken, 0);  // it has not gone to sleep yet
  drain(*feed);
  hub.publish(insight("dock", 2));
  hub.publish(insight("dock", 3));
  EXPECT_EQ(woken, 1);
  feed->set_wake({});
  drain(*feed);
  hub.publish(insight("dock", 4));
  EXPECT_EQ(woken, 1);
}

TEST(EventHub, forgets_subscribers_that_left) {
  EventHub hub;
  auto feed = hub.subscribe("", std::nullopt, "{}");
  EXPECT_EQ(hub.subscribers(), 1u);
  feed.reset();
  EXPECT_EQ(hub.subscribers(), 0u);
  hub.publish(insight("dock", 1));
}

TEST(EventHub, many_threads_publish_while_others_come_read_and_go) {
  EventHub hub({.insights_per_camera = 50, .queue_messages = 20});
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&hub, t] {
      for (int i = 0; i < 300; ++i) hub.publish(insight("camera" + std::to_string(t), i));
    });
    threads.emplace_back([&hub] {
      for (int i = 0; i < 30; ++i) {
        const auto feed = hub.subscribe("", 0, "{}");
        std::uint64_t last = 0;
        for (const auto& event : drain(*feed)) {
          if (event.starts_with("retry")) continue;
          EXPECT_GT(id(event), last);
          last = id(event);
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(hub.count("camera0-people") + hub.count("camera1-people"), 600u);
}

}  // namespace
}  // namespace poss::server
