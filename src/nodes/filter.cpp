// Filter: lets through the detections of chosen labels and confidence.
#include <algorithm>
#include <unordered_set>

#include "graph/node.h"

namespace poss {
namespace {

class Filter final : public Node {
 public:
  struct Config {
    std::vector<std::string> labels;
    double min_score = 0;
    double max_score = 1;
    bool drop_empty_frames = false;
    static void declare(Fields<Config>& f) {
      f.add(&Config::labels, "labels")
          .title("Objects")
          .format("label")
          .max_length(1000)
          .help("Labels to let through; none chosen lets all through.");
      f.add(&Config::min_score, "min_score")
          .title("Lowest confidence")
          .range(0, 1)
          .help("Detections below are left out.");
      f.add(&Config::max_score, "max_score")
          .title("Highest confidence")
          .range(0, 1)
          .help("Detections above are left out.");
      f.add(&Config::drop_empty_frames, "drop_empty_frames")
          .title("Drop frames without a match")
          .help("Send nothing on for a frame in which no detection is left.");
    }
    void validate(const std::string& path, std::vector<FieldError>& errors) const {
      if (min_score > max_score) {
        errors.push_back(
            {detail::join_path(path, "min_score"), "is above 'max_score', so nothing could pass"});
      }
    }
  };
  static NodeInfo info() {
    return {.type = "filter",
            .title = "Filter",
            .help = "Lets through the detections of chosen labels and confidence."};
  }
  static Result<std::unique_ptr<Node>> create(Config config, const NodeContext&) {
    return std::make_unique<Filter>(std::move(config));
  }
  explicit Filter(Config config)
      : config_(std::move(config)), labels_(config_.labels.begin(), config_.labels.end()) {}

  Result<void> process(Message message, Emitter& out) override {
    std::erase_if(message.insight.detections, [this](const Detection& detection) {
      const double score = static_cast<double>(detection.confidence);
      return score < config_.min_score || score > config_.max_score ||
             (!labels_.empty() && !labels_.contains(detection.label));
    });
    if (config_.drop_empty_frames && message.insight.detections.empty()) return {};
    out.emit(std::move(message));
    return {};
  }

 private:
  const Config config_;
  const std::unordered_set<std::string> labels_;
};

POSS_NODE(Filter);

}  // namespace
}  // namespace poss
