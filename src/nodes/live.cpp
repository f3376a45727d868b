// Live: shows the insights in the portal as they happen.
#include "graph/node.h"

namespace poss {
namespace {

class Live final : public Node {
 public:
  struct Config {
    bool only_with_detections = false;
    static void declare(Fields<Config>& f) {
      f.add(&Config::only_with_detections, "only_with_detections")
          .title("Only frames with detections")
          .help("Leave out frames in which nothing was found.");
    }
  };
  static NodeInfo info() {
    return {.type = "live",
            .title = "Live",
            .help = "Shows boxes and insights in the portal and on the event stream.",
            .category = Category::export_,
            .outputs = {}};
  }
  static Result<std::unique_ptr<Node>> create(const Config& config, const NodeContext& context) {
    auto* sink = context.services.find<InsightSink>();
    if (!sink) return Error{Code::unavailable, "nothing here takes live insights"};
    return std::make_unique<Live>(config, *sink);
  }
  Live(const Config& config, InsightSink& sink) : config_(config), sink_(sink) {}

  Result<void> process(Message message, Emitter&) override {
    if (config_.only_with_detections && message.insight.detections.empty() &&
        message.insight.events.empty()) {
      return {};
    }
    sink_.publish(std::make_shared<const Insight>(std::move(message.insight)));
    return {};
  }

 private:
  const Config config_;
  InsightSink& sink_;
};

POSS_NODE(Live);

}  // namespace
}  // namespace poss
