// Tests of the insight message.
#include "graph/insight.h"

#include <gtest/gtest.h>

namespace poss {
namespace {

Insight full_insight() {
  return {.id = "i-1",
          .width = 1920,
          .height = 1080,
          .detections = {{.label = "traffic light",
                          .confidence = 0.91f,
                          .box = {0.1f, 0.1f, 0.2f, 0.2f},
                          .inference_id = "r-1",
                          .attributes = {{"color", "red", 0.8f}},
                          .track = Track{"7", 0.5f, 1, 0}}},
          .events = {{.type = "line_crossed",
                      .id = "e-1",
                      .related_ids = {"7"},
                      .properties = {{"direction", "in"}}}},
          .time = from_seconds(1700000000.123),
          .frame_id = 42,
          .deployment = "d",
          .skill = "s",
          .camera = "c"};
}

TEST(Insight, the_message_has_the_documented_form) {
  const json::object message = to_json(full_insight());
  EXPECT_EQ(message.at("datetime").as_string(), "2023-11-14T22:13:20.123+00:00");
  EXPECT_EQ(message.at("frame_id").as_string(), "42");
  EXPECT_EQ(message.at("device_id").as_string(), "c");
  EXPECT_EQ(message.at("instance_id").as_string(), "d");
  const auto& object = message.at("insights_meta").at("objects_meta").at(0);
  EXPECT_EQ(object.at("confidence").as_double(), 0.91);
  EXPECT_EQ(object.at("bbox").at("l").as_double(), 0.1);
  EXPECT_EQ(object.at("tracking_info").at("tracking_id").as_string(), "7");
  EXPECT_EQ(message.at("insights_meta").at("events_meta").at(0).at("type").as_string(),
            "line_crossed");
}

TEST(Insight, what_is_written_reads_back_the_same) {
  const json::object message = to_json(full_insight());
  const auto again = parse_insight(*parse_json(json::serialize(message)));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(to_json(*again), message);
}

TEST(Insight, unknown_members_are_passed_over_and_wrong_types_refused) {
  EXPECT_TRUE(parse_insight(*parse_json(R"({"id": "x", "later": [1]})")));
  EXPECT_FALSE(parse_insight(*parse_json(R"({"id": 1})")));
  EXPECT_FALSE(parse_insight(*parse_json(R"({"insights_meta": {"objects_meta": [3]}})")));
  EXPECT_FALSE(parse_insight(*parse_json(R"({"frame_id": "x"})")));
  EXPECT_FALSE(parse_insight(*parse_json(R"({"timestamp": 1e300})")));
  EXPECT_FALSE(
      parse_insight(*parse_json(R"({"insights_meta": {"objects_meta": [{"confidence": 1e39}]}})")));
  EXPECT_FALSE(parse_insight(*parse_json("[]")));
}

}  // namespace
}  // namespace poss
