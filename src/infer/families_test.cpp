// Tests of every family of detectors: a tiny ONNX graph that answers as the family does, on
// pictures of every shape. What each output holds is computed here from boxes known in advance.
#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include <gmock/gmock.h>

#include "infer/model.h"
#include "infer/preprocess.h"
#include "infer/test_graph.h"

namespace poss::infer {
namespace {

constexpr int kWidth = 96;  // of the models' input
constexpr int kHeight = 64;
constexpr int kClasses = 3;    // cat, dog, bird
constexpr float kNever = -12;  // a logit of no score

float logit(float p) { return std::log(p / (1 - p)); }

// An object in the picture, as every family has to report it.
struct Truth {
  const char* label;
  int class_index;  // among cat, dog, bird
  float score;
  Box box;  // fractions of the picture
};

const std::array kTruths{Truth{"bird", 2, 0.9f, {0.1f, 0.15f, 0.3f, 0.4f}},
                         Truth{"cat", 0, 0.7f, {0.55f, 0.4f, 0.35f, 0.5f}}};

// A box as a model sees it: corners in pixels of its input, or of the picture.
struct Edges {
  float l = 0, t = 0, r = 0, b = 0;
  float cx() const { return (l + r) / 2; }
  float cy() const { return (t + b) / 2; }
  float w() const { return r - l; }
  float h() const { return b - t; }
  std::vector<float> xyxy() const { return {l, t, r, b}; }
  std::vector<float> yxyx() const { return {t, l, b, r}; }
  std::vector<float> cxcywh() const { return {cx(), cy(), w(), h()}; }
  Edges over(float x, float y) const { return {l / x, t / y, r / x, b / y}; }
  Edges fraction() const { return over(kWidth, kHeight); }
};

// The two objects in a picture of some size, placed in the input.
struct Scene {
  int width = 0;
  int height = 0;
  Placement placement;

  Edges in_picture(size_t i) const {
    const Box& box = kTruths[i].box;
    const auto w = static_cast<float>(width);
    const auto h = static_cast<float>(height);
    return {box.l * w, box.t * h, (box.l + box.w) * w, (box.t + box.h) * h};
  }
  Edges in_input(size_t i) const {
    const Box& box = kTruths[i].box;
    const auto x = [&](float value) {
      return static_cast<float>(placement.x) + value * static_cast<float>(placement.width);
    };
    const auto y = [&](float value) {
      return static_cast<float>(placement.y) + value * static_cast<float>(placement.height);
    };
    return {x(box.l), y(box.t), x(box.l + box.w), y(box.t + box.h)};
  }
};

// `count` rows of equal width, row by row.
struct Table {
  int width;
  std::vector<float> values;
  Table(int rows, int columns, float fill = 0)
      : width(columns), values(static_cast<size_t>(rows * columns), fill) {}
  void set(int row, int column, const std::vector<float>& to) {
    std::ranges::copy(to, values.begin() + row * width + column);
  }
  // The same values, column by column.
  std::vector<float> turned() const {
    const auto rows = static_cast<int>(values.size()) / width;
    std::vector<float> out(values.size());
    for (int r = 0; r < rows; ++r) {
      for (int c = 0; c < width; ++c) {
        out[static_cast<size_t>(c * rows + r)] = values[static_cast<size_t>(r * width + c)];
      }
    }
    return out;
  }
};

// The scores of one box for all classes: `on` for its own.
std::vector<float> one_of(size_t i, float off, float on, int classes = kClasses, int shift = 0) {
  std::vector<float> out(static_cast<size_t>(classes), off);
  out[static_cast<size_t>(kTruths[i].class_index + shift)] = on;
  return out;
}

// The level, cell and index among all grid points in which an object's centre lies.
struct Cell {
  int stride, x, y, columns, rows, index;
};
Cell cell_of(const Edges& box, int stride, const std::vector<int>& strides) {
  Cell out{stride,
           static_cast<int>(box.cx()) / stride,
           static_cast<int>(box.cy()) / stride,
           (kWidth + stride - 1) / stride,
           (kHeight + stride - 1) / stride,
           0};
  for (const int finer : strides) {
    if (finer == stride) break;
    out.index += ((kWidth + finer - 1) / finer) * ((kHeight + finer - 1) / finer);
  }
  out.index += out.y * out.columns + out.x;
  return out;
}
int points_of(const std::vector<int>& strides) {
  int out = 0;
  for (const int stride : strides) {
    out += ((kWidth + stride - 1) / stride) * ((kHeight + stride - 1) / stride);
  }
  return out;
}

struct Family {
  const char* input = "{}";  // settings beside the size and the fit
  const char* decoder;
  std::function<void(TestGraph&, const Scene&, const TestFolder&)> build;
  json::array labels{"cat", "dog", "bird"};
};

void image(TestGraph& graph) { graph.input("images", {1, 3, kHeight, kWidth}); }

// Rows of `columns` values with both objects in the rows 1 and 3 of 6.
Table rows(const Scene& scene, int columns,
           const std::function<std::vector<float>(size_t, const Edges&)>& row) {
  Table out(6, columns);
  for (size_t i = 0; i < 2; ++i) {
    out.set(static_cast<int>(2 * i + 1), 0, row(i, scene.in_input(i)));
  }
  return out;
}

std::vector<float> operator+(std::vector<float> a, const std::vector<float>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// A raw map of A × (5 + K) channels for one level, [1,A,H,W,5+K] in memory; the objects whose
// level this is stand in anchor `anchor`.
Table raw_map(const Scene& scene, int stride, int anchors, int anchor,
              const std::vector<std::pair<float, float>>& sizes, bool scaled, bool softmax,
              size_t object) {
  const std::vector<int> strides{stride};
  Table out(anchors * points_of(strides), 5 + kClasses, kNever);
  if (object >= 2) return out;
  const Edges box = scene.in_input(object);
  const Cell cell = cell_of(box, stride, strides);
  const auto s = static_cast<float>(stride);
  const float fx = box.cx() / s - static_cast<float>(cell.x);
  const float fy = box.cy() / s - static_cast<float>(cell.y);
  const auto [aw, ah] = sizes[static_cast<size_t>(anchor)];
  std::vector<float> row;
  if (scaled) {
    row = {logit((fx + 0.5f) / 2), logit((fy + 0.5f) / 2), logit(std::sqrt(box.w() / aw) / 2),
           logit(std::sqrt(box.h() / ah) / 2)};
  } else {
    const auto held = [](float value) { return std::clamp(value, 1e-4f, 1 - 1e-4f); };
    row = {logit(held(fx)), logit(held(fy)), std::log(box.w() / aw), std::log(box.h() / ah)};
  }
  row.push_back(logit(kTruths[object].score));
  row = row + (softmax ? one_of(object, -20, 20) : one_of(object, -20, 20));
  out.set(anchor * cell.columns * cell.rows + cell.y * cell.columns + cell.x, 0, row);
  return out;
}

// [A,H,W,C] in memory as [A,C,H,W].
std::vector<float> channels_first(const Table& table, int anchors) {
  std::vector<float> out;
  const size_t part = table.values.size() / static_cast<size_t>(anchors);
  for (int a = 0; a < anchors; ++a) {
    Table one(static_cast<int>(part) / table.width, table.width);
    std::copy_n(table.values.begin() + static_cast<std::ptrdiff_t>(static_cast<size_t>(a) * part),
                part, one.values.begin());
    out = out + one.turned();
  }
  return out;
}

// [A,H,W,C] in memory as [H,W,A,C].
std::vector<float> channels_last(const Table& table, int anchors) {
  const int cells = static_cast<int>(table.values.size()) / table.width / anchors;
  std::vector<float> out;
  for (int cell = 0; cell < cells; ++cell) {
    for (int a = 0; a < anchors; ++a) {
      const auto from = table.values.begin() + (a * cells + cell) * table.width;
      out.insert(out.end(), from, from + table.width);
    }
  }
  return out;
}

const std::vector<std::pair<float, float>> kFine{{10, 13}, {16, 30}, {33, 23}};
const std::vector<std::pair<float, float>> kMiddle{{30, 61}, {62, 45}, {59, 50}};
const std::vector<std::pair<float, float>> kCoarse{{40, 40}, {50, 30}, {60, 60}};

// Object 0 on the finest level, object 1 on the middle one.
std::vector<Table> three_levels(const Scene& scene, bool scaled) {
  return {raw_map(scene, 8, 3, 1, kFine, scaled, false, 0),
          raw_map(scene, 16, 3, 0, kMiddle, scaled, false, 1),
          raw_map(scene, 32, 3, 2, kCoarse, scaled, false, 2)};
}

// The logits of a distribution over `bins` whose mean is `distance`.
std::vector<float> distribution(float distance, int bins) {
  std::vector<float> out(static_cast<size_t>(bins), -40);
  const auto below = static_cast<size_t>(distance);
  const float part = distance - static_cast<float>(below);
  if (part < 1) out[below] = std::log(1 - part + 1e-12f);
  if (part > 0) out.at(below + 1) = std::log(part);
  return out;
}

// Scores [N,K] and sides [N,4×bins] on the grid points of `strides`, both objects at stride 16.
std::pair<Table, Table> on_grid(const Scene& scene, const std::vector<int>& strides, int bins,
                                float center, bool logits) {
  std::pair out{Table(points_of(strides), kClasses, logits ? kNever : 0.0f),
                Table(points_of(strides), 4 * bins)};
  for (size_t i = 0; i < 2; ++i) {
    const Edges box = scene.in_input(i);
    const Cell cell = cell_of(box, 16, strides);
    const float x = (static_cast<float>(cell.x) + center) * 16;
    const float y = (static_cast<float>(cell.y) + center) * 16;
    std::vector<float> sides;
    for (const float side : {x - box.l, y - box.t, box.r - x, box.b - y}) {
      sides = sides +
              (bins == 1 ? std::vector{side / 16} : distribution(std::max(side, 0.0f) / 16, bins));
    }
    const float score = kTruths[i].score;
    out.first.set(cell.index, 0, one_of(i, logits ? kNever : 0, logits ? logit(score) : score));
    out.second.set(cell.index, 0, sides);
  }
  return out;
}

// The rows of one level of a table on the grid points of `strides`.
std::vector<float> level_of(const Table& table, const std::vector<int>& strides, size_t level) {
  const int before =
      points_of({strides.begin(), strides.begin() + static_cast<std::ptrdiff_t>(level)});
  const int count = points_of({strides[level]});
  return {table.values.begin() + before * table.width,
          table.values.begin() + (before + count) * table.width};
}

// Six anchors (cy, cx, h, w), written to anchors.bin; objects belong to the anchors 1 and 3.
std::vector<float> write_anchors(const TestFolder& folder, int count = 6) {
  std::vector<float> anchors;
  for (int i = 0; i < count; ++i) {
    const auto v = static_cast<float>(i);
    anchors = anchors + std::vector{0.3f + 0.05f * v, 0.2f + 0.1f * v, 0.25f, 0.5f};
  }
  folder.write("anchors.bin", std::string(reinterpret_cast<const char*>(anchors.data()),
                                          anchors.size() * sizeof(float)));
  return anchors;
}

const std::map<std::string, Family>& families() {
  static const std::map<std::string, Family> all{
      {"yolov3_selected",
       {R"({"fit": "letterbox", "pad": 128, "std": [255],
            "extras": [{"name": "image_shape", "value": "picture_size_hw"}]})",
        R"({"type": "selected", "box_format": "yxyx", "box_units": "picture_pixels",
            "suppress": false})",
        [](TestGraph& graph, const Scene& scene, const TestFolder&) {
          // Boxes as fractions times image_shape; the selection by the operator itself.
          image(graph);
          graph.input("image_shape", {1, 2});
          Table boxes(6, 4);
          Table scores(6, kClasses);
          for (size_t i = 0; i < 2; ++i) {
            const auto row = static_cast<int>(2 * i + 1);
            const auto edges = scene.in_picture(i).over(static_cast<float>(scene.width),
                                                        static_cast<float>(scene.height));
            boxes.set(row, 0, edges.yxyx());
            boxes.set(row - 1, 0, edges.yxyx());  // less sure of the same: not selected
            scores.set(row, 0, one_of(i, 0, kTruths[i].score));
            scores.set(row - 1, 0, one_of(i, 0, 0.6f));
          }
          graph.constant("fractions", {1, 6, 4}, boxes.values);
          TestGraph::attribute(graph.node("Concat", {"image_shape", "image_shape"}, "sizes"),
                               "axis", 1);
          graph.node("Mul", {"fractions", "sizes"}, "boxes");
          graph.output("boxes", {1, 6, 4});
          graph.answer("scores", {1, kClasses, 6}, scores.turned());
          graph.whole_numbers("most", {1}, {20})
              .constant("iou", {1}, {.5f})
              .constant("least", {1}, {.3f});
          graph.node("NonMaxSuppression", {"boxes", "scores", "most", "iou", "least"}, "chosen");
          graph.output("chosen", {-1, 3}, onnx::TensorProto::INT64);
        }}},
      {"yolov3_raw",
       {R"({"fit": "letterbox"})",
        R"({"type": "anchor_grid", "activation": "sigmoid", "grid_form": "exponential",
            "anchor_sizes": [10,13,16,30,33,23,30,61,62,45,59,50,40,40,50,30,60,60]})",
        [](TestGraph& graph, const Scene& scene, const TestFolder&) {
          image(graph);
          const auto levels = three_levels(scene, false);
          const int c = 3 * (5 + kClasses);
          graph.answer("coarse", {1, c, 2, 3}, channels_first(levels[2], 3));
          graph.answer("fine", {1, c, 8, 12}, channels_first(levels[0], 3));
          graph.answer("middle", {1, c, 4, 6}, channels_first(levels[1], 3));
        }}},
      {"yolov3_raw_channels_last",
       {R"({"fit": "letterbox"})",
        R"({"type": "anchor_grid", "activation": "sigmoid", "strides": [8, 16, 32],
            "outputs": ["fine", "middle", "coarse"],
            "anchor_sizes": [10,13,16,30,33,23,30,61,62,45,59,50,40,40,50,30,60,60]})",
        [](TestGraph& graph, const Scene& scene, const TestFolder&) {
          image(graph);
          const auto levels = three_levels(scene, false);
          graph.answer("fine", {1, 8, 12, 3 * (5 + kClasses)}, channels_last(levels[0], 3));
          graph.answer("middle", {1, 4, 6, 3, 5 + kClasses}, channels_last(levels[1], 3));
          graph.answer("coarse", {1, 2, 3, 3 * (5 + kClasses)}, channels_last(levels[2], 3));
        }}},
      {"yolov4",
       {R"({"std": [255]})", R"({"type": "boxes_scores"})",
        [](TestGraph& graph, const Scene& scene, const TestFolder&) {
          image(graph);
          const auto boxes =
              rows(scene, 4, [](size_t, const Edges& e) { return e.fraction().xyxy(); });
          const auto scores = rows(scene, kClasses, [](size_t i, const Edges&) {
            return one_of(i, 0, kTruths[i].score);
          });
          graph.answer("boxes", {1, 6, 1, 4}, boxes.values);
          graph.answer("confs", {1, 6, kClasses}, scores.values);
        }}},
      {"yolov5",
       {R"({"fit": "letterbox", "std": [255]})",
        R"({"type": "rows", "columns": ["box", "objectness", "scores"], "box_format": "cxcywh",
            "box_units": "input_pixels"})",
        [](TestGraph& graph, const Scene& scene, const TestFolder&) {
          image(graph);
          const auto table = rows(scene, 5 + kClasses, [](size_t i, const Edges& e) {
            return e.cxcywh() + std::vector{kTruths[i].score / 0.95f} + one_of(i, 0, 0.95f);
          });
          graph.answer("output0", {1, 6, 5 + kClasses}, table.values);
        }}},
      {"yolov5_raw",
       {R"({"fit": "letterbox"})",
        R"({"type": "anchor_grid", "activation": "sigmoid", "grid_form": "scaled",
            "outputs": ["a", "b", "c"],
            "anchor_sizes": [10,13,16,30,33,23,30,61,62,45,59,50,40,40,50,30,60,60]})",
        [](TestGraph& graph, const Scene& scene, const TestFolder&) {
          image(graph);
          const auto levels = three_levels(scene, true);
          graph.answer("a", {1, 3, 8, 12, 5 + kClasses}, levels[0].values);
          graph.answer("b", {1, 3, 4, 6, 5 + kClasses}, levels[1].values);
          graph.answer("c", {1, 3, 2, 3, 5 + kClasses}, levels[2].values);
        }}},
      {"yolov7_raw_with_sigmoid",
       {R"({"fit": "letterbox"})",
        R"({"type": "anchor_grid", "grid_form": "scaled",
            "anchor_sizes": [10,13,16,30,33,23,30,61,62,45,59,50,40,40,50,30,60,60]})",
        [](TestGraph& graph, const Scene& scene, const TestFolder&) {
          image(graph);
          const auto levels = three_levels(scene, true);
          const auto level = [&](size_t i, const std::string& name, int h, int w) {
            const std::vector<int> shape{1, 3 * (5 + kClasses), h, w};
            graph.constant(name + "_raw", shape, channels_first(levels[i], 3));
            graph.node("Sigmoid", {name + "_raw"}, name);
            graph.output(name, shape);
          };
          level(0, "a", 8, 12);
          level(1, "b", 4, 6);
          level(2, "c", 2, 3);
        }}},
      {"yolov6",
       {R"({"fit": "letterbox", "std": [255]})",
        R"({"type": "rows", "columns": ["box", "objectness", "scores"], "box_format": "cxcywh",
            "box_units": "input_pixels"})",
        [](TestGraph& graph, const Scene& scene, const TestFolder&) {
          image(graph);
          const auto table = rows(scene, 5 + kClasses, [](size_t i, const Edges& e) {
            return e.cxcywh() + std::vector{1.0f} + one_of(i, 0, kTruths[i].score);
          });
          graph.answer("outputs", {1, 6, 5 + kClasses}, table.values);
        }}},
      {"yolov7_with_nms",
       {R"({"fit": "letterbox"})",
        R"({"type": "rows", "columns": ["batch", "box", "class", "score"],
            "box_units": "input_pixels", "suppress": false})",
        [](TestGraph& graph, const Scene& scene, const TestFolder&) {
          image(graph);
          Table table(3, 7);
          for (size_t i = 0; i < 2; ++i) {
            table.set(
                static_cast<int>(i), 0,
                std::vector{0.0f} + scene.in_input(i).xyxy() +
                    std::vector{static_cast<float>(kTruths[i].class_index), kTruths[i].score});
          }
          table.set(2, 0, {1, 0, 0, 50, 50, 1, 0.99f});  // of another picture
          graph.answer("output", {3, 7}, table.values);
        }}},
      {"yolov8",
       {R"({"fit": "letterbox", "std": [255]})",
        R"({"type": "rows", "columns": ["box", "scores"], "box_format": "cxcywh",
            "box_units": "input_pixels"})",
        [](TestGraph& graph, const Scene& scene, const TestFolder&) {
          image(graph);
          const auto table = rows(scene, 4 + kClasses, [](size_t i, const Edges& e) {
            return e.cxcywh() + one_of(i, 0.1f, kTruths[i].score);
          });
          graph.answer("output0", {1, 4 + kClasses, 6}, table.turned());
        }}},
      {"yolov9_lying",
       {R"({"fit": "letterbox", "std": [255]})",
        R"({"type": "rows", "columns": ["box", "scores"], "box_format": "cxcywh",
            "box_units": "input_pixels"})",
        [](TestGraph& graph, const Scene& scene, const TestFolder&) {
          image(graph);
          const auto table = rows(scene, 4 + kClasses, [](size_t i, const Edges& e) {
            return e.cxcywh() + one_of(i, 0.1f, kTruths[i].score);
          });
          graph.answer("output0", {1, 6, 4 + kClasses}, table.values);
        }}},
      {"yolo11_with_masks",
       {R"({"fit": "letterbox", "std": [255]})",
        R"({"type": "rows", "columns": ["box", "scores", "rest"], "scores": "output0",
            "box_format": "cxcywh", "box_units": "input_pixels"})",
        [](TestGraph& graph, const Scene& scene, const TestFolder&) {
          image(graph);
          const int width = 4 + kClasses + 8;
          Table table(40, width);
          for (size_t i = 0; i < 2; ++i) {
            table.set(static_cast<int>(9 * i + 3), 0,
                      scene.in_input(i).cxcywh() + one_of(i, 0, kTruths[i].score) +
                          std::vector<float>(8, 3.0f));
          }
          graph.answer("output0", {1, width, 40}, table.turned());
          graph.answer("output1", {1, 8, 2, 2}, std::vector<float>(32));
        }}},
      {"yolov10_end_to_end",
       {R"({"fit": "letterbox", "std": [255]})",
        R"({"type": "rows", "columns": ["box", "score", "class"], "box_units": "input_pixels",
            "suppress": false})",
        [](TestGraph& graph, const Scene& scene, const TestFolder&) {
          image(graph);
          const auto table = rows(scene, 6, [](size_t i, const Edges& e) {
            return e.xyxy() +
                   std::vector{kTruths[i].score, static_cast<float>(kTruths[i].class_index)};
          });
          graph.answer("output0", {1, 6, 6}, table.values);
        }}},
      {"yolo26_end_to_end_with_masks",
       {R"({"fit": "letterbox", "std": [255]})",
        R"({"type": "rows", "columns": ["box", "score", "class", "rest"],
            "box_units": "input_pixels", "suppress": false})",
        [](TestGraph& graph, const Scene& scene, const TestFolder&) {
          image(graph);
          Table table(60, 6 + 32);
          for (size_t i = 0; i < 2; ++i) {
            table.set(
                static_cast<int>(5 * i), 0,
                scene.in_input(i).xyxy() +
                    std::vector{kTruths[i].score, static_cast<float>(kTruths[i].class_index)});
          }
          graph.answer("output0", {1, 60, 38}, table.values);
        }}},
      {"yolox",
       {R"({"fit": "letterbox", "align": "top_left", "color": "bgr"})", R"({"type": "grid"})",
        [](TestGraph& graph, const Scene& scene, const TestFolder&) {
          image(graph);
          const std::vector<int> strides{8, 16, 32};
          Table table(points_of(strides), 5 + kClasses);
          for (size_t i = 0; i < 2; ++i) {
            const Edges e = scene.in_input(i);
            const int stride = i == 0 ? 8 : 32;
            const Cell cell = cell_of(e, stride, strides);
            const auto s = static_cast<float>(stride);
            table.set(cell.index, 0,
                      std::vector{e.cx() / s - static_cast<float>(cell.x),
                                  e.cy() / s - static_cast<float>(cell.y), std::log(e.w() / s),
                                  std::log(e.h() / s), kTruths[i].score} +
                          one_of(i, 0, 1));
          }
          graph.answer("output", {1, points_of(strides), 5 + kClasses}, table.values);
        }}},
      {"yolo_nas",
       {R"({"fit": "letterbox", "std": [255]})",
        R"({"type": "boxes_scores", "box_units": "input_pixels"})",
        [](TestGraph& graph, const Scene& scene, const TestFolder&) {
          image(graph);
          const auto boxes = rows(scene, 4, [](size_t, const Edges& e) { return e.xyxy(); });
          const auto scores = rows(scene, kClasses, [](size_t i, const Edges&) {
            return one_of(i, 0, kTruths[i].score);
          });
          graph.answer("graph2_pred_bboxes", {1, 6, 4}, boxes.values);
          graph.answer("graph2_pred_scores", {1, 6, kClasses}, scores.values);
        }}},
      {"nanodet_concatenated",
       {R"({"color": "bgr"})",
        R"({"type": "distances", "strides": [8, 16, 32, 64], "cell_center": 0})",
        [](TestGraph& graph, const Scene& scene, const TestFolder&) {
          image(graph);
          const std::vector<int> strides{8, 16, 32, 64};
          const auto [scores, sides] = on_grid(scene, strides, 8, 0, false);
          const int n = points_of(strides);
          Table both(n, kClasses + 32);
          for (int i = 0; i < n; ++i) {
            both.set(
                i, 0,
                {scores.values.begin() + i * kClasses, scores.values.begin() + (i + 1) * kClasses});
            both.set(i, kClasses,
                     {sides.values.begin() + i * 32, sides.values.begin() + (i + 1) * 32});
          }
          graph.answer("output", {1, n, kClasses + 32}, both.values);
        }}},
      {"picodet_per_level",
       {"{}", R"({"type": "distances", "outputs": ["s8", "s16", "s32", "b8", "b16", "b32"]})",
        [](TestGraph& graph, const Scene& scene, const TestFolder&) {
          image(graph);
          const std::vector<int> strides{8, 16, 32};
          const auto [scores, sides] = on_grid(scene, strides, 8, 0.5f, false);
          for (size_t i = 0; i < 3; ++i) {
            const auto stride = std::to_string(strides[i]);
            const int n = points_of({strides[i]});
            graph.answer("b" + stride, {1, n, 32}, level_of(sides, strides, i));
            graph.answer("s" + stride, {1, n, kClasses}, level_of(scores, strides, i));
          }
        }}},
      {"picodet_two_outputs",
       {"{}", R"({"type": "distances", "activation": "sigmoid"})",
        [](TestGraph& graph, const Scene& scene, const TestFolder&) {
          image(graph);
          const std::vector<int> strides{8, 16, 32};
          const auto [scores, sides] = on_grid(scene, strides, 8, 0.5f, true);
          graph.answer("distribution", {1, points_of(strides), 32}, sides.values);
          graph.answer("scores", {1, points_of(strides), kClasses}, scores.values);
        }}},
      {"yolov8_maps",
       {R"({"fit": "letterbox"})",
        R"({"type": "distances", "bins": 16, "activation": "sigmoid",
            "outputs": ["s8", "b8", "s16", "b16", "s32", "b32"]})",
        [](TestGraph& graph, const Scene& scene, const TestFolder&) {
          image(graph);
          const std::vector<int> strides{8, 16, 32};
          const auto [scores, sides] = on_grid(scene, strides, 16, 0.5f, true);
          for (size_t i = 0; i < 3; ++i) {
            const auto stride = std::to_string(strides[i]);
            const int h = kHeight / strides[i];
            const int w = kWidth / strides[i];
            Table score(h * w, kClasses);
            score.values = level_of(scores, strides, i);
            Table side(h * w, 64);
            side.values = level_of(sides, strides, i);
            graph.answer("b" + stride, {1, 64, h, w}, side.turned());
            graph.answer("s" + stride, {1, kClasses, h, w}, score.turned());
          }
        }}},
      {"ssd_of_the_object_detection_api",
       {R"({"type": "uint8", "layout": "nhwc"})",
        R"({"type": "detections", "boxes": "detection_boxes", "scores": "detection_scores",
            "classes": "detection_classes", "count": "num_detections", "box_format": "yxyx"})",
        [](TestGraph& graph, const Scene& scene, const TestFolder&) {
          graph.input("image_tensor", {-1, -1, -1, 3}, onnx::TensorProto::UINT8);
          Table boxes(5, 4);
          std::vector<float> scores(5);
          std::vector<float> classes(5);
          for (size_t i = 0; i < 2; ++i) {
            boxes.set(static_cast<int>(i), 0, scene.in_input(i).fraction().yxyx());
            scores[i] = kTruths[i].score;
            classes[i] = static_cast<float>(kTruths[i].class_index + 1);
          }
          boxes.set(3, 0, {0, 0, 1, 1});
          scores[3] = 1;  // beyond the count
          classes[3] = 1;
          graph.answer("num_detections", {1}, {2});
          graph.answer("detection_scores", {1, 5}, scores);
          graph.answer("detection_boxes", {1, 5, 4}, boxes.values);
          graph.answer("detection_classes", {1, 5}, classes);
        },
        {"", "cat", "dog", "bird"}}},
      {"ssd_of_the_tflite_post_process",
       {R"({"mean": [127.5], "std": [127.5]})",
        R"({"type": "detections", "boxes": "TFLite_Detection_PostProcess",
            "classes": "TFLite_Detection_PostProcess:1", "scores": "TFLite_Detection_PostProcess:2",
            "count": "TFLite_Detection_PostProcess:3", "box_format": "yxyx", "suppress": false})",
        [](TestGraph& graph, const Scene& scene, const TestFolder&) {
          image(graph);
          const auto boxes =
              rows(scene, 4, [](size_t, const Edges& e) { return e.fraction().yxyx(); });
          const std::string name = "TFLite_Detection_PostProcess";
          graph.answer(name, {1, 6, 4}, boxes.values);
          graph.answer(name + ":1", {1, 6}, {0, 2, 0, 0, 7, 0});  // 7: no label
          graph.answer(name + ":2", {1, 6}, {0, kTruths[0].score, 0, kTruths[1].score, 0.9f, 0});
          graph.answer(name + ":3", {1}, {6});
        }}},
      {"ssd_raw_anchors",
       {R"({"mean": [127.5], "std": [127.5]})",
        R"({"type": "anchors", "anchors": "anchors.bin", "activation": "sigmoid", "background": 0})",
        [](TestGraph& graph, const Scene& scene, const TestFolder& folder) {
          image(graph);
          const auto anchors = write_anchors(folder);
          Table boxes(6, 4);
          Table scores(6, 1 + kClasses, kNever);
          for (size_t i = 0; i < 2; ++i) {
            const auto row = 2 * i + 1;
            const float* at = anchors.data() + 4 * row;
            const Edges e = scene.in_input(i).fraction();
            boxes.set(static_cast<int>(row), 0,
                      {10 * (e.cy() - at[0]) / at[2], 10 * (e.cx() - at[1]) / at[3],
                       5 * std::log(e.h() / at[2]), 5 * std::log(e.w() / at[3])});
            scores.set(static_cast<int>(row), 0, one_of(i, kNever, logit(kTruths[i].score), 4, 1));
          }
          scores.set(0, 0, {9, kNever, kNever, kNever});  // background
          graph.answer("box_encodings", {1, 6, 1, 4}, boxes.values);
          graph.answer("class_predictions", {1, 6, 1 + kClasses}, scores.values);
        },
        {"background", "cat", "dog", "bird"}}},
      {"efficientdet_raw_anchors",
       {R"({"mean": [127], "std": [128]})",
        R"({"type": "anchors", "anchors": "anchors.bin", "activation": "sigmoid",
            "anchor_scales": [1, 1, 1, 1], "boxes": "b", "scores": "s"})",
        [](TestGraph& graph, const Scene& scene, const TestFolder& folder) {
          image(graph);
          const auto anchors = write_anchors(folder);
          Table boxes(6, 4);
          Table scores(6, kClasses, kNever);
          for (size_t i = 0; i < 2; ++i) {
            const auto row = 2 * i + 1;
            const float* at = anchors.data() + 4 * row;
            const Edges e = scene.in_input(i).fraction();
            boxes.set(static_cast<int>(row), 0,
                      {(e.cy() - at[0]) / at[2], (e.cx() - at[1]) / at[3], std::log(e.h() / at[2]),
                       std::log(e.w() / at[3])});
            scores.set(static_cast<int>(row), 0, one_of(i, kNever, logit(kTruths[i].score)));
          }
          graph.answer("b", {1, 6, 4}, boxes.values);
          graph.answer("s", {1, 6, kClasses}, scores.values);
        }}},
      {"retinanet_per_level",
       {"{}",
        R"({"type": "anchors", "anchors": "anchors.bin", "activation": "sigmoid",
            "anchor_scales": [1, 1, 1, 1], "offset_form": "xywh",
            "outputs": ["cls1", "box1", "cls2", "box2"]})",
        [](TestGraph& graph, const Scene& scene, const TestFolder& folder) {
          // Two anchors a cell: four cells, then one. Object 0 belongs to cell 2, anchor 1; object
          // 1 to the last level, anchor 0.
          image(graph);
          const auto anchors = write_anchors(folder, 10);
          Table boxes(10, 4);
          Table scores(10, kClasses, kNever);
          for (size_t i = 0; i < 2; ++i) {
            const size_t row = i == 0 ? 5 : 8;
            const float* at = anchors.data() + 4 * row;
            const Edges e = scene.in_input(i).fraction();
            boxes.set(static_cast<int>(row), 0,
                      {(e.cx() - at[1]) / at[3], (e.cy() - at[0]) / at[2], std::log(e.w() / at[3]),
                       std::log(e.h() / at[2])});
            scores.set(static_cast<int>(row), 0, one_of(i, kNever, logit(kTruths[i].score)));
          }
          // [H,W,A×C] in memory; the operator turns it to [A×C,H,W].
          const auto map = [&](const std::string& name, const Table& table, int from, int h,
                               int w) {
            const int channels = 2 * table.width;
            graph.constant(name + "_last", {1, h, w, channels},
                           {table.values.begin() + from * table.width,
                            table.values.begin() + (from + 2 * h * w) * table.width});
            TestGraph::attribute(graph.node("Transpose", {name + "_last"}, name), "perm",
                                 {0, 3, 1, 2});
            graph.output(name, {1, channels, h, w});
          };
          map("cls1", scores, 0, 2, 2);
          map("box1", boxes, 0, 2, 2);
          map("cls2", scores, 8, 1, 1);
          map("box2", boxes, 8, 1, 1);
        }}},
      {"retinanet_of_keras",
       {R"({"color": "bgr", "mean": [103.9, 116.8, 123.7]})",
        R"({"type": "anchors", "anchors": "anchors.bin", "offset_form": "corners",
            "anchor_scales": [5, 5, 5, 5]})",
        [](TestGraph& graph, const Scene& scene, const TestFolder& folder) {
          image(graph);
          const auto anchors = write_anchors(folder);
          Table boxes(6, 4);
          Table scores(6, kClasses);
          for (size_t i = 0; i < 2; ++i) {
            const auto row = 2 * i + 1;
            const float* at = anchors.data() + 4 * row;
            const Edges e = scene.in_input(i).fraction();
            const float l = at[1] - at[3] / 2;
            const float t = at[0] - at[2] / 2;
            boxes.set(static_cast<int>(row), 0,
                      {5 * (e.l - l) / at[3], 5 * (e.t - t) / at[2], 5 * (e.r - l - at[3]) / at[3],
                       5 * (e.b - t - at[2]) / at[2]});
            scores.set(static_cast<int>(row), 0, one_of(i, 0, kTruths[i].score));
          }
          graph.answer("regression", {1, 6, 4}, boxes.values);
          graph.answer("classification", {1, 6, kClasses}, scores.values);
        }}},
      {"blazeface",
       {R"({"mean": [127.5], "std": [127.5]})",
        R"({"type": "anchors", "anchors": "anchors.bin", "offset_form": "xywh_linear",
            "anchor_scales": [64, 96, 64, 96], "activation": "sigmoid", "boxes": "regressors",
            "scores": "classificators"})",
        [](TestGraph& graph, const Scene& scene, const TestFolder& folder) {
          image(graph);
          std::vector<float> anchors;
          for (int i = 0; i < 6; ++i)
            anchors = anchors + std::vector{.1f * static_cast<float>(i), .5f, 1.0f, 1.0f};
          folder.write("anchors.bin", std::string(reinterpret_cast<const char*>(anchors.data()),
                                                  anchors.size() * sizeof(float)));
          Table boxes(6, 16);
          std::vector<float> scores(6, kNever);
          for (size_t i = 0; i < 2; ++i) {
            const auto row = 2 * i + 1;
            const Edges e = scene.in_input(i);
            boxes.set(static_cast<int>(row), 0,
                      {e.cx() - 48, e.cy() - 6.4f * static_cast<float>(row), e.w(), e.h()});
            scores[row] = logit(kTruths[i].score);
          }
          graph.answer("regressors", {1, 6, 16}, boxes.values);
          graph.answer("classificators", {1, 6, 1}, scores);
        },
        {"face"}}},
      {"custom_vision_general",
       {R"({"color": "bgr"})",
        R"({"type": "anchor_grid", "strides": [32], "activation": "softmax",
            "anchor_sizes": [18.336, 21.664, 59.84, 65.92, 106.88, 175.04, 252.16, 112.96, 312.64,
                             293.44]})",
        [](TestGraph& graph, const Scene& scene, const TestFolder&) {
          image(graph);
          const std::vector<std::pair<float, float>> sizes{{18.336f, 21.664f},
                                                           {59.84f, 65.92f},
                                                           {106.88f, 175.04f},
                                                           {252.16f, 112.96f},
                                                           {312.64f, 293.44f}};
          Table map = raw_map(scene, 32, 5, 0, sizes, false, true, 0);
          const Table other = raw_map(scene, 32, 5, 3, sizes, false, true, 1);
          for (size_t i = 0; i < map.values.size(); ++i) {
            map.values[i] = std::max(map.values[i], -20.0f);
            if (other.values[i] != kNever) map.values[i] = other.values[i];
          }
          graph.answer("model_outputs0", {1, 5 * (5 + kClasses), 2, 3}, channels_first(map, 5));
        }}},
      {"custom_vision_compact_s1",
       {R"({"color": "bgr"})",
        R"({"type": "detections", "boxes": "detected_boxes", "scores": "detected_scores",
            "classes": "detected_classes"})",
        [](TestGraph& graph, const Scene& scene, const TestFolder&) {
          image(graph);
          const auto boxes =
              rows(scene, 4, [](size_t, const Edges& e) { return e.fraction().xyxy(); });
          graph.answer("detected_boxes", {6, 4}, boxes.values);
          graph.answer("detected_classes", {6}, {0, 2, 0, 0, 0, 0}, onnx::TensorProto::INT64);
          graph.answer("detected_scores", {6}, {0, kTruths[0].score, 0, kTruths[1].score, 0, 0});
        }}},
      {"detr_logits",
       {R"({"mean": [123.7, 116.3, 103.5], "std": [58.4, 57.1, 57.4]})",
        R"({"type": "boxes_scores", "box_format": "cxcywh", "activation": "softmax",
            "background": 3, "suppress": false})",
        [](TestGraph& graph, const Scene& scene, const TestFolder&) {
          image(graph);
          const auto boxes =
              rows(scene, 4, [](size_t, const Edges& e) { return e.fraction().cxcywh(); });
          Table logits(6, kClasses + 1);
          for (int i = 0; i < 6; ++i) logits.set(i, 0, {0, 0, 0, 9});
          for (size_t i = 0; i < 2; ++i) {
            const float score = kTruths[i].score;
            logits.set(static_cast<int>(2 * i + 1), 0,
                       one_of(i, -30, std::log(score / (1 - score)), 4));
            logits.values[(2 * i + 1) * 4 + 3] = 0;
          }
          graph.answer("logits", {1, 6, kClasses + 1}, logits.values);
          graph.answer("pred_boxes", {1, 6, 4}, boxes.values);
        },
        {"cat", "dog", "bird", "no object"}}},
      {"rf_detr_logits",
       {R"({"mean": [123.7, 116.3, 103.5], "std": [58.4, 57.1, 57.4]})",
        R"({"type": "boxes_scores", "boxes": "dets", "scores": "labels", "box_format": "cxcywh",
            "activation": "sigmoid", "suppress": false})",
        [](TestGraph& graph, const Scene& scene, const TestFolder&) {
          image(graph);
          const auto boxes =
              rows(scene, 4, [](size_t, const Edges& e) { return e.fraction().cxcywh(); });
          Table logits(6, kClasses + 1, kNever);
          for (size_t i = 0; i < 2; ++i) {
            logits.set(static_cast<int>(2 * i + 1), 0,
                       one_of(i, -5, logit(kTruths[i].score), 4, 1));
          }
          graph.answer("dets", {1, 6, 4}, boxes.values);
          graph.answer("labels", {1, 6, kClasses + 1}, logits.values);
        },
        {"", "cat", "dog", "bird"}}},
      {"rt_detr_post_processed",
       {R"({"std": [255], "name": "images",
            "extras": [{"name": "orig_target_sizes", "value": "picture_size_wh"}]})",
        R"({"type": "detections", "classes": "labels", "box_units": "picture_pixels",
            "suppress": false})",
        [](TestGraph& graph, const Scene& scene, const TestFolder&) {
          image(graph);
          graph.input("orig_target_sizes", {-1, 2}, onnx::TensorProto::INT64);
          const auto boxes =
              rows(scene, 4, [](size_t, const Edges& e) { return e.fraction().xyxy(); });
          graph.constant("fractions", {1, 6, 4}, boxes.values);
          TestGraph::attribute(graph.node("Cast", {"orig_target_sizes"}, "size"), "to",
                               onnx::TensorProto::FLOAT);
          TestGraph::attribute(graph.node("Concat", {"size", "size"}, "sizes"), "axis", 1);
          graph.node("Mul", {"fractions", "sizes"}, "boxes");
          graph.answer("labels", {1, 6}, {0, 2, 0, 0, 0, 0}, onnx::TensorProto::INT64);
          graph.output("boxes", {1, 6, 4});
          graph.answer("scores", {1, 6}, {0, kTruths[0].score, 0, kTruths[1].score, 0, 0});
        }}},
      {"d_fine_in_input_pixels",
       {R"({"fit": "letterbox", "std": [255], "name": "images",
            "extras": [{"name": "orig_target_sizes", "value": "input_size_wh"}]})",
        R"({"type": "detections", "box_units": "input_pixels", "suppress": false})",
        [](TestGraph& graph, const Scene& scene, const TestFolder&) {
          image(graph);
          graph.input("orig_target_sizes", {1, 2}, onnx::TensorProto::INT32);
          const auto boxes =
              rows(scene, 4, [](size_t, const Edges& e) { return e.fraction().xyxy(); });
          graph.constant("fractions", {1, 6, 4}, boxes.values);
          TestGraph::attribute(graph.node("Cast", {"orig_target_sizes"}, "size"), "to",
                               onnx::TensorProto::FLOAT);
          TestGraph::attribute(graph.node("Concat", {"size", "size"}, "sizes"), "axis", 1);
          graph.node("Mul", {"fractions", "sizes"}, "boxes");
          graph.output("boxes", {1, 6, 4});
          graph.answer("labels", {1, 6}, {0, 2, 0, 0, 0, 0}, onnx::TensorProto::INT32);
          graph.answer("scores", {1, 6}, {0, kTruths[0].score, 0, kTruths[1].score, 0, 0});
        }}},
      {"torchvision",
       {R"({"std": [255]})",
        R"({"type": "detections", "classes": "labels", "box_units": "input_pixels",
            "suppress": false})",
        [](TestGraph& graph, const Scene& scene, const TestFolder&) {
          image(graph);
          const auto boxes = rows(scene, 4, [](size_t, const Edges& e) { return e.xyxy(); });
          graph.answer("boxes", {6, 4}, boxes.values);
          graph.answer("labels", {6}, {1, 3, 1, 1, 1, 1}, onnx::TensorProto::INT64);
          graph.answer("scores", {6}, {0, kTruths[0].score, 0, kTruths[1].score, 0, 0});
        },
        {"__background__", "cat", "dog", "bird"}}},
      {"paddle_detection",
       {R"({"std": [255], "name": "image",
            "extras": [{"name": "scale_factor", "value": "scale_hw"},
                       {"name": "im_shape", "value": "input_size_hw"}]})",
        R"({"type": "rows", "columns": ["class", "score", "box"], "box_units": "picture_pixels",
            "scores": "multiclass_nms3_0.tmp_0", "count": "multiclass_nms3_0.tmp_2",
            "suppress": false})",
        [](TestGraph& graph, const Scene& scene, const TestFolder&) {
          // Boxes in input pixels, divided by scale_factor (y, x) as the exported graph does.
          graph.input("im_shape", {-1, 2});
          graph.input("image", {-1, 3, kHeight, kWidth});
          graph.input("scale_factor", {-1, 2});
          const auto table = rows(scene, 6, [](size_t i, const Edges& e) {
            return std::vector{static_cast<float>(kTruths[i].class_index), kTruths[i].score} +
                   e.xyxy();
          });
          graph.constant("in_input", {6, 6}, table.values).constant("ones", {1, 2}, {1, 1});
          graph.whole_numbers("xyxy", {4}, {1, 0, 1, 0});
          TestGraph::attribute(graph.node("Gather", {"scale_factor", "xyxy"}, "scales"), "axis", 1);
          TestGraph::attribute(graph.node("Concat", {"ones", "scales"}, "divisors"), "axis", 1);
          graph.node("Div", {"in_input", "divisors"}, "multiclass_nms3_0.tmp_0");
          graph.output("multiclass_nms3_0.tmp_0", {-1, 6});
          graph.answer("multiclass_nms3_0.tmp_2", {1}, {6}, onnx::TensorProto::INT32);
        }}},
      {"centernet",
       {R"({"mean": [104, 114, 120], "std": [74, 70, 71]})",
        R"({"type": "heatmap", "scores": "hm", "sizes": "wh", "offsets": "reg",
            "activation": "sigmoid", "suppress": false})",
        [](TestGraph& graph, const Scene& scene, const TestFolder&) {
          image(graph);
          const int h = kHeight / 4;
          const int w = kWidth / 4;
          std::vector<float> heat(static_cast<size_t>(kClasses * h * w), kNever);
          std::vector<float> sizes(static_cast<size_t>(2 * h * w));
          std::vector<float> offsets(static_cast<size_t>(2 * h * w));
          for (size_t i = 0; i < 2; ++i) {
            const Edges e = scene.in_input(i).over(4, 4);
            const int x = static_cast<int>(e.cx());
            const int y = static_cast<int>(e.cy());
            const auto at = static_cast<size_t>(y * w + x);
            const auto plane = static_cast<size_t>(h * w);
            const auto channel = static_cast<size_t>(kTruths[i].class_index) * plane;
            heat[channel + at] = logit(kTruths[i].score);
            heat[channel + at + 1] = logit(kTruths[i].score) - 0.01f;  // no peak
            sizes[at] = e.w();
            sizes[plane + at] = e.h();
            offsets[at] = e.cx() - static_cast<float>(x);
            offsets[plane + at] = e.cy() - static_cast<float>(y);
          }
          graph.answer("hm", {1, kClasses, h, w}, heat);
          graph.answer("wh", {1, 2, h, w}, sizes);
          graph.answer("reg", {1, 2, h, w}, offsets);
        }}},
  };
  return all;
}

struct Size {
  const char* name;
  int width;
  int height;
};

class EveryFamily : public testing::TestWithParam<std::tuple<std::string, Size>> {};

TEST_P(EveryFamily, finds_its_boxes) {
  const auto& [name, size] = GetParam();
  const Family& family = families().at(name);
  json::object input = json::parse(family.input).as_object();
  input["width"] = kWidth;
  input["height"] = kHeight;
  const json::object manifest{{"title", name},
                              {"input", input},
                              {"decoder", json::parse(family.decoder)},
                              {"labels", family.labels}};
  const auto spec = parse_fields<InputSpec>(input);
  ASSERT_TRUE(spec) << spec.error().message;
  const Scene scene{size.width, size.height, place_picture(*spec, size.width, size.height)};

  const TestFolder folder;
  TestGraph graph;
  family.build(graph, scene, folder);
  folder.write("model.json", json::serialize(manifest));
  folder.write("model.onnx", graph.bytes());
  const auto model = Model::load(folder.path());
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_TRUE((*model)->run_empty());

  std::vector<std::uint8_t> pixels(
      static_cast<size_t>(size.width) * static_cast<size_t>(size.height), 90);
  ImageView view;
  view.layout = PixelLayout::gray;
  view.width = size.width;
  view.height = size.height;
  view.planes[0] = pixels.data();
  view.strides[0] = size.width;
  const auto found = (*model)->detect(view, {});
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_EQ(found->size(), kTruths.size());
  for (size_t i = 0; i < kTruths.size(); ++i) {
    const auto& object = (*found)[i];
    const auto& label = (*model)->labels()[static_cast<size_t>(object.class_index)];
    EXPECT_EQ(label, family.labels.size() == 1 ? "face" : kTruths[i].label);
    EXPECT_NEAR(object.score, kTruths[i].score, 1e-3);
    EXPECT_NEAR(object.box.l, kTruths[i].box.l, 2e-3);
    EXPECT_NEAR(object.box.t, kTruths[i].box.t, 2e-3);
    EXPECT_NEAR(object.box.w, kTruths[i].box.w, 4e-3);
    EXPECT_NEAR(object.box.h, kTruths[i].box.h, 4e-3);
  }
  const auto none = (*model)->detect(view, {.min_score = 0.95f});
  ASSERT_TRUE(none) << none.error().message;
  EXPECT_TRUE(none->empty());
  const auto one = (*model)->detect(view, {.max_objects = 1});
  ASSERT_TRUE(one) << one.error().message;
  ASSERT_EQ(one->size(), 1u);
  EXPECT_NEAR((*one)[0].score, kTruths[0].score, 1e-3);
}

// What an input may be: number type, layout, and whether its size and batch are fixed.
struct InputKind {
  const char* type;
  int onnx_type;
  const char* layout;
  bool fixed;
};

std::string kind_name(const InputKind& kind) {
  return std::string(kind.type) + "_" + kind.layout + (kind.fixed ? "_fixed" : "_dynamic");
}

class EveryInput : public testing::TestWithParam<InputKind> {
 protected:
  // The input `x` of 8 × 4 pixels as this kind declares it, and its settings.
  json::object add_input(TestGraph& graph) const {
    const auto& kind = GetParam();
    const bool planar = kind.layout == std::string("nchw");
    std::vector<int> shape = planar ? std::vector{1, 3, 4, 8} : std::vector{1, 4, 8, 3};
    if (!kind.fixed) {
      for (int& size : shape) size = size == 3 ? 3 : -1;
    }
    graph.input("x", shape, kind.onnx_type);
    json::object input{{"width", 8}, {"height", 4}, {"layout", kind.layout}, {"type", kind.type}};
    if (kind.type == std::string("int8")) input["mean"] = json::array{128};
    return input;
  }
  // `mean` [B,3]: of each colour, pixel values from 0 to 255 in float.
  void add_mean(TestGraph& graph) const {
    const auto& kind = GetParam();
    TestGraph::attribute(graph.node("Cast", {"x"}, "as_float"), "to", onnx::TensorProto::FLOAT);
    graph.constant("least", {1}, {kind.type == std::string("int8") ? 128.0f : 0.0f});
    graph.node("Add", {"as_float", "least"}, "pixels");
    auto& mean = graph.node("ReduceMean", {"pixels"}, "mean");
    const bool planar = kind.layout == std::string("nchw");
    TestGraph::attribute(mean, "axes", planar ? std::vector{2, 3} : std::vector{1, 2});
    TestGraph::attribute(mean, "keepdims", 0);
  }
  static Result<std::shared_ptr<const Model>> load(const TestFolder& folder, const TestGraph& graph,
                                                   const json::object& manifest) {
    folder.write("model.json", json::serialize(manifest));
    folder.write("model.onnx", graph.bytes());
    return Model::load(folder.path());
  }
  // A picture of the colour 200, 100, 50.
  struct Patch {
    std::vector<std::uint8_t> pixels;
    ImageView view;
    Patch() {
      for (int i = 0; i < 20 * 10; ++i) pixels.insert(pixels.end(), {200, 100, 50});
      view.layout = PixelLayout::rgb;
      view.width = 20;
      view.height = 10;
      view.planes[0] = pixels.data();
      view.strides[0] = 60;
    }
  };
};

TEST_P(EveryInput, classifies_with_logits_probabilities_and_many_labels) {
  const Patch patch;
  for (const char* activation : {"none", "softmax", "sigmoid"}) {
    for (const int type : {onnx::TensorProto::FLOAT, onnx::TensorProto::FLOAT16,
                           onnx::TensorProto::DOUBLE, onnx::TensorProto::INT8}) {
      // Logits 2, 1 and 0 of a picture that is 200, 100, 50; as [B,3,1,1].
      TestGraph graph;
      const json::object input = add_input(graph);
      add_mean(graph);
      graph.constant("hundred", {1}, {100}).constant("half", {3}, {0, 0, 0.5f});
      graph.node("Div", {"mean", "hundred"}, "hundredths");
      graph.node("Sub", {"hundredths", "half"}, "logits");
      TestGraph::attribute(graph.node("Unsqueeze", {"logits"}, "wide"), "axes", {2, 3});
      TestGraph::attribute(graph.node("Cast", {"wide"}, "y"), "to", type);
      graph.output("y", {GetParam().fixed ? 1 : -1, 3, 1, 1}, type);
      const TestFolder folder;
      const auto model =
          load(folder, graph,
               {{"task", "classification"},
                {"input", input},
                {"decoder", {{"type", "classification"}, {"activation", activation}}},
                {"labels", {"first", "second", "third"}}});
      ASSERT_TRUE(model) << model.error().message;
      const auto found = (*model)->classify(patch.view, {}, 3);
      ASSERT_TRUE(found) << found.error().message;
      ASSERT_EQ((*found)[0].size(), 3u);
      const double sum = std::exp(2) + std::exp(1) + 1;
      for (size_t i = 0; i < 3; ++i) {
        const double raw = 2 - static_cast<double>(i);
        double expected = raw;
        if (activation == std::string("softmax")) expected = std::exp(raw) / sum;
        if (activation == std::string("sigmoid")) expected = 1 / (1 + std::exp(-raw));
        EXPECT_EQ((*found)[0][i].class_index, static_cast<int>(i));
        EXPECT_NEAR((*found)[0][i].score, expected, 2e-3);
      }
    }
  }
}

TEST_P(EveryInput, detects_with_outputs_of_every_type) {
  const Patch patch;
  for (const int type : {onnx::TensorProto::FLOAT, onnx::TensorProto::FLOAT16,
                         onnx::TensorProto::DOUBLE, onnx::TensorProto::INT32}) {
    // One box of rows [B,1,6] in pixels of the input; its score is the mean of red / 200.
    TestGraph graph;
    const json::object input = add_input(graph);
    add_mean(graph);
    graph.constant("factor", {3, 6}, {0, 0, 0, 0, .005f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    graph.constant("rest", {1, 6}, {2, 1, 6, 3, 0, 1});
    graph.node("MatMul", {"mean", "factor"}, "score");
    graph.node("Add", {"score", "rest"}, "row");
    TestGraph::attribute(graph.node("Unsqueeze", {"row"}, "rows"), "axes", std::vector{1});
    if (type == onnx::TensorProto::INT32) {
      graph.constant("round", {1}, {.1f});
      graph.node("Add", {"rows", "round"}, "rounded");
      TestGraph::attribute(graph.node("Cast", {"rounded"}, "y"), "to", type);
    } else {
      TestGraph::attribute(graph.node("Cast", {"rows"}, "y"), "to", type);
    }
    graph.output("y", {GetParam().fixed ? 1 : -1, 1, 6}, type);
    const TestFolder folder;
    const auto model = load(folder, graph,
                            {{"input", input},
                             {"decoder",
                              {{"type", "rows"},
                               {"columns", {"box", "score", "class"}},
                               {"box_units", "input_pixels"}}},
                             {"labels", {"a", "b"}}});
    ASSERT_TRUE(model) << model.error().message;
    const auto found = (*model)->detect(patch.view, {});
    ASSERT_TRUE(found) << found.error().message;
    ASSERT_EQ(found->size(), 1u);
    EXPECT_EQ((*found)[0].class_index, 1);
    EXPECT_NEAR((*found)[0].score, 1, 2e-3);
    EXPECT_NEAR((*found)[0].box.l, .25, 1e-6);
    EXPECT_NEAR((*found)[0].box.h, .5, 1e-6);
  }
}

std::vector<InputKind> kinds() {
  std::vector<InputKind> out;
  for (const auto& [type, onnx_type] : {std::pair{"float32", onnx::TensorProto::FLOAT},
                                        {"float16", onnx::TensorProto::FLOAT16},
                                        {"uint8", onnx::TensorProto::UINT8},
                                        {"int8", onnx::TensorProto::INT8}}) {
    for (const char* layout : {"nchw", "nhwc"}) {
      for (const bool fixed : {true, false}) out.push_back({type, onnx_type, layout, fixed});
    }
  }
  return out;
}

INSTANTIATE_TEST_SUITE_P(Inputs, EveryInput, testing::ValuesIn(kinds()),
                         [](const auto& test) { return kind_name(test.param); });

std::vector<std::string> names() {
  std::vector<std::string> out;
  for (const auto& [name, family] : families()) out.push_back(name);
  return out;
}

INSTANTIATE_TEST_SUITE_P(
    Decoders, EveryFamily,
    testing::Combine(testing::ValuesIn(names()),
                     testing::Values(Size{"wide", 160, 90}, Size{"rotated", 90, 160},
                                     Size{"one_pixel", 1, 1}, Size{"four_k", 3840, 2160},
                                     Size{"four_k_rotated", 2160, 3840})),
    [](const auto& test) {
      return std::get<0>(test.param) + "_on_" + std::get<1>(test.param).name;
    });

}  // namespace
}  // namespace poss::infer
