// Rules for maps over the picture: raw grids of YOLO and Custom Vision, NanoDet and PicoDet by
// level, CenterNet.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>

#include "inspect/families.h"

namespace poss::inspect {
namespace {

using infer::Activation;
using infer::Decoder;
using infer::GridForm;

std::string number(std::int64_t value) { return std::to_string(value); }

// A map of one level: [1,C,h,w], or [1,A,h,w,C] as YOLOv5 leaves it.
struct Map {
  const OutputFact* output = nullptr;
  std::int64_t anchors = 0;   // 0: not told by the shape
  std::int64_t channels = 0;  // all of a cell
  std::int64_t width = 0;
  int stride = 0;
};

std::vector<Map> maps_of(const Facts& facts) {
  std::vector<Map> out;
  for (const auto& output : facts.outputs) {
    const auto& shape = output.shape;
    Map map{&output};
    std::int64_t height = 0;
    if (shape.size() == 4 && shape[0] == 1) {
      map.channels = shape[1];
      height = shape[2];
      map.width = shape[3];
    } else if (shape.size() == 5 && shape[0] == 1 && shape[1] <= 9) {
      map.anchors = shape[1];
      map.channels = shape[1] * shape[4];
      height = shape[2];
      map.width = shape[3];
    } else {
      return {};  // another kind of output: another family
    }
    if (height < 2 || map.width < 2 || map.channels < 2) return {};
    map.stride = static_cast<int>(
        std::lround(static_cast<double>(facts.picture.width) / static_cast<double>(map.width)));
    const int down = static_cast<int>(
        std::lround(static_cast<double>(facts.picture.height) / static_cast<double>(height)));
    if (map.stride != down || map.stride < 2 || map.stride > 128) return {};
    out.push_back(map);
  }
  std::ranges::sort(out, {}, &Map::stride);
  return out;
}

// Anchors as the trainings publish them: width and height in pixels, finest level first.
const std::vector<double>& yolov5_anchors() {
  static const std::vector<double> kAnchors{10, 13, 16,  30,  33, 23,  30,  61,  62,
                                            45, 59, 119, 116, 90, 156, 198, 373, 326};
  return kAnchors;
}
const std::vector<double>& yolov7_anchors() {
  static const std::vector<double> kAnchors{12, 16, 19,  36,  40,  28,  36,  75,  76,
                                            55, 72, 146, 142, 110, 192, 243, 459, 401};
  return kAnchors;
}
const std::vector<double>& yolov3_tiny_anchors() {
  static const std::vector<double> kAnchors{10, 14, 23, 27, 37, 58, 81, 82, 135, 169, 344, 319};
  return kAnchors;
}

// In cells of a grid of stride 32.
std::vector<double> in_pixels(std::vector<double> in_cells, double stride) {
  for (double& value : in_cells) value *= stride;
  return in_cells;
}
const std::vector<double> kCustomVisionAnchors{0.573, 0.677, 1.87, 2.06, 3.34,
                                               5.47,  7.88,  3.53, 9.77, 9.17};
const std::vector<double> kYolov2VocAnchors{1.3221,  1.73145, 3.19275, 4.00944, 5.05587,
                                            8.09892, 9.47112, 4.84053, 11.2364, 10.0071};
const std::vector<double> kTinyYolov2Anchors{1.08,  1.19, 3.42, 4.41,  6.63,
                                             11.38, 9.42, 5.11, 16.62, 10.52};
const std::vector<double> kYolov2CocoAnchors{0.57273, 0.677385, 1.87446, 2.06253, 3.33843,
                                             5.47434, 7.88282,  3.52778, 9.77052, 9.16828};

// "10,13,16,30…" of the metadata; empty: none, or not as many as needed.
std::vector<double> stated_anchors(const Facts& facts, size_t count) {
  std::vector<double> out;
  const std::string text = facts.metadata("anchors");
  const char* at = text.c_str();
  while (*at && out.size() <= count) {
    char* end = nullptr;
    const double value = std::strtod(at, &end);
    if (end == at) {
      ++at;
      continue;
    }
    out.push_back(value);
    at = end;
  }
  const bool good = out.size() == count &&
                    std::ranges::all_of(out, [](double value) { return value > 0 && value < 1e5; });
  return good ? out : std::vector<double>{};
}

bool custom_vision(const Facts& facts) {
  const std::string producer = lower(facts.file.producer);
  return facts.named("model_outputs") != nullptr ||
         producer.find("customvision") != std::string::npos ||
         producer.find("custom vision") != std::string::npos ||
         (producer.find("coremltools") != std::string::npos) ||
         (producer.find("winml") != std::string::npos);
}

std::optional<Guess> single_level_grid(const Facts& facts, const Map& map) {
  const std::int64_t anchors = map.anchors > 0 ? map.anchors : 5;
  if (anchors != 5 || map.channels % anchors != 0 || map.channels / anchors < 6) {
    return std::nullopt;
  }
  Guess out;
  out.classes = map.channels / anchors - 5;
  out.decoder.type = Decoder::anchor_grid;
  out.decoder.outputs = {map.output->name};
  out.decoder.strides = {map.stride};
  out.decoder.activation = Activation::softmax;
  const bool theirs = custom_vision(facts);
  const std::string text = "'" + map.output->name + "' is a map of " + number(map.width) +
                           " cells a row with 5 boxes each, of four numbers, objectness and " +
                           number(out.classes) + (out.classes == 1 ? " class" : " classes");
  if (auto stated = stated_anchors(facts, 10); !stated.empty()) {
    out.decoder.anchor_sizes = in_pixels(std::move(stated), map.stride);
    out.family = theirs ? "Custom Vision" : "YOLOv2";
  } else if (theirs) {
    out.family = "Custom Vision";
    out.decoder.anchor_sizes = in_pixels(kCustomVisionAnchors, map.stride);
  } else {
    out.family = "YOLOv2 or Custom Vision";
    const bool voc = out.classes == 20;
    out.decoder.anchor_sizes =
        in_pixels(voc ? kTinyYolov2Anchors : kCustomVisionAnchors, map.stride);
    for (const auto& anchors_too : {voc ? kYolov2VocAnchors : kYolov2CocoAnchors}) {
      auto other = out.decoder;
      other.anchor_sizes = in_pixels(anchors_too, map.stride);
      out.others.push_back(std::move(other));
    }
  }
  out.why = text;
  out.feeding.numbers = Numbers::bytes;
  if (theirs) out.feeding.color = infer::ColorOrder::bgr;
  out.feeding.why =
      theirs ? "as Custom Vision's compact exports are fed" : "as these exports are usually fed";
  out.sure = theirs ? 0.95 : 0.75;
  return out;
}

// An output of one level as cells × channels: [1,N,C], [1,C,h,w].
struct Level {
  std::int64_t cells = 0;
  std::int64_t channels = 0;
  const OutputFact* output = nullptr;
};

}  // namespace

std::optional<Guess> anchor_grid(const Facts& facts) {
  const auto maps = maps_of(facts);
  if (maps.empty() || maps.size() > 4) return std::nullopt;
  if (maps.size() == 1) return single_level_grid(facts, maps.front());
  if (std::ranges::any_of(maps, [&](const Map& map) {
        return map.channels != maps[0].channels || map.channels % 3 != 0;
      })) {
    return std::nullopt;
  }
  Guess out;
  out.classes = maps[0].channels / 3 - 5;
  if (out.classes < 1) return std::nullopt;
  out.decoder.type = Decoder::anchor_grid;
  out.decoder.activation = Activation::sigmoid;
  out.decoder.strides.clear();
  for (const auto& map : maps) {
    out.decoder.outputs.push_back(map.output->name);
    out.decoder.strides.push_back(map.stride);
  }
  const bool five = maps[0].anchors > 0;  // [1,3,h,w,5+K]
  out.decoder.grid_form = five ? GridForm::scaled : GridForm::exponential;
  out.family = five ? "YOLOv5 or YOLOv7 (raw)" : "YOLOv3 or YOLOv4 (raw)";
  // Finished values lie between 0 and 1: then the sigmoid is inside.
  const bool finished = std::ranges::all_of(maps, [](const Map& map) {
    const auto& values = map.output->values;
    return !values.empty() &&
           std::ranges::all_of(values, [](float value) { return value >= 0 && value <= 1; });
  });
  if (finished) out.decoder.activation = Activation::none;
  if (auto stated = stated_anchors(facts, maps.size() * 6); !stated.empty()) {
    out.decoder.anchor_sizes = std::move(stated);
  } else if (maps.size() == 3) {
    out.decoder.anchor_sizes = yolov5_anchors();
    auto other = out.decoder;
    other.anchor_sizes = yolov7_anchors();
    out.others.push_back(std::move(other));
  } else if (maps.size() == 2) {
    out.decoder.anchor_sizes = yolov3_tiny_anchors();
  } else {
    return std::nullopt;
  }
  if (!five && maps.size() == 3) {
    auto other = out.decoder;
    other.grid_form = GridForm::scaled;
    out.others.push_back(std::move(other));
  }
  out.why = number(std::ssize(maps)) +
            " maps with 3 boxes a cell, each of four numbers, objectness "
            "and " +
            number(out.classes) + (out.classes == 1 ? " class" : " classes");
  out.feeding.fit = infer::Fit::letterbox;
  out.feeding.why = "as YOLO models are trained";
  out.sure = 0.85;
  return out;
}

std::optional<Guess> distances_per_level(const Facts& facts) {
  if (facts.outputs.size() < 4 || facts.outputs.size() > 10 || facts.outputs.size() % 2 != 0) {
    return std::nullopt;
  }
  std::map<std::int64_t, std::vector<Level>, std::greater<>> by_cells;  // finest level first
  for (const auto& output : facts.outputs) {
    const auto& shape = output.shape;
    Level level{0, 0, &output};
    if (shape.size() == 4 && shape[0] == 1) {
      level.channels = shape[1];
      level.cells = shape[2] * shape[3];
    } else if (const auto dims = two_dimensions(output)) {
      level.cells = dims->first;
      level.channels = dims->second;
    }
    if (level.cells < 1 || level.channels < 1) return std::nullopt;
    by_cells[level.cells].push_back(level);
  }
  Guess out;
  out.decoder.type = Decoder::distances;
  out.decoder.strides.clear();
  std::vector<std::string> scores, boxes;
  for (const auto& [count, levels] : by_cells) {
    if (levels.size() != 2) return std::nullopt;
    int stride = 0;
    for (const int each : {4, 8, 16, 32, 64, 128}) {
      if (cells(facts.picture, {each}) == count) stride = each;
    }
    if (stride == 0) return std::nullopt;
    // Distances have 4 × bins channels; where both could, scores come first.
    const auto is_distances = [](const Level& level) {
      return level.channels == 32 || level.channels == 68 || level.channels == 64 ||
             level.channels == 44;
    };
    const bool second = is_distances(levels[1]);
    if (!second && !is_distances(levels[0])) return std::nullopt;
    const Level& distance = levels[second ? 1 : 0];
    const Level& score = levels[second ? 0 : 1];
    const int bins = static_cast<int>(distance.channels / 4);
    if (out.classes != 0 && (out.classes != score.channels || out.decoder.bins != bins)) {
      return std::nullopt;
    }
    out.classes = score.channels;
    out.decoder.bins = bins;
    out.decoder.strides.push_back(stride);
    scores.push_back(score.output->name);
    boxes.push_back(distance.output->name);
    const auto& values = score.output->values;
    if (std::ranges::any_of(values,
                            [](float value) { return value < -1e-4f || value > 1.0001f; })) {
      out.decoder.activation = Activation::sigmoid;
    }
  }
  for (size_t i = 0; i < scores.size(); ++i) {
    out.decoder.outputs.push_back(scores[i]);
    out.decoder.outputs.push_back(boxes[i]);
  }
  const bool paddle = lower(facts.file.producer).find("paddle") != std::string::npos ||
                      facts.has_input("scale_factor");
  out.family = paddle ? "PicoDet" : "NanoDet or PicoDet";
  out.feeding.numbers = Numbers::imagenet;
  if (!paddle) out.feeding.color = infer::ColorOrder::bgr;
  out.feeding.why = paddle ? "as PicoDet is trained" : "as NanoDet is trained";
  out.why = number(std::ssize(by_cells)) + " levels with " + number(out.classes) +
            " scores and distributions over " + number(out.decoder.bins) +
            " distances to each of four sides";
  out.sure = 0.94;
  return out;
}

std::optional<Guess> blazeface(const Facts& facts) {
  // A score and a box with key points for each anchor, level by level or all together.
  std::map<std::int64_t, int> scores, boxes;
  std::int64_t width = 0;
  for (const auto& output : facts.outputs) {
    const auto dims = two_dimensions(output);
    if (!dims || output.shape.size() != 3 || dims->first < 8) return std::nullopt;
    if (dims->second == 1) {
      ++scores[dims->first];
    } else if (dims->second >= 6 && dims->second % 2 == 0 &&
               (width == 0 || width == dims->second)) {
      ++boxes[dims->first];
      width = dims->second;
    } else {
      return std::nullopt;
    }
  }
  if (scores != boxes || scores.empty()) return std::nullopt;
  Guess out;
  out.family = "BlazeFace";
  out.decoder.type = Decoder::anchors;
  out.decoder.anchors = "anchors.bin";
  out.decoder.offset_form = infer::OffsetForm::xywh_linear;
  const double height = facts.picture.height, across = facts.picture.width;
  out.decoder.anchor_scales = {height, across, height, across};
  out.decoder.activation = Activation::sigmoid;
  out.classes = 1;
  // The finest level first; its grid is the finest that its rows fill.
  std::int64_t count = 0;
  for (auto level = scores.rbegin(); level != scores.rend(); ++level) {
    if (level->second != 1) return std::nullopt;
    const std::int64_t rows = level->first;
    count += rows;
    for (const auto* wanted : {"scores", "boxes"}) {
      for (const auto& output : facts.outputs) {
        const auto dims = two_dimensions(output);
        const bool is_score = dims->second == 1;
        if (dims->first == rows && is_score == (std::string_view(wanted) == "scores")) {
          out.decoder.outputs.push_back(output.name);
        }
      }
    }
    // Both levels of the short-range model in one: 16 × 16 cells of two, then 8 × 8 of six.
    const std::vector<std::int64_t> parts =
        rows == 896 ? std::vector<std::int64_t>{512, 384} : std::vector<std::int64_t>{rows};
    for (const auto part : parts) {
      std::int64_t side = 0;
      for (std::int64_t each = 1; each * each <= part; ++each) {
        if (part % (each * each) == 0 && facts.picture.width % each == 0) side = each;
      }
      for (std::int64_t cell = 0; cell < side * side; ++cell) {
        const std::int64_t row = cell / side;
        for (std::int64_t i = 0; i < part / (side * side); ++i) {
          out.anchors.push_back((static_cast<float>(row) + 0.5f) / static_cast<float>(side));
          out.anchors.push_back((static_cast<float>(cell % side) + 0.5f) /
                                static_cast<float>(side));
          out.anchors.insert(out.anchors.end(), {1, 1});
        }
      }
    }
  }
  out.why = number(count) + " anchors with a score and a box with " + number((width - 4) / 2) +
            " key points each";
  out.feeding.numbers = Numbers::symmetric;
  out.feeding.fit = infer::Fit::letterbox;
  out.feeding.pad = 0;
  out.feeding.why = "as MediaPipe feeds it";
  out.sure = 0.9;
  return out;
}

std::optional<Guess> heatmap(const Facts& facts) {
  if (facts.outputs.size() != 3) return std::nullopt;
  const OutputFact* scores = nullptr;
  for (const auto& output : facts.outputs) {
    if (output.shape.size() != 4 || output.shape[0] != 1) return std::nullopt;
    // With two classes the names have to tell.
    const std::string name = lower(output.name);
    const bool named = name.find("hm") != std::string::npos ||
                       name.find("heat") != std::string::npos ||
                       name.find("cls") != std::string::npos;
    if (output.shape[1] != 2 || (named && !scores)) scores = &output;
  }
  if (!scores) scores = &facts.outputs.front();
  std::vector<const OutputFact*> twos;
  for (const auto& output : facts.outputs) {
    if (&output != scores && output.shape[1] == 2) twos.push_back(&output);
  }
  if (twos.size() != 2 || scores->shape[3] < 2) return std::nullopt;
  for (const auto* two : twos) {
    if (two->shape[2] != scores->shape[2] || two->shape[3] != scores->shape[3]) return std::nullopt;
  }
  Guess out;
  out.decoder.type = Decoder::heatmap;
  out.family = "CenterNet";
  out.decoder.scores = scores->name;
  out.classes = scores->shape[1];
  out.decoder.strides = {static_cast<int>(std::lround(static_cast<double>(facts.picture.width) /
                                                      static_cast<double>(scores->shape[3])))};
  // Offsets lie within a cell, sizes do not.
  const auto most = [](const OutputFact* output) {
    float out_most = 0;
    for (const float value : output->values) out_most = std::max(out_most, std::abs(value));
    return out_most;
  };
  const bool by_name = lower(twos[0]->name).find("reg") != std::string::npos ||
                       lower(twos[0]->name).find("off") != std::string::npos;
  const bool swapped =
      by_name || (!twos[0]->values.empty() && most(twos[0]) < most(twos[1]) && most(twos[0]) <= 2);
  out.decoder.sizes = twos[swapped ? 1 : 0]->name;
  out.decoder.offsets = twos[swapped ? 0 : 1]->name;
  if (std::ranges::any_of(scores->values,
                          [](float value) { return value < -1e-4f || value > 1.0001f; })) {
    out.decoder.activation = Activation::sigmoid;
  }
  out.feeding.numbers = Numbers::centernet;
  out.feeding.color = infer::ColorOrder::bgr;
  out.feeding.fit = infer::Fit::letterbox;
  out.feeding.pad = 0;
  out.feeding.why = "as CenterNet is trained";
  out.why = "'" + scores->name +
            "' is a map with a peak at each centre, and two further maps hold "
            "sizes and offsets";
  out.sure = 0.9;
  return out;
}

}  // namespace poss::inspect
