// Each family from a tiny graph with its outputs: recognised unasked, and read as reported it gives
// the box that is in it.
#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>

#include "infer/model.h"
#include "infer/test_graph.h"
#include "inspect/inspect.h"
#include "inspect/picture.h"

namespace poss::inspect {
namespace {

using infer::TestFolder;
using infer::TestGraph;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr int kSide = 64;
// The one object: class 1 of 2, centre (32, 16), size 16 × 32 pixels.
constexpr float kX = 32, kY = 16, kWidth = 16, kHeight = 32;
constexpr float kLeft = 24, kTop = 0, kRight = 40, kBottom = 32;

struct Cell {
  int x = 0;
  int y = 0;
  int stride = 0;
  float center_x() const { return (static_cast<float>(x) + 0.5f) * static_cast<float>(stride); }
  float center_y() const { return (static_cast<float>(y) + 0.5f) * static_cast<float>(stride); }
};

std::vector<Cell> cells_of(std::initializer_list<int> strides) {
  std::vector<Cell> out;
  for (const int stride : strides) {
    for (int y = 0; y < kSide / stride; ++y) {
      for (int x = 0; x < kSide / stride; ++x) out.push_back({x, y, stride});
    }
  }
  return out;
}

using Row = std::vector<float>;

// Rows side by side, or (`turned`) a column each.
std::vector<float> flat(const std::vector<Row>& rows, bool turned = false) {
  std::vector<float> out;
  if (!turned) {
    for (const auto& row : rows) out.insert(out.end(), row.begin(), row.end());
    return out;
  }
  for (size_t i = 0; i < rows.front().size(); ++i) {
    for (const auto& row : rows) out.push_back(row[i]);
  }
  return out;
}

int size_of(const std::vector<Row>& rows) { return static_cast<int>(rows.size()); }

TestGraph with_picture() {
  TestGraph graph;
  graph.input("images", {1, 3, kSide, kSide});
  return graph;
}

// A constant answer of whole numbers.
void answer_whole(TestGraph& graph, const std::string& name, const std::vector<int>& shape,
                  const std::vector<float>& values, int type = onnx::TensorProto::INT64) {
  graph.constant(name + "_value", shape, values);
  TestGraph::attribute(graph.node("Cast", {name + "_value"}, name), "to", type);
  graph.output(name, shape, type);
}

// Rows of centre and size for every cell, little confident but for the object's in row `at`.
std::vector<Row> yolo_rows(int each, bool objectness, float sure, size_t at = 5) {
  std::vector<Row> out;
  for (const auto& cell : cells_of({8, 16, 32})) {
    for (int i = 0; i < each; ++i) {
      Row row{cell.center_x(), cell.center_y(), static_cast<float>(cell.stride),
              static_cast<float>(cell.stride)};
      if (objectness) row.push_back(sure);
      row.insert(row.end(), {0.01f, 0.02f});
      out.push_back(row);
    }
  }
  Row found{kX, kY, kWidth, kHeight};
  if (objectness) found.push_back(1);
  found.insert(found.end(), {0.05f, 0.9f});
  out[at] = found;
  return out;
}

struct Inspected {
  Report report;
  std::vector<infer::DetectedObject> objects;
  std::string error;
};

Inspected inspected(const TestGraph& graph, std::vector<std::string> labels = {"cat", "dog"}) {
  Inspected out;
  const TestFolder folder;
  folder.write("model.onnx", graph.bytes());
  InspectRequest request;
  request.file = (folder.path() / "model.onnx").string();
  request.labels = std::move(labels);
  request.threads = 1;
  request.anchors = (folder.path() / "anchors.bin").string();
  auto report = inspect(request);
  if (!report) {
    out.error = report.error().message;
    return out;
  }
  out.report = std::move(*report);
  if (!out.report.manifest) return out;
  folder.write("model.json", pretty_json(to_json(*out.report.manifest)));
  const auto model = infer::Model::load(folder.path());
  if (!model) {
    out.error = model.error().message;
    return out;
  }
  if ((*model)->manifest().task != infer::Task::detection) return out;
  const Picture picture = drawn(kSide, kSide);
  auto objects = (*model)->detect(picture.view(), {});
  if (objects) {
    out.objects = std::move(*objects);
  } else {
    out.error = objects.error().message;
  }
  return out;
}

// The family, and the one object where it is.
void expect_found(const TestGraph& graph, const std::string& family,
                  const std::string& label = "dog",
                  std::vector<std::string> labels = {"cat", "dog"}) {
  const auto out = inspected(graph, std::move(labels));
  EXPECT_EQ(out.error, "");
  EXPECT_THAT(out.report.problems, IsEmpty());
  EXPECT_THAT(out.report.family, HasSubstr(family)) << out.report.why;
  ASSERT_TRUE(out.report.manifest.has_value());
  ASSERT_THAT(out.objects, SizeIs(1)) << pretty_json(to_json(*out.report.manifest));
  const auto& found = out.objects[0];
  EXPECT_EQ(out.report.manifest->labels[static_cast<size_t>(found.class_index)], label);
  EXPECT_NEAR(found.box.l, kLeft / kSide, 0.02);
  EXPECT_NEAR(found.box.t, kTop / kSide, 0.02);
  EXPECT_NEAR(found.box.w, kWidth / kSide, 0.02);
  EXPECT_NEAR(found.box.h, kHeight / kSide, 0.02);
}

TEST(Families, yolov8_has_a_column_for_each_place) {
  const auto rows = yolo_rows(1, false, 0);
  auto graph = with_picture();
  graph.answer("output0", {1, 6, size_of(rows)}, flat(rows, true));
  expect_found(graph, "YOLOv8");
}

TEST(Families, yolov8_with_masks_leaves_them) {
  auto rows = yolo_rows(1, false, 0);
  for (auto& row : rows) row.resize(6 + 32, 0.3f);
  auto graph = with_picture();
  graph.answer("output0", {1, 38, size_of(rows)}, flat(rows, true));
  graph.answer("output1", {1, 32, 16, 16}, std::vector<float>(32 * 256, 0.5f));
  expect_found(graph, "YOLOv8");
}

TEST(Families, yolov5_has_three_boxes_a_cell_with_objectness) {
  const auto rows = yolo_rows(3, true, 0.01f);
  auto graph = with_picture();
  graph.answer("output0", {1, size_of(rows), 7}, flat(rows));
  expect_found(graph, "YOLOv5");
}

TEST(Families, yolov6_has_an_objectness_of_one) {
  const auto rows = yolo_rows(1, true, 1);
  auto graph = with_picture();
  graph.answer("outputs", {1, size_of(rows), 7}, flat(rows));
  expect_found(graph, "YOLOv6");
}

TEST(Families, yolox_answers_offsets_within_the_grid) {
  std::vector<Row> rows;
  for (const auto& cell : cells_of({8, 16, 32})) {
    Row row{0.4f, -0.3f, -0.5f, 0.2f, 0.01f, 0.01f, 0.02f};
    if (cell.stride == 8 && cell.x == 4 && cell.y == 2) {
      row = {0, 0, std::log(kWidth / 8), std::log(kHeight / 8), 0.99f, 0.05f, 0.95f};
    }
    rows.push_back(row);
  }
  auto graph = with_picture();
  graph.answer("output", {1, size_of(rows), 7}, flat(rows));
  const auto out = inspected(graph);
  ASSERT_TRUE(out.report.manifest.has_value());
  EXPECT_EQ(out.report.manifest->input.color, infer::ColorOrder::bgr);
  EXPECT_EQ(out.report.manifest->input.align, infer::LetterboxAlign::top_left);
  expect_found(graph, "YOLOX");
}

TEST(Families, end_to_end_rows_are_box_score_and_class) {
  auto graph = with_picture();
  graph.answer("output0", {1, 3, 6},
               {kLeft, kTop, kRight, kBottom, 0.9f, 1, 2, 3, 9, 9, 0.1f, 0, 5, 6, 9, 9, 0.05f, 1});
  expect_found(graph, "YOLOv10");
}

TEST(Families, yolov7_with_nms_says_the_picture_first) {
  auto graph = with_picture();
  graph.answer("output", {2, 7},
               {0, kLeft, kTop, kRight, kBottom, 1, 0.9f, 0, 1, 2, 9, 9, 0, 0.2f});
  expect_found(graph, "YOLOv7 with NMS");
}

TEST(Families, paddle_takes_the_scale_and_answers_class_first) {
  auto graph = with_picture();
  graph.input("scale_factor", {1, 2});
  graph.answer("rows", {2, 6}, {1, 0.9f, kLeft, kTop, kRight, kBottom, 0, 0.1f, 1, 2, 9, 9});
  answer_whole(graph, "number", {1}, {2}, onnx::TensorProto::INT32);
  expect_found(graph, "PaddleDetection");
}

// Logits of a distribution over 8 distances with this mean, a multiple of 0.5.
Row distribution(float mean) {
  Row out(8, -20);
  out[static_cast<size_t>(std::floor(mean))] = 20;
  out[static_cast<size_t>(std::ceil(mean))] = 20;
  return out;
}

Row distances_of(const Cell& cell) {
  const bool object = cell.stride == 8 && cell.x == 3 && cell.y == 1;  // centre (28, 12)
  Row out;
  for (const float mean : object ? Row{0.5f, 1.5f, 1.5f, 2.5f} : Row{1, 1, 1, 1}) {
    const auto part = distribution(mean);
    out.insert(out.end(), part.begin(), part.end());
  }
  return out;
}

Row scores_of(const Cell& cell) {
  const bool object = cell.stride == 8 && cell.x == 3 && cell.y == 1;
  return object ? Row{0.05f, 0.9f} : Row{0.01f, 0.02f};
}

TEST(Families, nanodet_has_distributions_behind_its_scores) {
  std::vector<Row> rows;
  for (const auto& cell : cells_of({8, 16, 32})) {
    Row row = scores_of(cell);
    const Row rest = distances_of(cell);
    row.insert(row.end(), rest.begin(), rest.end());
    rows.push_back(row);
  }
  auto graph = with_picture();
  graph.answer("output", {1, size_of(rows), 34}, flat(rows));
  expect_found(graph, "NanoDet");
}

TEST(Families, distances_may_come_level_by_level) {
  auto graph = with_picture();
  for (const int stride : {16, 8, 32}) {
    std::vector<Row> scores, distances;
    for (const auto& cell : cells_of({stride})) {
      scores.push_back(scores_of(cell));
      distances.push_back(distances_of(cell));
    }
    const std::string level = std::to_string(stride);
    graph.answer("cls_" + level, {1, size_of(scores), 2}, flat(scores));
    graph.answer("dis_" + level, {1, size_of(scores), 32}, flat(distances));
  }
  expect_found(graph, "PicoDet");
}

TEST(Families, the_object_detection_api_names_its_outputs) {
  auto graph = with_picture();
  graph.answer("detection_boxes", {1, 2, 4},
               {kTop / kSide, kLeft / kSide, kBottom / kSide, kRight / kSide, 0, 0, 0.1f, 0.1f});
  graph.answer("detection_scores", {1, 2}, {0.9f, 0.1f});
  graph.answer("detection_classes", {1, 2}, {2, 1});  // counted from 1
  graph.answer("num_detections", {1}, {2});
  expect_found(graph, "Object Detection API");
}

TEST(Families, torchvision_answers_boxes_labels_and_scores) {
  auto graph = with_picture();
  graph.answer("boxes", {2, 4}, {kLeft, kTop, kRight, kBottom, 1, 2, 9, 9});
  answer_whole(graph, "labels", {2}, {2, 1});
  graph.answer("scores", {2}, {0.9f, 0.1f});
  expect_found(graph, "torchvision");
}

TEST(Families, custom_vision_compact_s1_has_its_own_names) {
  auto graph = with_picture();
  graph.answer("detected_boxes", {1, 2, 4},
               {kLeft / kSide, kTop / kSide, kRight / kSide, kBottom / kSide, 0, 0, 0.1f, 0.1f});
  answer_whole(graph, "detected_classes", {1, 2}, {1, 0});
  graph.answer("detected_scores", {1, 2}, {0.9f, 0.1f});
  expect_found(graph, "compact S1");
}

// Queries with a box each; those but one far apart from any class.
void queries(TestGraph& graph, const Row& object, const Row& others) {
  std::vector<Row> boxes(100, {0.5f, 0.5f, 0.2f, 0.3f});
  std::vector<Row> scores(100, others);
  for (size_t i = 0; i < boxes.size(); ++i) boxes[i][0] = 0.1f + 0.008f * static_cast<float>(i);
  boxes[7] = {kX / kSide, kY / kSide, kWidth / kSide, kHeight / kSide};
  scores[7] = object;
  graph.answer("logits", {1, 100, static_cast<int>(object.size())}, flat(scores));
  graph.answer("pred_boxes", {1, 100, 4}, flat(boxes));
}

TEST(Families, detr_has_a_class_for_nothing_at_the_end) {
  auto graph = with_picture();
  queries(graph, {-3, 6, -4}, {-3, -2, 5});
  expect_found(graph, "DETR");
}

TEST(Families, rt_detr_scores_each_class_for_itself) {
  auto graph = with_picture();
  queries(graph, {-6, 3}, {-6, -5.5f});
  const auto out = inspected(graph);
  ASSERT_TRUE(out.report.manifest.has_value());
  EXPECT_EQ(out.report.manifest->decoder.activation, infer::Activation::sigmoid);
  EXPECT_EQ(out.report.manifest->decoder.background, -1);
  expect_found(graph, "RT-DETR");
}

// Boxes as corners for every cell in `unit`s of the input, and their scores.
void corner_boxes(TestGraph& graph, int each, float unit, bool single) {
  std::vector<Row> boxes, scores;
  for (const auto& cell : cells_of({8, 16, 32})) {
    for (int i = 0; i < each; ++i) {
      const float half = static_cast<float>(cell.stride) / 2;
      boxes.push_back({(cell.center_x() - half) * unit, (cell.center_y() - half) * unit,
                       (cell.center_x() + half) * unit, (cell.center_y() + half) * unit});
      scores.push_back({0.01f, 0.02f});
    }
  }
  boxes[9] = {kLeft * unit, kTop * unit, kRight * unit, kBottom * unit};
  scores[9] = {0.1f, 0.9f};
  if (single) {
    graph.answer("boxes", {1, size_of(boxes), 1, 4}, flat(boxes));
  } else {
    graph.answer("boxes", {1, size_of(boxes), 4}, flat(boxes));
  }
  graph.answer("confs", {1, size_of(scores), 2}, flat(scores));
}

TEST(Families, yolov4_has_boxes_with_a_dimension_of_one) {
  auto graph = with_picture();
  corner_boxes(graph, 3, 1.0f / kSide, true);
  expect_found(graph, "YOLOv4");
}

TEST(Families, yolo_nas_answers_corners_in_pixels) {
  auto graph = with_picture();
  corner_boxes(graph, 1, 1, false);
  expect_found(graph, "YOLO-NAS");
}

TEST(Families, ssd_has_a_class_for_nothing_at_the_beginning) {
  std::vector<Row> boxes, scores;
  for (int i = 0; i < 50; ++i) {
    const float at = static_cast<float>(i) / 60;
    boxes.push_back({at, at / 2, at + 0.1f, at / 2 + 0.2f});
    scores.push_back({0.9f, 0.04f, 0.06f});
  }
  boxes[3] = {kLeft / kSide, kTop / kSide, kRight / kSide, kBottom / kSide};
  scores[3] = {0.05f, 0.05f, 0.9f};
  auto graph = with_picture();
  graph.answer("boxes", {1, 50, 4}, flat(boxes));
  graph.answer("scores", {1, 50, 3}, flat(scores));
  expect_found(graph, "SSD");
}

TEST(Families, yolov3_lists_what_nms_kept) {
  std::vector<Row> boxes, scores;
  for (const auto& cell : cells_of({8, 16, 32})) {
    for (int i = 0; i < 3; ++i) {
      boxes.push_back(
          {cell.center_y() - 2, cell.center_x() - 2, cell.center_y() + 2, cell.center_x() + 2});
      scores.push_back({0.01f, 0.02f});
    }
  }
  boxes[9] = {kTop, kLeft, kBottom, kRight};
  scores[9] = {0.1f, 0.9f};
  auto graph = with_picture();
  graph.input("image_shape", {1, 2});
  graph.answer("yolonms_layer_1", {1, size_of(boxes), 4}, flat(boxes));
  graph.answer("yolonms_layer_1:1", {1, 2, size_of(boxes)}, flat(scores, true));
  answer_whole(graph, "yolonms_layer_1:2", {1, 3}, {0, 1, 9}, onnx::TensorProto::INT32);
  expect_found(graph, "YOLOv3");
}

TEST(Families, custom_vision_answers_a_map_of_five_boxes_a_cell) {
  // One level of 2 × 2 cells of 32 pixels: channels are box by box x, y, w, h, objectness, classes.
  std::vector<float> map(5 * 7 * 4, 0);
  const auto at = [&](int box, int channel, int cell) -> float& {
    return map[static_cast<size_t>((box * 7 + channel) * 4 + cell)];
  };
  for (int box = 0; box < 5; ++box) {
    for (int cell = 0; cell < 4; ++cell) at(box, 4, cell) = -8;
  }
  // Centre (32, 16): the second cell of the first row, at its left edge.
  at(0, 0, 1) = -12;
  at(0, 2, 1) = std::log(kWidth / (0.573f * 32));
  at(0, 3, 1) = std::log(kHeight / (0.677f * 32));
  at(0, 4, 1) = 8;
  at(0, 6, 1) = 8;
  auto graph = with_picture();
  graph.answer("model_outputs0", {1, 35, 2, 2}, map);
  expect_found(graph, "Custom Vision");
}

TEST(Families, raw_yolov5_has_a_map_for_each_level) {
  auto graph = with_picture();
  for (const int stride : {8, 16, 32}) {
    const int side = kSide / stride;
    std::vector<float> map(static_cast<size_t>(3 * side * side * 7), 0);
    for (int box = 0; box < 3; ++box) {
      for (int cell = 0; cell < side * side; ++cell) {
        float* row = map.data() + (box * side * side + cell) * 7;
        row[4] = -8;
        if (stride != 8 || box != 0 || cell != 2 * side + 4) continue;
        // Centre 2σ − 0.5 = 0 of cell (4, 2); size (2σ)² × (10, 13).
        const auto raw = [](float sigma) { return std::log(sigma / (1 - sigma)); };
        row[0] = row[1] = raw(0.25f);
        row[2] = raw(std::sqrt(kWidth / 10) / 2);
        row[3] = raw(std::sqrt(kHeight / 13) / 2);
        row[4] = row[6] = 8;
        row[5] = -8;
      }
    }
    graph.answer("map" + std::to_string(stride), {1, 3, side, side, 7}, map);
  }
  expect_found(graph, "YOLOv5");
}

TEST(Families, centernet_has_a_peak_at_each_centre) {
  const int side = kSide / 4;
  std::vector<float> heat(static_cast<size_t>(2 * side * side), 0.01f);
  std::vector<float> sizes(heat.size(), 1), offsets(heat.size(), 0);
  const size_t cell = static_cast<size_t>(4 * side + 8);  // (32, 16) in pixels
  const auto plane = static_cast<size_t>(side * side);
  heat[plane + cell] = 0.9f;
  sizes[cell] = kWidth / 4;
  sizes[plane + cell] = kHeight / 4;
  auto graph = with_picture();
  graph.answer("hm", {1, 2, side, side}, heat);
  graph.answer("wh", {1, 2, side, side}, sizes);
  graph.answer("reg", {1, 2, side, side}, offsets);
  expect_found(graph, "CenterNet");
}

TEST(Families, raw_offsets_ask_for_their_anchors) {
  std::vector<Row> boxes, scores;
  for (int i = 0; i < 1200; ++i) {
    const float sign = i % 2 ? 1.0f : -1.0f;
    boxes.push_back({sign * 0.5f, -sign, -0.8f * sign, 0.3f * sign});
    scores.push_back({-5, -6});
  }
  auto graph = with_picture();
  graph.answer("box_net", {1, 1200, 4}, flat(boxes));
  graph.answer("class_net", {1, 1200, 2}, flat(scores));
  const auto out = inspected(graph);
  EXPECT_THAT(out.report.family, HasSubstr("raw"));
  EXPECT_FALSE(out.report.manifest.has_value());
  EXPECT_THAT(out.report.missing, testing::Contains(HasSubstr("1200 anchors")));
}

TEST(Families, blazeface_gets_its_anchors) {
  auto graph = with_picture();
  for (const auto& [cells, each] : {std::pair{8, 2}, std::pair{4, 6}}) {
    const int rows = cells * cells * each;
    std::vector<float> scores(static_cast<size_t>(rows), -9);
    std::vector<float> boxes(static_cast<size_t>(rows * 16), 3);
    if (cells == 8) {
      // The second anchor of cell (3, 1), whose centre is (28, 12).
      const int at = (1 * 8 + 3) * 2 + 1;
      scores[static_cast<size_t>(at)] = 6;
      const Row box{kX - 28, kY - 12, kWidth, kHeight};
      std::ranges::copy(box, boxes.begin() + at * 16);
    }
    const std::string level = std::to_string(cells);
    graph.answer("s" + level, {1, rows, 1}, scores);
    graph.answer("b" + level, {1, rows, 16}, boxes);
  }
  expect_found(graph, "BlazeFace", "face", {"face"});
}

// A classifier that answers `values` whatever it sees.
Inspected classifier_of(const std::vector<float>& values, const std::string& op) {
  auto graph = with_picture();
  graph.constant("value", {1, static_cast<int>(values.size())}, values);
  graph.node(op, {"value"}, "prob");
  graph.output("prob", {1, static_cast<int>(values.size())});
  return inspected(graph, std::vector<std::string>(values.size(), "x"));
}

TEST(Families, classifiers_differ_by_what_their_numbers_add_up_to) {
  auto out = classifier_of({1, 2, 3}, "Softmax");
  EXPECT_THAT(out.report.family, HasSubstr("probabilities"));
  EXPECT_EQ(out.report.manifest->decoder.activation, infer::Activation::none);
  out = classifier_of({-1, 2, 3}, "Sigmoid");
  EXPECT_THAT(out.report.family, HasSubstr("several classes at once"));
  EXPECT_EQ(out.report.manifest->decoder.activation, infer::Activation::none);
  out = classifier_of({-1, 2, 3}, "Neg");
  EXPECT_THAT(out.report.family, HasSubstr("logits"));
  EXPECT_EQ(out.report.manifest->decoder.activation, infer::Activation::softmax);
}

TEST(Families, labels_that_do_not_fit_are_refused_with_both_numbers) {
  const auto rows = yolo_rows(1, false, 0);
  auto graph = with_picture();
  graph.answer("output0", {1, 6, size_of(rows)}, flat(rows, true));
  const auto out = inspected(graph, {"a", "b", "c"});
  EXPECT_FALSE(out.report.manifest.has_value());
  EXPECT_THAT(out.report.problems,
              ElementsAre(testing::AllOf(HasSubstr("3 labels"), HasSubstr("2 classes"))));
}

TEST(Families, without_labels_classes_have_numbers_and_the_report_says_so) {
  const auto rows = yolo_rows(1, false, 0);
  auto graph = with_picture();
  graph.answer("output0", {1, 6, size_of(rows)}, flat(rows, true));
  const auto out = inspected(graph, {});
  ASSERT_TRUE(out.report.manifest.has_value());
  EXPECT_THAT(out.report.manifest->labels, ElementsAre("class 0", "class 1"));
  EXPECT_THAT(out.report.missing, testing::Contains(HasSubstr("names no labels")));
}

TEST(Families, what_nobody_knows_is_said_to_be_unknown) {
  auto graph = with_picture();
  graph.answer("embedding", {1, 3, 5, 7, 2}, std::vector<float>(210, 0.1f));
  const auto out = inspected(graph);
  EXPECT_EQ(out.report.family, "");
  EXPECT_FALSE(out.report.manifest.has_value());
  EXPECT_THAT(out.report.missing, testing::Contains(HasSubstr("not recognised")));
}

}  // namespace
}  // namespace poss::inspect
