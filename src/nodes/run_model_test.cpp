// Tests of the run_model node with the zoo's real models and a frame of the sample video.
#include <filesystem>

#include "infer/model.h"
#include "media/camera.h"
#include "nodes/node_harness.h"

namespace poss {
namespace {

constexpr const char* kVideo = "/usr/share/doc/opencv-doc/examples/data/vtest.avi";

media::FramePtr street() {
  static const media::FramePtr frame = [] {
    auto camera =
        media::Camera::create("c", {.uri = kVideo, .pace = media::Pace::as_fast_as_possible});
    EXPECT_TRUE(camera) << camera.error().message;
    const auto frames = (*camera)->subscribe(0, 1, WhenFull::block);
    (*camera)->start();
    return frames->pop();
  }();
  return frame;
}

class RunModel : public testing::Test {
 protected:
  RunModel() : models_({"build/zoo"}) {}
  void SetUp() override {
    ASSERT_TRUE(std::filesystem::exists("build/zoo/efficientdet_lite0")) << "run scripts/fetch_zoo";
    ASSERT_TRUE(street());
  }
  Result<void> open(NodeHarness& node) {
    node.services.add<infer::ModelPool>(models_);
    return node.open();
  }
  static Message on_the_street(NodeHarness& node, std::vector<Detection> detections = {}) {
    Message message = node.message(std::move(detections));
    message.frame = street();
    return message;
  }
  infer::ModelPool models_;
};

TEST_F(RunModel, finds_the_people_of_the_sample_video) {
  NodeHarness node(
      "run_model",
      {{"model", "efficientdet_lite0"}, {"min_score", 0.4}, {"labels", json::array{"person"}}});
  ASSERT_TRUE(open(node));
  ASSERT_TRUE(node.process(on_the_street(node)));
  const auto& detections = node.sent().at(0).second.insight.detections;
  ASSERT_GE(detections.size(), 2u);
  for (const auto& detection : detections) {
    EXPECT_EQ(detection.label, "person");
    EXPECT_GE(detection.confidence, 0.4f);
    EXPECT_EQ(detection.inference_id, detections[0].inference_id);
    EXPECT_GT(detection.box.h, detection.box.w);  // people stand
  }
  EXPECT_EQ(node.node().stages().size(), 3u);
}

TEST_F(RunModel, a_classifier_names_each_detections_crop) {
  NodeHarness node("run_model", {{"model", "mobilenet_v1"},
                                 {"run_on", "detections"},
                                 {"min_score", 0},
                                 {"attribute", "kind"}});
  ASSERT_TRUE(open(node));
  ASSERT_TRUE(node.process(on_the_street(
      node, {NodeHarness::detection("person"),
             NodeHarness::detection("car", 0.9f, {0.9f, 0.9f, 0.3f, 0.3f})})));  // over the edge
  const auto& detections = node.sent().at(0).second.insight.detections;
  ASSERT_EQ(detections.size(), 2u);
  for (const auto& detection : detections) {
    ASSERT_EQ(detection.attributes.size(), 1u);
    EXPECT_EQ(detection.attributes[0].name, "kind");
    EXPECT_FALSE(detection.attributes[0].label.empty());
  }
}

TEST_F(RunModel, a_classifier_on_the_frame_gives_one_detection_over_all_of_it) {
  NodeHarness node("run_model", {{"model", "mobilenet_v1"}, {"min_score", 0}});
  ASSERT_TRUE(open(node));
  ASSERT_TRUE(node.process(on_the_street(node)));
  const auto& detections = node.sent().at(0).second.insight.detections;
  ASSERT_EQ(detections.size(), 1u);
  EXPECT_EQ(detections[0].box.w, 1);
}

TEST_F(RunModel, without_detections_a_classifier_of_crops_has_nothing_to_do) {
  NodeHarness node("run_model", {{"model", "mobilenet_v1"}, {"run_on", "detections"}});
  ASSERT_TRUE(open(node));
  ASSERT_TRUE(node.process(on_the_street(node)));
  EXPECT_TRUE(node.sent().at(0).second.insight.detections.empty());
}

TEST_F(RunModel, refuses_what_the_model_cannot_do) {
  NodeHarness label("run_model",
                    {{"model", "efficientdet_lite0"}, {"labels", json::array{"persn"}}});
  EXPECT_NE(open(label).error().message.find("did you mean 'person'"), std::string::npos);
  NodeHarness crops("run_model", {{"model", "efficientdet_lite0"}, {"run_on", "detections"}});
  EXPECT_NE(open(crops).error().message.find("whole frame"), std::string::npos);
  NodeHarness unknown("run_model", {{"model", "../etc"}});
  EXPECT_FALSE(open(unknown));
  NodeHarness none("run_model");
  EXPECT_NE(open(none).error().message.find("model"), std::string::npos);
}

}  // namespace
}  // namespace poss
