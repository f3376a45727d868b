// Rules for boxes and scores in outputs of their own: SSD, DETR, YOLOv4, YOLO-NAS, decided sets.
#include <algorithm>
#include <cmath>

#include "inspect/families.h"

namespace poss::inspect {
namespace {

using infer::Activation;
using infer::BoxFormat;
using infer::BoxUnits;
using infer::Decoder;

std::string number(std::int64_t value) { return std::to_string(value); }

// N boxes of four numbers in one output, N rows of K scores in another.
struct BoxesAndScores {
  const OutputFact* boxes = nullptr;
  const OutputFact* scores = nullptr;
  Table box;
  Table score;
  std::int64_t count = 0;
  std::int64_t classes = 0;
};

std::optional<BoxesAndScores> boxes_and_scores(const Facts& facts) {
  std::optional<BoxesAndScores> out;
  for (const auto& boxes : facts.outputs) {
    const auto box = two_dimensions(boxes);
    if (!box || boxes.whole_numbers() || (box->first != 4 && box->second != 4)) continue;
    if (boxes.shape.size() < 3) continue;
    const bool box_rows = box->second == 4;
    const std::int64_t count = box_rows ? box->first : box->second;
    if (count < 5) continue;
    for (const auto& scores : facts.outputs) {
      if (&scores == &boxes || scores.whole_numbers() || scores.shape.size() < 3) continue;
      const auto score = two_dimensions(scores);
      if (!score) continue;
      const bool rows_first = score->first == count;
      if (!rows_first && score->second != count) continue;
      const std::int64_t classes = rows_first ? score->second : score->first;
      if (classes < 1 || classes == count) continue;
      const bool named = lower(boxes.name).find("box") != std::string::npos ||
                         lower(scores.name).find("box") == std::string::npos;
      if (out && !named) continue;
      if (out && lower(scores.name).find("raw") != std::string::npos) continue;
      out = BoxesAndScores{&boxes,
                           &scores,
                           table_of(boxes, count, 4, box_rows),
                           table_of(scores, count, classes, rows_first),
                           count,
                           classes};
    }
  }
  return out;
}

// How four numbers make a box.
struct BoxReading {
  bool decoded = true;
  BoxFormat format = BoxFormat::xyxy;
  BoxUnits units = BoxUnits::fraction;
  bool certain = false;  // the numbers allow no other order
};

BoxReading read_boxes(const Table& box, const Facts& facts) {
  BoxReading out;
  if (box.empty()) return out;
  const Range all = range_of(box, 0, 4);
  const double span = std::max(std::abs(all.low), std::abs(all.high));
  out.units = span <= 4 ? BoxUnits::fraction : BoxUnits::input_pixels;
  const double width = out.units == BoxUnits::fraction ? 1 : facts.picture.width;
  const double height = out.units == BoxUnits::fraction ? 1 : facts.picture.height;
  std::int64_t corners = 0, centres = 0, left_tops = 0;
  for (std::int64_t row = 0; row < box.rows; ++row) {
    const double a = box.at(row, 0), b = box.at(row, 1), c = box.at(row, 2), d = box.at(row, 3);
    corners += c >= a && d >= b ? 1 : 0;
    const bool sized = c >= 0 && d >= 0;
    const auto inside = [](double low, double high, double side) {
      return low >= -0.25 * side && high <= 1.25 * side;
    };
    centres += sized && inside(a - c / 2, a + c / 2, width) && inside(b - d / 2, b + d / 2, height);
    left_tops += sized && inside(a, a + c, width) && inside(b, b + d, height);
  }
  const auto share = [&](std::int64_t count) {
    return static_cast<double>(count) / static_cast<double>(box.rows);
  };
  if (share(corners) >= 0.98) {
    out.format = BoxFormat::xyxy;
  } else if (share(centres) >= 0.9 || share(left_tops) >= 0.9) {
    out.format = centres >= left_tops ? BoxFormat::cxcywh : BoxFormat::xywh;
    out.certain = true;
  } else {
    out.decoded = false;
  }
  return out;
}

// What the scores still need.
struct ScoreReading {
  Activation activation = Activation::none;
  int background = -1;
  bool logits = false;
  double background_share = 0;  // rows whose best class is the background
};

ScoreReading read_scores(const Table& score) {
  ScoreReading out;
  if (score.empty()) return out;
  std::int64_t first = 0, last = 0, sums = 0, above = 0;
  for (std::int64_t row = 0; row < score.rows; ++row) {
    std::int64_t best = 0;
    double sum = 0;
    for (std::int64_t k = 0; k < score.columns; ++k) {
      if (score.at(row, k) > score.at(row, best)) best = k;
      sum += score.at(row, k);
    }
    first += best == 0;
    last += best == score.columns - 1;
    above += score.at(row, best) > 0;
    sums += std::abs(sum - 1) < 0.02;
  }
  const auto share = [&](std::int64_t count) {
    return static_cast<double>(count) / static_cast<double>(score.rows);
  };
  out.logits = share_between(score, 0, score.columns, -1e-4, 1.0001) < 0.9999;
  const bool summed = share(sums) > 0.98 && score.columns > 1;
  const bool one_wins = score.columns > 1 && std::max(share(first), share(last)) > 0.5;
  if (out.logits) {
    // A class of its own for "nothing" wins nearly everywhere, with a number above 0; independent
    // scores are all far below 0 instead.
    const bool softmax = one_wins && share(above) > 0.5;
    out.activation = softmax ? Activation::softmax : Activation::sigmoid;
    if (softmax) out.background = first > last ? 0 : static_cast<int>(score.columns - 1);
  } else if (summed && one_wins) {
    out.background = first > last ? 0 : static_cast<int>(score.columns - 1);
  }
  out.background_share = std::max(share(first), share(last));
  return out;
}

std::string pair_text(const BoxesAndScores& pair) {
  return "'" + pair.boxes->name + "' has " + number(pair.count) + " boxes and '" +
         pair.scores->name + "' " + number(pair.classes) +
         (pair.classes == 1 ? " score" : " scores") + " for each";
}

std::string units_text(const BoxReading& reading) {
  std::string out = reading.format == BoxFormat::cxcywh ? "centre and size"
                    : reading.format == BoxFormat::xywh ? "corner and size"
                                                        : "two corners";
  return out + (reading.units == BoxUnits::fraction ? " as fractions" : " in pixels");
}

Guess pair_guess(const BoxesAndScores& pair, const BoxReading& boxes, const ScoreReading& scores) {
  Guess out;
  out.decoder.type = Decoder::boxes_scores;
  out.decoder.boxes = pair.boxes->name;
  out.decoder.scores = pair.scores->name;
  out.decoder.box_format = boxes.format;
  out.decoder.box_units = boxes.units;
  out.decoder.activation = scores.activation;
  out.decoder.background = scores.background;
  out.classes = pair.classes;
  return out;
}

// y before x is as possible as x before y: TensorFlow has the one, all others the other.
void order_corners(const Facts& facts, const BoxReading& reading, Guess& guess) {
  if (reading.format != BoxFormat::xyxy) return;
  const bool y_first = facts.from_tensorflow();
  guess.decoder.box_format = y_first ? BoxFormat::yxyx : BoxFormat::xyxy;
  auto other = guess.decoder;
  other.box_format = y_first ? BoxFormat::xyxy : BoxFormat::yxyx;
  guess.others.push_back(std::move(other));
}

Feeding tensorflow_feeding(const Facts& facts) {
  Feeding out;
  out.numbers = facts.picture.type == infer::TensorType::uint8 || facts.picture.normalised_inside
                    ? Numbers::bytes
                    : Numbers::symmetric;
  out.why = "as TensorFlow's detectors are trained";
  return out;
}

// EfficientDet's anchors: on levels of strides 8 to 128 three sizes of three shapes a cell, four
// strides wide. Tan, Pang, Le: EfficientDet (2020), and the training's published settings.
std::vector<float> efficientdet_anchors(const PictureInput& picture) {
  std::vector<float> out;
  const auto width = static_cast<float>(picture.width);
  const auto height = static_cast<float>(picture.height);
  for (const int stride : {8, 16, 32, 64, 128}) {
    const int columns = (picture.width + stride - 1) / stride;
    const int rows = (picture.height + stride - 1) / stride;
    // Of a size that the stride does not divide the cells are a little smaller.
    const float step_x = width / static_cast<float>(columns);
    const float step_y = height / static_cast<float>(rows);
    for (int cell = 0; cell < rows * columns; ++cell) {
      const int row = cell / columns;
      for (int size = 0; size < 3; ++size) {
        const float scale = 4 * std::exp2(static_cast<float>(size) / 3);
        for (const auto& [wide, high] : {std::pair{1.0f, 1.0f}, {1.4f, 0.7f}, {0.7f, 1.4f}}) {
          out.push_back((static_cast<float>(row) + 0.5f) * step_y / height);
          out.push_back((static_cast<float>(cell % columns) + 0.5f) * step_x / width);
          out.push_back(scale * step_y * high / height);
          out.push_back(scale * step_x * wide / width);
        }
      }
    }
  }
  return out;
}

}  // namespace

std::optional<Guess> detr(const Facts& facts) {
  const auto pair = boxes_and_scores(facts);
  if (!pair || pair->count > 1000 || pair->boxes->shape.size() != 3) return std::nullopt;
  const BoxReading boxes = read_boxes(pair->box, facts);
  const ScoreReading scores = read_scores(pair->score);
  const bool by_name = lower(pair->boxes->name).find("pred_boxes") != std::string::npos ||
                       lower(pair->scores->name).find("logits") != std::string::npos;
  const bool queries = pair->count % 100 == 0;
  if (!boxes.decoded || boxes.units != BoxUnits::fraction || !(queries || by_name)) {
    return std::nullopt;
  }
  Guess out = pair_guess(*pair, boxes, scores);
  if (pair->box.empty()) out.decoder.box_format = BoxFormat::cxcywh;
  if (!boxes.certain && by_name) out.decoder.box_format = BoxFormat::cxcywh;
  const bool softmax =
      scores.activation == Activation::softmax || (pair->score.empty() && pair->classes == 92);
  if (softmax) {
    out.decoder.activation = Activation::softmax;
    out.decoder.background = static_cast<int>(pair->classes - 1);
    out.family = "DETR";
    out.why = "the last class, \"nothing\", wins for most queries";
    out.feeding.numbers = Numbers::imagenet;
    out.feeding.why = "as DETR is trained";
  } else {
    const bool rf = lower(pair->boxes->name).find("dets") != std::string::npos;
    out.family = rf ? "RF-DETR" : "RT-DETR, D-FINE or RF-DETR";
    out.why = scores.logits || pair->score.empty()
                  ? "every class has a score of its own that still needs the sigmoid"
                  : "every class has a score of its own";
    if (pair->score.empty()) out.decoder.activation = Activation::sigmoid;
    if (rf) out.feeding.numbers = Numbers::imagenet;
    out.feeding.why = rf ? "as RF-DETR is trained" : "as RT-DETR and D-FINE are trained";
  }
  out.decoder.suppress = false;
  out.why = pair_text(*pair) + ", " + units_text(boxes) + "; " + out.why;
  out.sure = by_name ? 0.96 : 0.85;
  return out;
}

std::optional<Guess> yolov4(const Facts& facts) {
  const auto pair = boxes_and_scores(facts);
  if (!pair || pair->boxes->shape.size() != 4) return std::nullopt;
  const BoxReading boxes = read_boxes(pair->box, facts);
  const auto places = cells(facts.picture, {8, 16, 32}) * 3;
  const auto tiny = cells(facts.picture, {16, 32}) * 3;
  if (!boxes.decoded || (pair->count != places && pair->count != tiny)) return std::nullopt;
  Guess out = pair_guess(*pair, boxes, read_scores(pair->score));
  out.family = "YOLOv4";
  out.why = pair_text(*pair) + ", three for each cell of the grids, " + units_text(boxes);
  out.feeding.why = "as YOLOv4 is trained";
  out.sure = 0.95;
  return out;
}

std::optional<Guess> yolo_nas(const Facts& facts) {
  const auto pair = boxes_and_scores(facts);
  if (!pair || pair->boxes->shape.size() != 3) return std::nullopt;
  const bool grid = pair->count == cells(facts.picture, {8, 16, 32}) ||
                    pair->count == cells(facts.picture, {8, 16, 32, 64});
  const BoxReading boxes = read_boxes(pair->box, facts);
  if (!grid || !boxes.decoded) return std::nullopt;
  Guess out = pair_guess(*pair, boxes, read_scores(pair->score));
  out.decoder.background = -1;
  const bool paddle = facts.has_input("scale_factor") ||
                      lower(facts.file.producer).find("paddle") != std::string::npos;
  out.family = paddle ? "PaddleDetection (PP-YOLOE)" : "YOLO-NAS";
  out.why = pair_text(*pair) + ", one for each cell of the grids, " + units_text(boxes);
  if (paddle) {
    out.feeding.numbers = Numbers::imagenet;
    out.feeding.why = "as PaddleDetection's configurations usually say";
    if (boxes.units != BoxUnits::fraction && facts.has_input("scale_factor")) {
      out.decoder.box_units = BoxUnits::picture_pixels;
    }
  } else {
    out.feeding.fit = infer::Fit::letterbox;
    out.feeding.why = "as YOLO-NAS is trained";
  }
  out.sure = 0.93;
  return out;
}

std::optional<Guess> ssd(const Facts& facts) {
  const auto pair = boxes_and_scores(facts);
  if (!pair) return std::nullopt;
  const BoxReading boxes = read_boxes(pair->box, facts);
  if (!boxes.decoded) return std::nullopt;
  const ScoreReading scores = read_scores(pair->score);
  Guess out = pair_guess(*pair, boxes, scores);
  order_corners(facts, boxes, out);
  out.family = "SSD";
  out.why = pair_text(*pair) + ", " + units_text(boxes);
  if (out.decoder.background >= 0) {
    out.why += "; class " + number(out.decoder.background) + ", \"nothing\", wins for most";
  }
  if (facts.from_tensorflow()) {
    out.feeding = tensorflow_feeding(facts);
  } else {
    out.feeding.numbers = Numbers::imagenet;
    out.feeding.why = "as SSD is usually trained";
  }
  out.sure = 0.7;
  return out;
}

std::optional<Guess> raw_anchors(const Facts& facts) {
  const auto pair = boxes_and_scores(facts);
  if (!pair || pair->box.empty() || pair->count <= 1000) return std::nullopt;
  if (read_boxes(pair->box, facts).decoded) return std::nullopt;
  const ScoreReading scores = read_scores(pair->score);
  Guess out = pair_guess(*pair, {}, scores);
  out.decoder.type = Decoder::anchors;
  out.decoder.anchors = "anchors.bin";
  const std::int64_t pyramid = cells(facts.picture, {8, 16, 32, 64, 128}) * 9;
  out.family = pair->count == pyramid ? "EfficientDet or RetinaNet (raw)" : "SSD (raw)";
  out.why = pair_text(*pair) + "; the boxes are offsets to anchors, for many have negative sizes";
  out.feeding = tensorflow_feeding(facts);
  const bool tensorflow = facts.from_tensorflow() ||
                          facts.picture.layout == infer::TensorLayout::nhwc ||
                          lower(pair->boxes->name).find("efficientdet") != std::string::npos;
  if (pair->count == pyramid && tensorflow) {
    out.family = "EfficientDet (raw)";
    out.decoder.anchor_scales = {1, 1, 1, 1};
    out.anchors = efficientdet_anchors(facts.picture);
    out.feeding.fit = infer::Fit::letterbox;
    out.feeding.align = infer::LetterboxAlign::top_left;
  } else {
    out.missing.push_back(
        "The boxes are offsets to " + number(pair->count) +
        " anchors, which are not in the file: export the model with decoded boxes, or add "
        "anchors.bin (docs/models.md).");
  }
  out.sure = 0.8;
  return out;
}

std::optional<Guess> decided(const Facts& facts) {
  // By names first, for a picture without objects answers nothing to judge by.
  const OutputFact* boxes = nullptr;
  const OutputFact* scores = nullptr;
  const OutputFact* classes = nullptr;
  const OutputFact* count = nullptr;
  const auto length = [](const OutputFact& output) -> std::int64_t {
    std::int64_t out = 1;
    for (const auto size : output.shape) {
      if (size < 0) return -1;
      out *= size;
    }
    return out;
  };
  for (const auto& output : facts.outputs) {
    const std::string name = lower(output.name);
    const auto has = [&](const char* part) { return name.find(part) != std::string::npos; };
    if (has("raw") || has("anchor") || has("multiclass")) continue;
    const bool names_classes = has("class") || has("label");
    const bool names_count = has("num") || has("count") || length(output) == 1;
    const bool few = output.shape.size() <= 2;
    const bool four = !output.shape.empty() && output.shape.back() == 4 && output.shape.size() >= 2;
    if (four && !output.whole_numbers() && !boxes) {
      boxes = &output;
    } else if (names_classes || (!names_count && few && output.whole_numbers())) {
      classes = classes ? classes : &output;
    } else if (names_count) {
      count = count ? count : &output;
    } else if (few) {
      scores = scores ? scores : &output;
    }
  }
  if (!boxes || !scores || !classes) return std::nullopt;
  if (scores->shape.size() > 2 || classes->shape.size() > 2) return std::nullopt;
  // With numbers, and more scores than one a box, this is another family.
  const std::int64_t found = length(*boxes) / 4;
  if (length(*boxes) >= 0 && (length(*scores) != found || length(*classes) != found)) {
    return std::nullopt;
  }
  Guess out;
  out.decoder.type = Decoder::detections;
  out.decoder.boxes = boxes->name;
  out.decoder.scores = scores->name;
  out.decoder.classes = classes->name;
  if (count) out.decoder.count = count->name;
  out.decoder.suppress = false;
  const std::string text = "outputs '" + boxes->name + "', '" + scores->name + "' and '" +
                           classes->name + "' hold the boxes found, their scores and classes";
  out.sure = 0.9;

  const Table box = table_of(*boxes, found, 4, true);
  const bool fractions = !box.empty() && range_of(box, 0, 4).high <= 2;
  const bool pixels = !box.empty() && range_of(box, 0, 4).high > 2;
  if (facts.named("detection_boxes") || (facts.from_tensorflow() && count)) {
    out.family = "SSD or EfficientDet (TensorFlow Object Detection API)";
    out.decoder.box_format = BoxFormat::yxyx;
    out.decoder.box_units = pixels ? BoxUnits::input_pixels : BoxUnits::fraction;
    out.counts_from_one = true;
    out.usual_classes = 91;
    if (const OutputFact* raw = facts.named("raw_detection_scores"); raw && !raw->shape.empty()) {
      out.classes = std::max<std::int64_t>(raw->shape.back(), 0);
    }
    out.feeding = tensorflow_feeding(facts);
    out.why = text + ", named as the Object Detection API does";
    out.sure = 0.97;
  } else if (facts.named("detected_boxes")) {
    out.family = "Custom Vision (compact S1)";
    out.decoder.box_units = pixels ? BoxUnits::input_pixels : BoxUnits::fraction;
    out.feeding.numbers = Numbers::bytes;
    out.feeding.why = "as Custom Vision's exports are fed";
    out.why = text + ", named as Custom Vision does";
    out.sure = 0.97;
  } else if (facts.has_input("orig_target_sizes")) {
    out.family = "RT-DETR or D-FINE";
    out.decoder.box_units = BoxUnits::picture_pixels;
    out.feeding.why = "as RT-DETR and D-FINE are trained";
    out.why = text + ", in pixels of the picture whose size it takes as 'orig_target_sizes'";
    out.sure = 0.97;
  } else {
    out.family = "torchvision (Faster R-CNN, RetinaNet, SSD, FCOS)";
    out.decoder.box_units = fractions ? BoxUnits::fraction : BoxUnits::input_pixels;
    // torchvision counts from 1: 0 is its background.
    const Table numbers = table_of(*classes, found, 1, true);
    out.counts_from_one = numbers.empty() || range_of(numbers, 0, 1).low >= 1;
    out.usual_classes = 91;
    out.feeding.why = "torchvision's detectors normalise inside";
    out.why = text + (fractions ? ", as fractions" : ", in pixels of the input");
    if (fractions) out.family = "SSD with NMS";
  }
  return out;
}

std::optional<Guess> selected(const Facts& facts) {
  const OutputFact* chosen = nullptr;
  for (const auto& output : facts.outputs) {
    if (output.whole_numbers() && !output.shape.empty() && output.shape.back() == 3)
      chosen = &output;
  }
  const auto pair = boxes_and_scores(facts);
  if (!chosen || !pair) return std::nullopt;
  Guess out;
  out.decoder.type = Decoder::selected;
  out.decoder.boxes = pair->boxes->name;
  out.decoder.scores = pair->scores->name;
  out.decoder.selected = chosen->name;
  out.decoder.suppress = false;
  out.classes = pair->classes;
  const bool sized = facts.has_input("image_shape");
  const bool yolo3 = sized || lower(pair->boxes->name).find("yolo") != std::string::npos;
  out.family = yolo3 ? "YOLOv3" : "boxes with NMS in the graph";
  out.decoder.box_format = yolo3 ? BoxFormat::yxyx : BoxFormat::xyxy;
  const BoxReading boxes = read_boxes(pair->box, facts);
  out.decoder.box_units = sized ? BoxUnits::picture_pixels : boxes.units;
  out.feeding.fit = infer::Fit::letterbox;
  out.feeding.pad = 128;
  out.feeding.why = "as YOLOv3 is trained";
  out.why = pair_text(*pair) + "; '" + chosen->name + "' lists those that NMS kept";
  out.sure = 0.96;
  return out;
}

}  // namespace poss::inspect
