// Families of networks: a table of rules that each know one kind of output.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "inspect/facts.h"
#include "inspect/feeding.h"

namespace poss::inspect {

// A reading of the outputs by one rule.
struct Guess {
  std::string family;
  std::string why;
  double sure = 0;  // 0..1, to rank guesses by
  infer::Task task = infer::Task::detection;
  infer::DecoderSpec decoder;
  std::int64_t classes = 0;         // columns of scores; 0: the outputs do not tell
  bool counts_from_one = false;     // class numbers are answered, and 0 is never one
  std::int64_t usual_classes = 80;  // where neither outputs nor labels tell
  Feeding feeding;
  std::vector<infer::DecoderSpec> others;  // readings the outputs allow as well: pictures decide
  std::vector<float> anchors;  // of decoder.anchors where they are known: cy, cx, h, w each
  std::vector<std::string> missing;
};

using Rule = std::optional<Guess> (*)(const Facts& facts);

// One family each; nothing when the outputs are not of its kind.
std::optional<Guess> end_to_end_rows(const Facts& facts);       // YOLOv10, YOLO26, models with NMS
std::optional<Guess> paddle_rows(const Facts& facts);           // PaddleDetection
std::optional<Guess> batched_rows(const Facts& facts);          // YOLOv7 with NMS
std::optional<Guess> rows_with_objectness(const Facts& facts);  // YOLOv5, v7
std::optional<Guess> rows_without_objectness(const Facts& facts);  // YOLOv8, 9, 11, 12
std::optional<Guess> yolov6(const Facts& facts);
std::optional<Guess> yolox(const Facts& facts);
std::optional<Guess> distances_concatenated(const Facts& facts);  // NanoDet
std::optional<Guess> distances_per_level(const Facts& facts);     // NanoDet, PicoDet
std::optional<Guess> decided(const Facts& facts);                 // boxes, scores, classes
std::optional<Guess> detr(const Facts& facts);                    // queries with logits
std::optional<Guess> yolov4(const Facts& facts);
std::optional<Guess> yolo_nas(const Facts& facts);
std::optional<Guess> ssd(const Facts& facts);          // decoded boxes and scores
std::optional<Guess> raw_anchors(const Facts& facts);  // SSD, EfficientDet, RetinaNet
std::optional<Guess> selected(const Facts& facts);     // YOLOv3 with NMS
std::optional<Guess> anchor_grid(const Facts& facts);  // YOLOv2..v5 raw, Custom Vision
std::optional<Guess> blazeface(const Facts& facts);
std::optional<Guess> heatmap(const Facts& facts);  // CenterNet
std::optional<Guess> classifier(const Facts& facts);

// All of them.
std::span<const Rule> rules();

// What every rule that fits says, the surest first.
std::vector<Guess> recognise(const Facts& facts);

}  // namespace poss::inspect
