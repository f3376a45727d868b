// Decoders of boxes that the graph has computed: with the scores of all classes, with a class
// decided, or with a selection by NonMaxSuppression.
//
// boxes_scores: SSD, EfficientDet, YOLOv4, YOLO-NAS, DETR and its kin (logits, boxes as fractions).
// detections: TensorFlow Object Detection API (detection_boxes, _scores, _classes, num_detections),
// TFLite_Detection_PostProcess, torchvision (boxes, labels, scores), RT-DETR and D-FINE with their
// post-processor, Custom Vision compact-S1 (detected_boxes, _classes, _scores).
// selected: YOLOv3 of the ONNX model zoo (yolonms_layer_1 boxes, scores, indices).
#include <algorithm>
#include <cmath>

#include "infer/decoder.h"

namespace poss::infer {

namespace {

std::int64_t declared_boxes(const TensorInfo& info) {
  const auto total = elements(info.shape);
  return total ? *total / 4 : -1;
}

class BoxesScores final : public BoxDecoder {
 public:
  BoxesScores(const Manifest& manifest, std::string boxes, std::string scores)
      : manifest_(manifest), boxes_(std::move(boxes)), scores_(std::move(scores)) {}

  Result<void> decode(const DecodeInput& in, std::vector<Candidate>& out) const override {
    const auto labels = static_cast<std::int64_t>(manifest_.labels.size());
    POSS_ASSIGN(const Rows boxes, rows_of(in.tensors[0], 4, boxes_));
    POSS_TRY(
        check_scores({scores_, ElementType::float32, in.tensors[1].shape}, labels, boxes.count));
    POSS_ASSIGN(const Rows scores, rows_of(in.tensors[1], labels, scores_));
    if (scores.count != boxes.count)
      return count_error("rows of scores", scores.count, boxes.count);
    const BoxReader reader(manifest_, in);
    const Scorer scorer(manifest_, in.min_score);
    for (const auto& scored : scorer.best_classes(scores.columns(0, labels))) {
      add_box(out, scored, reader.read(boxes.row(scored.anchor), boxes.value_stride));
    }
    return {};
  }

 private:
  const Manifest& manifest_;
  const std::string boxes_;
  const std::string scores_;
};

class Detections final : public BoxDecoder {
 public:
  Detections(const Manifest& manifest, std::string boxes, bool has_classes, bool has_count)
      : manifest_(manifest),
        boxes_(std::move(boxes)),
        has_classes_(has_classes),
        has_count_(has_count) {}

  Result<void> decode(const DecodeInput& in, std::vector<Candidate>& out) const override {
    POSS_ASSIGN(const Rows boxes, rows_of(in.tensors[0], 4, boxes_));
    const auto scores = in.tensors[1].values;
    if (std::ssize(scores) != boxes.count) {
      return count_error("scores", std::ssize(scores), boxes.count);
    }
    std::span<const float> classes;
    if (has_classes_) {
      classes = in.tensors[2].values;
      if (classes.size() != scores.size()) {
        return count_error("classes", std::ssize(classes), boxes.count);
      }
    }
    const std::int64_t count =
        has_count_ ? counted(in.tensors.back().values, boxes.count) : boxes.count;
    const BoxReader reader(manifest_, in);
    const Scorer scorer(manifest_, in.min_score);
    for (auto scored : scorer.above({scores.data(), count, 1, 1, 1})) {
      const auto index =
          scorer.class_of(classes.empty() ? 0 : classes[static_cast<size_t>(scored.anchor)]);
      if (!index) continue;
      scored.class_index = *index;
      add_box(out, scored, reader.read(boxes.row(scored.anchor), boxes.value_stride));
    }
    return {};
  }

 private:
  const Manifest& manifest_;
  const std::string boxes_;
  const bool has_classes_;
  const bool has_count_;
};

class Selected final : public BoxDecoder {
 public:
  Selected(const Manifest& manifest, std::vector<std::string> names)
      : manifest_(manifest), names_(std::move(names)) {}

  Result<void> decode(const DecodeInput& in, std::vector<Candidate>& out) const override {
    const auto labels = static_cast<std::int64_t>(manifest_.labels.size());
    POSS_ASSIGN(const Rows boxes, rows_of(in.tensors[0], 4, names_[0]));
    POSS_ASSIGN(const Rows scores, rows_of(in.tensors[1], labels, names_[1], Order::planes));
    POSS_ASSIGN(const Rows selected, rows_of(in.tensors[2], 3, names_[2]));
    if (scores.count != boxes.count)
      return count_error("rows of scores", scores.count, boxes.count);
    const BoxReader reader(manifest_, in);
    const Scorer scorer(manifest_, in.min_score);
    for (std::int64_t i = 0; i < selected.count; ++i) {
      const auto index = scorer.class_of(selected.at(i, 1));
      const float box = selected.at(i, 2);
      if (selected.at(i, 0) != 0 || !index) continue;
      if (!(box >= 0) || !(box <= static_cast<float>(boxes.count))) continue;
      const auto anchor = static_cast<std::int64_t>(box);
      if (anchor >= boxes.count) continue;
      const float score = scorer.activated(scores.at(anchor, *index));
      if (!(score >= in.min_score)) continue;
      add_box(out, {anchor, *index, score}, reader.read(boxes.row(anchor), boxes.value_stride));
    }
    return {};
  }

 private:
  const Manifest& manifest_;
  const std::vector<std::string> names_;
};

// One number a box: every dimension but one is 1, or not known. A single number for an unknown
// number of boxes is their count.
Result<void> check_list(const TensorInfo& info, std::int64_t boxes, const char* what) {
  POSS_TRY(check_numbers(info));
  const auto many = std::ranges::count_if(info.shape, [](auto size) { return size > 1; });
  const auto total = elements(info.shape);
  if (many <= 1 && info.shape.size() <= 3 &&
      (!total || (boxes < 0 ? *total != 1 : *total == boxes))) {
    return {};
  }
  return shape_error(info.name, info.shape, std::string(what) + " are [N], one a box");
}

bool is_whole_number(ElementType type) {
  switch (type) {
    case ElementType::int16:
    case ElementType::int32:
    case ElementType::int64:
    case ElementType::uint16:
    case ElementType::uint32:
    case ElementType::uint64:
      return true;
    default:
      return false;
  }
}

}  // namespace

Result<DecoderPlan> make_boxes_scores(const Manifest& manifest, std::span<const TensorInfo> outputs,
                                      const std::filesystem::path&) {
  const auto& spec = manifest.decoder;
  const auto labels = static_cast<std::int64_t>(manifest.labels.size());
  OutputChooser chooser(outputs);
  POSS_ASSIGN(const size_t boxes,
              chooser.choose(spec.boxes, "boxes", {"box", "bbox", "loc"}, check_boxes));
  const auto count = declared_boxes(outputs[boxes]);
  POSS_ASSIGN(
      const size_t scores,
      chooser.choose(spec.scores, "scores", {"score", "conf", "logit", "prob", "cls"},
                     [&](const TensorInfo& info) { return check_scores(info, labels, count); }));
  return DecoderPlan{chooser.taken(), std::make_unique<BoxesScores>(manifest, outputs[boxes].name,
                                                                    outputs[scores].name)};
}

Result<DecoderPlan> make_detections(const Manifest& manifest, std::span<const TensorInfo> outputs,
                                    const std::filesystem::path&) {
  const auto& spec = manifest.decoder;
  OutputChooser chooser(outputs);
  POSS_ASSIGN(const size_t boxes, chooser.choose(spec.boxes, "boxes", {"box"}, check_boxes));
  const auto count = declared_boxes(outputs[boxes]);
  // Before the scores: whole numbers are no scores, but classes may be floats.
  const bool one_class = manifest.labels.size() == 1 && spec.classes.empty() &&
                         outputs.size() <= (spec.count.empty() ? 2u : 3u);
  if (!one_class) {
    const bool whole =
        std::ranges::count_if(outputs, [&](const TensorInfo& info) {
          return is_whole_number(info.type) && check_list(info, count, "classes").has_value();
        }) == 1;
    POSS_TRY(chooser.choose(
        spec.classes, "classes", {"class", "label"}, [&](const TensorInfo& info) -> Result<void> {
          if (spec.classes.empty() && whole && !is_whole_number(info.type)) {
            return shape_error(info.name, info.shape, "classes are whole numbers");
          }
          return check_list(info, count, "classes");
        }));
  }
  POSS_ASSIGN(const size_t scores,
              chooser.choose(spec.scores, "scores", {"score", "prob", "conf"},
                             [&](const TensorInfo& info) -> Result<void> {
                               if (spec.scores.empty() && is_whole_number(info.type)) {
                                 return shape_error(info.name, info.shape,
                                                    "scores are not whole numbers");
                               }
                               return check_list(info, count, "scores");
                             }));
  std::vector<size_t> wanted{boxes, scores};
  if (!one_class) wanted.push_back(chooser.taken()[1]);
  const bool has_count = !spec.count.empty();
  if (has_count) {
    POSS_ASSIGN(const size_t index, chooser.named(spec.count));
    wanted.push_back(index);
  }
  return DecoderPlan{std::move(wanted), std::make_unique<Detections>(manifest, outputs[boxes].name,
                                                                     !one_class, has_count)};
}

Result<DecoderPlan> make_selected(const Manifest& manifest, std::span<const TensorInfo> outputs,
                                  const std::filesystem::path&) {
  const auto& spec = manifest.decoder;
  const auto labels = static_cast<std::int64_t>(manifest.labels.size());
  OutputChooser chooser(outputs);
  POSS_ASSIGN(const size_t boxes, chooser.choose(spec.boxes, "boxes", {"box"}, check_boxes));
  const auto count = declared_boxes(outputs[boxes]);
  POSS_ASSIGN(const size_t scores,
              chooser.choose(spec.scores, "scores", {"score"}, [&](const TensorInfo& info) {
                return check_scores(info, labels, count);
              }));
  POSS_ASSIGN(const size_t selected,
              chooser.choose(spec.selected, "selected", {"select", "indic", "nms"},
                             [](const TensorInfo& info) -> Result<void> {
                               POSS_TRY(check_numbers(info));
                               if (may_hold(info.shape, 3, Order::rows)) return {};
                               return shape_error(info.name, info.shape,
                                                  "what is selected is [M,3]: batch, class, box");
                             }));
  return DecoderPlan{
      chooser.taken(),
      std::make_unique<Selected>(manifest, std::vector{outputs[boxes].name, outputs[scores].name,
                                                       outputs[selected].name})};
}

}  // namespace poss::infer
