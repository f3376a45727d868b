// Tests of the camera input and live nodes, the ends of every skill.
#include "nodes/node_harness.h"

namespace poss {
namespace {

class Sink final : public InsightSink {
 public:
  void publish(std::shared_ptr<const Insight> insight) override {
    insights.push_back(std::move(insight));
  }
  std::vector<std::shared_ptr<const Insight>> insights;
};

TEST(CameraInput, sends_every_frame_on_unchanged) {
  NodeHarness node("camera_input");
  ASSERT_TRUE(node.open());
  const Message message = node.message();
  ASSERT_TRUE(node.process(message));
  ASSERT_EQ(node.sent().size(), 1u);
  EXPECT_EQ(node.sent()[0].second.frame, message.frame);
}

TEST(Live, publishes_what_comes) {
  Sink sink;
  NodeHarness node("live");
  node.services.add<InsightSink>(sink);
  ASSERT_TRUE(node.open());
  ASSERT_TRUE(node.process(node.message({NodeHarness::detection("person")})));
  ASSERT_TRUE(node.process(node.message()));
  ASSERT_EQ(sink.insights.size(), 2u);
  EXPECT_EQ(sink.insights[0]->detections[0].label, "person");
  EXPECT_EQ(sink.insights[0]->camera, "dock");
}

TEST(Live, leaves_out_empty_frames_where_told_to) {
  Sink sink;
  NodeHarness node("live", {{"only_with_detections", true}});
  node.services.add<InsightSink>(sink);
  ASSERT_TRUE(node.open());
  ASSERT_TRUE(node.process(node.message()));
  Message with_event = node.message();
  with_event.insight.events.push_back({.type = "line_crossed"});
  ASSERT_TRUE(node.process(with_event));
  ASSERT_EQ(sink.insights.size(), 1u);
  EXPECT_EQ(sink.insights[0]->events.size(), 1u);
}

TEST(Live, says_so_where_nobody_takes_insights) {
  NodeHarness node("live");
  EXPECT_EQ(node.open().error().code, Code::unavailable);
}

}  // namespace
}  // namespace poss
