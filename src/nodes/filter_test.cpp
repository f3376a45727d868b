// Tests of the filter node.
#include "nodes/node_harness.h"

namespace poss {
namespace {

std::vector<std::string> labels(const NodeHarness& node) {
  std::vector<std::string> out;
  for (const auto& [port, message] : node.sent()) {
    for (const auto& detection : message.insight.detections) out.push_back(detection.label);
  }
  return out;
}

std::vector<Detection> three() {
  return {NodeHarness::detection("traffic light", 0.9f), NodeHarness::detection("person", 0.5f),
          NodeHarness::detection("person", 0.2f)};
}

TEST(Filter, without_settings_lets_everything_through) {
  NodeHarness node("filter");
  ASSERT_TRUE(node.open());
  ASSERT_TRUE(node.process(node.message(three())));
  EXPECT_EQ(labels(node).size(), 3u);
}

TEST(Filter, keeps_chosen_labels_also_with_spaces) {
  NodeHarness node("filter", {{"labels", json::array{"traffic light"}}});
  ASSERT_TRUE(node.open());
  ASSERT_TRUE(node.process(node.message(three())));
  EXPECT_EQ(labels(node), std::vector<std::string>{"traffic light"});
}

TEST(Filter, keeps_the_chosen_band_of_confidence) {
  NodeHarness node("filter", {{"min_score", 0.3}, {"max_score", 0.6}});
  ASSERT_TRUE(node.open());
  ASSERT_TRUE(node.process(node.message(three())));
  EXPECT_EQ(labels(node), std::vector<std::string>{"person"});
}

TEST(Filter, sends_empty_frames_on_unless_told_not_to) {
  for (const bool drop : {false, true}) {
    NodeHarness node("filter", {{"labels", json::array{"cat"}}, {"drop_empty_frames", drop}});
    ASSERT_TRUE(node.open());
    ASSERT_TRUE(node.process(node.message(three())));
    EXPECT_EQ(node.sent().size(), drop ? 0u : 1u);
  }
}

TEST(Filter, refuses_a_band_through_which_nothing_passes) {
  NodeHarness node("filter", {{"min_score", 0.7}, {"max_score", 0.6}});
  const auto opened = node.open();
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("min_score"), std::string::npos);
}

}  // namespace
}  // namespace poss
