// Two nodes that make a skill: frames in, an insight for each out. For tests.
#pragma once

#include "graph/node.h"
#include "graph/services.h"

namespace poss::server {

struct Settings {
  static void declare(Fields<Settings>&) {}
};

class Entry final : public Node {
 public:
  using Config = Settings;
  static NodeInfo info() {
    return {.type = "entry",
            .title = "Entry",
            .help = "Frames.",
            .category = Category::import_,
            .inputs = {}};
  }
  static Result<std::unique_ptr<Node>> create(Config, NodeContext) {
    return std::make_unique<Entry>();
  }
  Result<void> process(Message message, Emitter& out) override {
    out.emit(std::move(message));
    return {};
  }
};

class Publish final : public Node {
 public:
  using Config = Settings;
  explicit Publish(InsightSink& sink) : sink_(sink) {}
  static NodeInfo info() {
    return {.type = "publish",
            .title = "Publish",
            .help = "Insights.",
            .category = Category::export_,
            .outputs = {}};
  }
  static Result<std::unique_ptr<Node>> create(Config, NodeContext context) {
    return std::make_unique<Publish>(*context.services.find<InsightSink>());
  }
  Result<void> process(Message message, Emitter&) override {
    message.insight.detections.push_back({.label = "person", .confidence = 0.5f, .box = {}});
    sink_.publish(std::make_shared<const Insight>(std::move(message.insight)));
    return {};
  }

 private:
  InsightSink& sink_;
};

inline void add_test_nodes(NodeRegistry& registry) {
  registry.add<Entry>();
  registry.add<Publish>();
}

}  // namespace poss::server
