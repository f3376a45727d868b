// NodeHarness: runs one node alone in a test, as the graph would, and keeps what it sends on.
//
//   NodeHarness node("filter", {{"min_score", 0.5}});
//   ASSERT_TRUE(node.open());
//   ASSERT_TRUE(node.process(node.message({NodeHarness::detection("person")})));
//   EXPECT_EQ(node.sent().size(), 1u);
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/id.h"
#include "base/json.h"
#include "graph/node.h"

namespace poss {

// A clock that stands still until a test moves it. Thread-safe.
class ManualClock : public Clock {
 public:
  Time now() const override { return start_ + elapsed_.load(); }
  Steady::time_point steady_now() const override { return Steady::time_point{} + elapsed_.load(); }
  void advance(std::chrono::microseconds by) { elapsed_.store(elapsed_.load() + by); }

 private:
  Time start_ = from_seconds(1700000000.0);
  std::atomic<std::chrono::microseconds> elapsed_{std::chrono::hours(1)};
};

// Bound to one thread, as nodes are; node().cancel() may come from another. Closes the node at the
// end of its life if it was opened.
class NodeHarness {
 public:
  // A node of the registered `type`, created by open(). Services may be added before open().
  explicit NodeHarness(std::string type, json::object settings = {})
      : type_(std::move(type)), settings_(std::move(settings)) {}
  ~NodeHarness() { close(); }
  NodeHarness(const NodeHarness&) = delete;
  NodeHarness& operator=(const NodeHarness&) = delete;

  // Where the node finds itself; change before open().
  std::string camera = "dock";
  std::string skill = "find-people";
  std::string deployment = "dock-people";
  Services services;
  ManualClock clock;

  // Checks the settings as a skill's are checked, creates the node and opens it.
  Result<void> open() {
    const NodeType* type = node_registry().find(type_);
    if (!type) return Error{Code::not_found, "no node type '" + type_ + "' is registered"};
    POSS_ASSIGN(const json::object settings, type->check(settings_, type->info.version));
    POSS_ASSIGN(node_, type->create(settings, NodeContext{.node_id = "node",
                                                          .camera = camera,
                                                          .skill = skill,
                                                          .deployment = deployment,
                                                          .services = services,
                                                          .clock = clock}));
    POSS_TRY(node_->open());
    opened_ = true;
    return {};
  }

  // Feeds one message; what the node sends on is appended to sent().
  Result<void> process(Message message) {
    Emitter emitter;
    auto done = node_->process(std::move(message), emitter);
    for (auto& sent : emitter.sent_) sent_.push_back(std::move(sent));
    return done;
  }

  void close() {
    if (opened_) node_->close();
    opened_ = false;
  }

  // A grey 8 × 6 frame with these detections, as the graph would make it; frame ids count up.
  Message message(std::vector<Detection> detections = {}) {
    constexpr int kWidth = 8, kHeight = 6;
    auto pixels = std::make_shared<std::vector<std::uint8_t>>(kWidth * kHeight * 3, 128);
    const ImageView view{.layout = PixelLayout::rgb,
                         .width = kWidth,
                         .height = kHeight,
                         .planes = {pixels->data(), nullptr, nullptr},
                         .strides = {kWidth * 3, 0, 0}};
    auto frame = std::make_shared<media::Frame>(view, clock.now(), ++frames_, pixels);
    return {.frame = frame,
            .insight = {.id = new_id(),
                        .width = kWidth,
                        .height = kHeight,
                        .detections = std::move(detections),
                        .events = {},
                        .time = clock.now(),
                        .frame_id = frames_,
                        .deployment = deployment,
                        .skill = skill,
                        .camera = camera}};
  }

  // A detection in the frame's middle.
  static Detection detection(std::string label, float confidence = 0.9f,
                             Box box = {0.25f, 0.25f, 0.5f, 0.5f}) {
    return {.label = std::move(label),
            .confidence = confidence,
            .box = box,
            .inference_id = {},
            .attributes = {},
            .track = {}};
  }

  // Everything sent so far: port and message.
  const std::vector<std::pair<size_t, Message>>& sent() const { return sent_; }
  void forget_sent() { sent_.clear(); }
  // Exists after a successful open().
  Node& node() { return *node_; }

 private:
  std::string type_;
  json::object settings_;
  std::unique_ptr<Node> node_;
  bool opened_ = false;
  std::int64_t frames_ = 0;
  std::vector<std::pair<size_t, Message>> sent_;
};

}  // namespace poss
