// Run model: finds objects in the frame, or classifies the frame or each detection's crop.
#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "base/histogram.h"
#include "base/id.h"
#include "graph/node.h"
#include "infer/model.h"

namespace poss {

enum class RunOn { frame, detections };

template <>
struct EnumNames<RunOn> {
  static constexpr std::array values{std::pair{RunOn::frame, "frame"},
                                     std::pair{RunOn::detections, "detections"}};
};

namespace {

// The box in pixels with `padding` × its size added on each side, within the picture and never
// empty.
PixelRect crop_of(const Box& box, double padding, int width, int height) {
  const auto pixels = [](double fraction, int size) {
    return static_cast<int>(std::lround(std::clamp(fraction, 0.0, 1.0) * size));
  };
  const double l = static_cast<double>(box.l), t = static_cast<double>(box.t);
  const double w = static_cast<double>(box.w), h = static_cast<double>(box.h);
  const int left = std::min(pixels(l - padding * w, width), width - 1);
  const int top = std::min(pixels(t - padding * h, height), height - 1);
  const int right = std::max(pixels(l + w + padding * w, width), left + 1);
  const int bottom = std::max(pixels(t + h + padding * h, height), top + 1);
  return {left, top, right - left, bottom - top};
}

class RunModel final : public Node {
 public:
  struct Config {
    std::string model;
    double min_score = 0.5;
    std::vector<std::string> labels;
    double max_iou = 0.6;
    std::int64_t max_objects = 100;
    RunOn run_on = RunOn::frame;
    double padding = 0.1;
    std::string attribute;
    static void declare(Fields<Config>& f) {
      f.add(&Config::model, "model")
          .title("Model")
          .format("model")
          .required()
          .max_length(64)
          .help("The model to run.");
      f.add(&Config::min_score, "min_score")
          .title("Confidence threshold")
          .range(0, 1)
          .help("Answers the model is less sure of are left out.");
      f.add(&Config::labels, "labels")
          .title("Objects")
          .format("label")
          .max_length(1000)
          .help("Keep these labels only; none chosen keeps all.");
      f.add(&Config::max_iou, "max_iou")
          .title("Overlap")
          .range(0, 1)
          .help("Two boxes of one label that overlap more than this (IoU) count as one object.");
      f.add(&Config::max_objects, "max_objects")
          .title("Most objects")
          .range(1, 1000)
          .help("The best so many objects of a frame are kept.");
      f.add(&Config::run_on, "run_on")
          .title("Run on")
          .help("A classifier may look at the whole frame or at each detection from before.");
      f.add(&Config::padding, "padding")
          .title("Padding")
          .range(0, 1)
          .visible_when("run_on", "detections")
          .help("Margin around each detection, as a part of its size.");
      f.add(&Config::attribute, "attribute")
          .title("Attribute")
          .max_length(64)
          .visible_when("run_on", "detections")
          .help("Name under which the class is added to the detection; empty: the model's name.");
    }
  };
  static NodeInfo info() {
    return {.type = "run_model",
            .title = "Run ML Model",
            .help = "Finds objects in the frame, or classifies the frame or each detection."};
  }
  static Result<std::unique_ptr<Node>> create(Config config, const NodeContext& context) {
    auto* pool = context.services.find<infer::ModelPool>();
    if (!pool) return Error{Code::unavailable, "no models are available here"};
    return std::make_unique<RunModel>(std::move(config), *pool, context.clock);
  }
  RunModel(Config config, infer::ModelPool& pool, const Clock& clock)
      : config_(std::move(config)),
        pool_(pool),
        clock_(clock),
        wanted_(config_.labels.begin(), config_.labels.end()) {
    if (config_.attribute.empty()) config_.attribute = config_.model;
  }

  Result<void> open() override {
    POSS_ASSIGN(model_, pool_.get(config_.model));
    const auto task = model_->manifest().task;
    if (config_.run_on == RunOn::detections && task != infer::Task::classification) {
      return Error{Code::invalid_argument,
                   "model '" + config_.model +
                       "' finds objects and can run on the whole frame only; set 'run_on' to "
                       "'frame' or choose a classification model"};
    }
    for (const std::string& label : config_.labels) {
      const auto& known = model_->labels();
      if (std::find(known.begin(), known.end(), label) == known.end()) {
        const std::string near = detail::nearest(label, known);
        return Error{Code::invalid_argument,
                     "model '" + config_.model + "' does not know the label '" + label + "'" +
                         (near.empty() ? "" : "; did you mean '" + near + "'?")};
      }
    }
    return {};
  }

  Result<void> process(Message message, Emitter& out) override {
    infer::Timings timings;
    Result<void> done = model_->manifest().task == infer::Task::detection
                            ? detect(message, timings)
                            : classify(message, timings);
    const auto now = clock_.steady_now();
    pre_.add(timings.pre, now);
    run_.add(timings.run, now);
    post_.add(timings.post, now);
    if (!done) return done;
    out.emit(std::move(message));
    return {};
  }

  std::vector<StageTime> stages() const override {
    const auto now = clock_.steady_now();
    return {{"pre", pre_.summary(now).mean_ms},
            {"run", run_.summary(now).mean_ms},
            {"post", post_.summary(now).mean_ms}};
  }

 private:
  bool wants(const std::string& label) const { return wanted_.empty() || wanted_.contains(label); }

  Result<void> detect(Message& message, infer::Timings& timings) {
    const infer::DetectOptions options{.min_score = static_cast<float>(config_.min_score),
                                       .max_iou = static_cast<float>(config_.max_iou),
                                       .max_objects = static_cast<int>(config_.max_objects)};
    POSS_ASSIGN(const auto objects, model_->detect(message.frame->image(), options, &timings));
    const std::string inference = new_id();
    for (const auto& object : objects) {
      const std::string& label = model_->labels()[static_cast<size_t>(object.class_index)];
      if (!wants(label)) continue;
      message.insight.detections.push_back({.label = label,
                                            .confidence = object.score,
                                            .box = object.box,
                                            .inference_id = inference,
                                            .attributes = {},
                                            .track = {}});
    }
    return {};
  }

  Result<void> classify(Message& message, infer::Timings& timings) {
    auto& detections = message.insight.detections;
    const auto& image = message.frame->image();
    std::vector<PixelRect> crops;
    if (config_.run_on == RunOn::detections) {
      if (detections.empty()) return {};
      for (const auto& detection : detections) {
        crops.push_back(crop_of(detection.box, config_.padding, image.width, image.height));
      }
    }
    const int top = static_cast<int>(model_->labels().size());
    POSS_ASSIGN(const auto answers,
                model_->classify(image, crops, wanted_.empty() ? 1 : top, &timings));
    const std::string inference = new_id();
    for (size_t i = 0; i < answers.size(); ++i) {
      for (const auto& answer : answers[i]) {  // best first
        const std::string& label = model_->labels()[static_cast<size_t>(answer.class_index)];
        if (!wants(label)) continue;
        if (static_cast<double>(answer.score) < config_.min_score) break;
        if (crops.empty()) {
          detections.push_back({.label = label,
                                .confidence = answer.score,
                                .box = {0, 0, 1, 1},
                                .inference_id = inference,
                                .attributes = {},
                                .track = {}});
        } else {
          detections[i].attributes.push_back({config_.attribute, label, answer.score});
        }
        break;
      }
    }
    return {};
  }

  Config config_;
  infer::ModelPool& pool_;
  const Clock& clock_;
  const std::unordered_set<std::string> wanted_;
  std::shared_ptr<const infer::Model> model_;
  DurationHistogram pre_, run_, post_;
};

POSS_NODE(RunModel);

}  // namespace
}  // namespace poss
