// Tests of what the exporters share.
#include "nodes/export_payload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nodes/node_harness.h"

namespace poss {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

Insight insight(std::vector<std::string> labels) {
  Insight out;
  for (auto& label : labels) out.detections.push_back(NodeHarness::detection(std::move(label)));
  return out;
}

TEST(ExportPayload, the_whole_insight_reads_back) {
  Insight one = insight({"person"});
  one.id = "a";
  one.camera = "dock";
  const std::string text = payload_text(one, PayloadForm::poss);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  const auto read = parse_insight(*parse_json(text));
  ASSERT_TRUE(read);
  EXPECT_EQ(to_json(*read), to_json(one));
}

TEST(ExportPayload, the_kan_form_holds_only_what_kan_sent) {
  Insight one = insight({"person"});
  one.id = "a";
  one.detections[0].attributes.push_back({.name = "hat", .label = "red", .confidence = 1});
  one.detections[0].track = Track{.id = "7"};
  one.events.push_back({.type = "line_crossed", .id = {}, .related_ids = {}, .properties = {}});
  const json::object sent = parse_json(payload_text(one, PayloadForm::kan))->as_object();
  std::vector<std::string> names;
  for (const auto& member : sent) names.emplace_back(member.key());
  EXPECT_THAT(names, testing::ElementsAre("image", "insights_meta", "timestamp", "frame_id",
                                          "instance_id", "skill_id", "device_id", "datetime"));
  const json::object& meta = sent.at("insights_meta").as_object();
  EXPECT_EQ(meta.size(), 1u);
  const json::object& object = meta.at("objects_meta").at(0).as_object();
  EXPECT_FALSE(object.contains("tracking_info"));
  EXPECT_TRUE(object.contains("attributes"));
  EXPECT_TRUE(object.contains("bbox"));
}

TEST(ExportPayload, placeholders_stay_on_their_level) {
  const Services services;
  const NodeContext context{
      .node_id = "n", .camera = "a/../b+#", .skill = "..", .deployment = "d", .services = services};
  EXPECT_EQ(*fill_placeholders("x/{camera}/{skill}/{deployment}{deployment}", context),
            "x/a_.._b__/_/dd");
  EXPECT_THAT(fill_placeholders("{label}", context).error().message, HasSubstr("{label}"));
  EXPECT_FALSE(fill_placeholders("{camera", context));
  EXPECT_FALSE(fill_placeholders("camera}", context));
  EXPECT_EQ(*fill_placeholders("", context), "");
}

TEST(SendRules, hold_back_the_same_labels_for_the_delay) {
  SendRules rules(10, false);
  const Steady::time_point start{};
  EXPECT_TRUE(rules.due(insight({"a", "b"}), start));
  rules.sent(insight({"a", "b"}), start);
  EXPECT_FALSE(rules.due(insight({"b", "a", "a"}), start + seconds(9)));
  EXPECT_TRUE(rules.due(insight({"a"}), start + seconds(9)));
  EXPECT_TRUE(rules.due(insight({"a", "b"}), start + seconds(10)));
  Insight event = insight({"a", "b"});
  event.events.push_back({.type = "line_crossed", .id = {}, .related_ids = {}, .properties = {}});
  EXPECT_TRUE(rules.due(event, start + seconds(1)));
}

TEST(SendRules, leave_out_frames_that_tell_nothing) {
  SendRules rules(0, true);
  EXPECT_FALSE(rules.due(insight({}), {}));
  EXPECT_TRUE(rules.due(insight({"a"}), {}));
  EXPECT_TRUE(SendRules(0, false).due(insight({}), {}));
}

}  // namespace
}  // namespace poss
