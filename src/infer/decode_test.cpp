// Tests of the decoders on output tensors made here.
#include "infer/decode.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>

#include "infer/suppress.h"
#include "infer/test_graph.h"

namespace poss::infer {
namespace {

using testing::HasSubstr;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

Manifest manifest_of(Decoder decoder, std::vector<std::string> labels) {
  Manifest out;
  out.task = decoder == Decoder::classification ? Task::classification : Task::detection;
  out.input.width = out.input.height = 100;
  out.decoder.type = decoder;
  out.labels = std::move(labels);
  if (decoder == Decoder::rows) {
    out.decoder.columns = {"box", "scores"};
    out.decoder.box_format = BoxFormat::cxcywh;
    out.decoder.box_units = BoxUnits::input_pixels;
  }
  return out;
}

TensorInfo info(std::string name, std::vector<std::int64_t> shape) {
  return {std::move(name), ElementType::float32, std::move(shape)};
}

struct Values {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
};

std::vector<OutputTensor> views(const std::vector<Values>& all) {
  std::vector<OutputTensor> out;
  for (const auto& one : all) out.push_back({one.shape, one.values});
  return out;
}

Result<std::vector<DetectedObject>> objects(const Manifest& manifest,
                                            const std::vector<TensorInfo>& infos,
                                            const std::vector<Values>& outputs,
                                            const DetectOptions& options = {}) {
  POSS_ASSIGN(const auto decoder, OutputDecoder::create(manifest, infos, "."));
  std::vector<Values> ordered;
  for (const size_t index : decoder.wanted()) ordered.push_back(outputs[index]);
  return decoder.objects(views(ordered), options,
                         {0, 0, manifest.input.width, manifest.input.height});
}

const std::vector<TensorInfo> kBoxesScores{info("boxes", {1, 3, 4}), info("scores", {1, 3, 2})};
const Values kThreeBoxes{{1, 3, 4},
                         {0.1f, 0.1f, 0.3f, 0.3f,  //
                          0.5f, 0.5f, 0.9f, 0.7f,  //
                          0.0f, 0.0f, 1.0f, 1.0f}};

TEST(Decode, boxes_scores_gives_the_best_class_of_each_box_best_first) {
  const auto manifest = manifest_of(Decoder::boxes_scores, {"a", "b"});
  const auto found =
      objects(manifest, kBoxesScores, {kThreeBoxes, {{1, 3, 2}, {.6f, .1f, .2f, .9f, .4f, .3f}}});
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_EQ(found->size(), 2u);
  EXPECT_EQ((*found)[0].class_index, 1);
  EXPECT_FLOAT_EQ((*found)[0].score, 0.9f);
  EXPECT_NEAR((*found)[0].box.l, 0.5, 1e-6);
  EXPECT_NEAR((*found)[0].box.h, 0.2, 1e-6);
  EXPECT_EQ((*found)[1].class_index, 0);
}

TEST(Decode, scores_may_lie_class_by_class) {
  const auto manifest = manifest_of(Decoder::boxes_scores, {"a", "b"});
  const auto found = objects(manifest, {info("p", {1, 3, 4}), info("q", {1, 2, 3})},
                             {kThreeBoxes, {{1, 2, 3}, {.6f, .2f, .4f, .1f, .9f, .3f}}});
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_EQ(found->size(), 2u);
  EXPECT_EQ((*found)[0].class_index, 1);
  EXPECT_NEAR((*found)[0].box.l, 0.5, 1e-6);
}

TEST(Decode, unused_and_background_classes_are_left_out) {
  auto manifest = manifest_of(Decoder::boxes_scores, {"", "b"});
  const Values scores{{1, 3, 2}, {.9f, .6f, .9f, .1f, .1f, .1f}};
  auto found = objects(manifest, kBoxesScores, {kThreeBoxes, scores});
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ((*found)[0].class_index, 1);
  manifest.labels[0] = "background";
  manifest.decoder.background = 0;
  found = objects(manifest, kBoxesScores, {kThreeBoxes, scores});
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ((*found)[0].class_index, 1);
}

TEST(Decode, values_that_are_not_numbers_give_no_objects) {
  const auto manifest = manifest_of(Decoder::boxes_scores, {"a", "b"});
  auto found = objects(manifest, kBoxesScores,
                       {kThreeBoxes, {{1, 3, 2}, {kNaN, kNaN, kInf, -kInf, kNaN, .9f}}});
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 1u);  // the third has one score that is a number
  EXPECT_EQ((*found)[0].class_index, 1);
  Values boxes = kThreeBoxes;
  boxes.values[0] = kNaN;
  boxes.values[5] = kInf;
  boxes.values[10] = -1;  // the right edge left of the left one
  found = objects(manifest, kBoxesScores, {boxes, {{1, 3, 2}, {.9f, 0, .9f, 0, .9f, 0}}});
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->empty());
  for (const auto activation : {Activation::sigmoid, Activation::softmax}) {
    auto active = manifest;
    active.decoder.activation = activation;
    found = objects(active, kBoxesScores,
                    {kThreeBoxes, {{1, 3, 2}, {kNaN, kNaN, kInf, -kInf, kNaN, kNaN}}},
                    {.min_score = 0});
    ASSERT_TRUE(found);
    for (const auto& object : *found) EXPECT_TRUE(std::isfinite(object.score));
  }
}

TEST(Decode, sigmoid_and_softmax_are_applied_where_asked) {
  auto manifest = manifest_of(Decoder::boxes_scores, {"a", "b"});
  manifest.decoder.activation = Activation::sigmoid;
  const Values scores{{1, 3, 2}, {2, -1, -2, -3, 0.1f, -5}};
  auto found = objects(manifest, kBoxesScores, {kThreeBoxes, scores});
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 2u);
  EXPECT_NEAR((*found)[0].score, 1 / (1 + std::exp(-2)), 1e-6);
  manifest.decoder.activation = Activation::softmax;
  found = objects(manifest, kBoxesScores, {kThreeBoxes, scores}, {.min_score = 0.74f});
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 2u);  // of the third box there remains exp(5.1) / (1 + exp(5.1))
  EXPECT_NEAR((*found)[0].score, 1 / (1 + std::exp(-5.1)), 1e-6);
  manifest.decoder.background = 1;
  found = objects(manifest, kBoxesScores, {kThreeBoxes, scores}, {.min_score = 0.9f});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->size(), 2u);
  manifest.decoder.background = 0;
  found = objects(manifest, kBoxesScores, {kThreeBoxes, scores}, {.min_score = 0.9f});
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->empty());
}

TEST(Decode, rows_are_read_in_both_orientations) {
  const auto manifest = manifest_of(Decoder::rows, {"a", "b", "c"});
  // Two boxes: centre (50, 50), 20 × 40, class c at 0.8; the other below the threshold.
  const auto upright = objects(manifest, {info("output0", {1, 7, 2})},
                               {{{1, 7, 2}, {50, 9, 50, 9, 20, 9, 40, 9, 0, 0, .1f, 0, .8f, .3f}}});
  const auto lying = objects(manifest, {info("output0", {1, 2, 7})},
                             {{{1, 2, 7}, {50, 50, 20, 40, 0, .1f, .8f, 9, 9, 9, 9, 0, 0, .3f}}});
  for (const auto& found : {upright, lying}) {
    ASSERT_TRUE(found) << found.error().message;
    ASSERT_EQ(found->size(), 1u);
    EXPECT_EQ((*found)[0].class_index, 2);
    EXPECT_FLOAT_EQ((*found)[0].score, 0.8f);
    EXPECT_NEAR((*found)[0].box.l, 0.4, 1e-6);
    EXPECT_NEAR((*found)[0].box.t, 0.3, 1e-6);
    EXPECT_NEAR((*found)[0].box.w, 0.2, 1e-6);
    EXPECT_NEAR((*found)[0].box.h, 0.4, 1e-6);
  }
}

TEST(Decode, anchors_are_moved_and_sized_by_the_offsets) {
  const TestFolder folder;
  const std::vector<float> anchors{0.5f, 0.4f, 0.2f, 0.1f};
  folder.write("anchors.bin",
               std::string(reinterpret_cast<const char*>(anchors.data()), 4 * sizeof(float)));
  auto manifest = manifest_of(Decoder::anchors, {"a"});
  manifest.decoder.anchors = "anchors.bin";
  const std::vector<TensorInfo> infos{info("boxes", {1, 1, 4}), info("scores", {1, 1, 1})};
  const auto decoder = OutputDecoder::create(manifest, infos, folder.path());
  ASSERT_TRUE(decoder) << decoder.error().message;
  ASSERT_EQ(decoder->wanted(), (std::vector<size_t>{1, 0}));
  const std::vector<Values> outputs{{{1, 1, 1}, {1}}, {{1, 1, 4}, {1, 2, 5 * std::log(2.0f), 0}}};
  const auto found = decoder->objects(views(outputs), {}, {0, 0, 100, 100});
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 1u);
  // cy = 1/10 · 0.2 + 0.5, cx = 2/10 · 0.1 + 0.4, h doubled.
  EXPECT_NEAR((*found)[0].box.t, 0.52 - 0.2, 1e-5);
  EXPECT_NEAR((*found)[0].box.l, 0.42 - 0.05, 1e-5);
  EXPECT_NEAR((*found)[0].box.h, 0.4, 1e-5);
  EXPECT_NEAR((*found)[0].box.w, 0.1, 1e-5);

  const std::vector<TensorInfo> two{info("boxes", {1, 2, 4}), info("scores", {1, 2, 1})};
  EXPECT_THAT(OutputDecoder::create(manifest, two, folder.path()).error().message,
              HasSubstr("1 anchors for 2 boxes"));
  folder.write("anchors.bin", "odd");
  EXPECT_THAT(OutputDecoder::create(manifest, infos, folder.path()).error().message,
              HasSubstr("3 bytes"));
}

TEST(Decode, labels_that_do_not_fit_are_refused_with_both_numbers) {
  const auto refusal = [](Decoder type, const std::vector<TensorInfo>& infos) {
    const auto result = OutputDecoder::create(manifest_of(type, {"a", "b", "c"}), infos, ".");
    return result ? "accepted" : result.error().message;
  };
  EXPECT_THAT(
      refusal(Decoder::boxes_scores, {info("boxes", {1, 9, 4}), info("scores", {1, 9, 90})}),
      testing::AllOf(HasSubstr("3 labels"), HasSubstr("90 classes")));
  EXPECT_THAT(refusal(Decoder::rows, {info("output0", {1, 84, 8400})}),
              testing::AllOf(HasSubstr("3 labels"), HasSubstr("84")));
  EXPECT_THAT(refusal(Decoder::classification, {info("y", {-1, 1001})}),
              testing::AllOf(HasSubstr("3 labels"), HasSubstr("1001 classes")));
  EXPECT_EQ(refusal(Decoder::classification, {info("y", {-1, -1})}), "accepted");
  EXPECT_EQ(refusal(Decoder::rows, {info("y", {1, -1, -1})}), "accepted");
}

TEST(Decode, shapes_decided_at_run_time_are_checked_at_run_time) {
  const auto manifest = manifest_of(Decoder::rows, {"a", "b", "c"});
  const auto found =
      objects(manifest, {info("y", {1, -1, -1})}, {{{1, 5, 2}, std::vector<float>(10, 1.0f)}});
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message, HasSubstr("3 labels"));
  const auto boxes = manifest_of(Decoder::boxes_scores, {"a"});
  EXPECT_FALSE(objects(boxes, {info("boxes", {1, -1, 4}), info("scores", {1, -1, 1})},
                       {{{1, 3, 4}, std::vector<float>(12)}, {{1, 2, 1}, {1, 1}}}));
}

TEST(Decode, outputs_are_found_by_name_or_shape) {
  auto manifest = manifest_of(Decoder::boxes_scores, {"a", "b", "c", "d"});
  // Four classes: both could be boxes, so the usual names decide.
  EXPECT_TRUE(OutputDecoder::create(
      manifest, std::vector{info("scores", {1, 9, 4}), info("boxes", {1, 9, 4})}, "."));
  EXPECT_THAT(
      OutputDecoder::create(manifest, std::vector{info("p", {1, 9, 4}), info("q", {1, 9, 4})}, ".")
          .error()
          .message,
      HasSubstr("decoder.boxes"));
  manifest.decoder.boxes = "q";
  manifest.decoder.scores = "p";
  const auto decoder =
      OutputDecoder::create(manifest, std::vector{info("p", {1, 9, 4}), info("q", {1, 9, 4})}, ".");
  ASSERT_TRUE(decoder);
  EXPECT_EQ(decoder->wanted(), (std::vector<size_t>{1, 0}));
  manifest.decoder.boxes = "r";
  EXPECT_THAT(
      OutputDecoder::create(manifest, std::vector{info("p", {1, 9, 4}), info("q", {1, 9, 4})}, ".")
          .error()
          .message,
      HasSubstr("no output 'r'; it has: p, q"));
}

Manifest rows_of_columns(std::vector<std::string> columns, std::vector<std::string> labels) {
  auto out = manifest_of(Decoder::rows, std::move(labels));
  out.decoder.columns = std::move(columns);
  out.decoder.box_format = BoxFormat::xyxy;
  return out;
}

TEST(Decode, no_detections_are_no_error) {
  const auto end_to_end = rows_of_columns({"box", "score", "class"}, {"a", "b"});
  const auto with_batch = rows_of_columns({"batch", "box", "class", "score"}, {"a", "b"});
  const auto with_rest = rows_of_columns({"box", "scores", "rest"}, {"a", "b"});
  for (const auto& [manifest, infos, outputs] :
       {std::tuple{end_to_end, std::vector{info("y", {-1, 6})}, std::vector<Values>{{{0, 6}, {}}}},
        {end_to_end, {info("y", {1, -1, 6})}, {{{1, 0, 6}, {}}}},
        {with_batch, {info("y", {-1, 7})}, {{{0, 7}, {}}}},
        {with_rest, {info("y", {1, -1, 38})}, {{{1, 0, 38}, {}}}},
        {manifest_of(Decoder::boxes_scores, {"a", "b"}),
         {info("boxes", {1, -1, 4}), info("scores", {1, -1, 2})},
         {{{1, 0, 4}, {}}, {{1, 0, 2}, {}}}},
        {manifest_of(Decoder::detections, {"a", "b"}),
         {info("boxes", {-1, 4}), info("scores", {-1}), info("classes", {-1})},
         {{{0, 4}, {}}, {{0}, {}}, {{0}, {}}}},
        {manifest_of(Decoder::selected, {"a", "b"}),
         {info("boxes", {1, 3, 4}), info("scores", {1, 2, 3}), info("selected", {-1, 3})},
         {kThreeBoxes, {{1, 2, 3}, {1, 1, 1, 1, 1, 1}}, {{0, 3}, {}}}}}) {
    const auto found = objects(manifest, infos, outputs);
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_TRUE(found->empty());
  }
}

TEST(Decode, classes_without_a_label_are_left_out) {
  auto manifest = rows_of_columns({"box", "score", "class"}, {"a", "", "c"});
  const Values rows{{1, 7, 6}, {0, 0, 10, 10, .9f, 0,      //
                                0, 0, 10, 10, .9f, 1,      // unused
                                0, 0, 10, 10, .9f, 3,      // beyond the labels
                                0, 0, 10, 10, .9f, -1,     //
                                0, 0, 10, 10, .9f, kNaN,   //
                                0, 0, 10, 10, .9f, 1e30f,  //
                                0, 0, 10, 10, .8f, 2}};
  const auto found = objects(manifest, {info("y", {1, 7, 6})}, {rows});
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_EQ(found->size(), 2u);
  EXPECT_EQ((*found)[0].class_index, 0);
  EXPECT_EQ((*found)[1].class_index, 2);
}

TEST(Decode, only_what_the_graph_has_not_suppressed_is_suppressed) {
  auto manifest = rows_of_columns({"box", "score", "class"}, {"a"});
  const Values rows{{1, 3, 6}, {0, 0, 10, 10, .5f, 0, 0, 0, 10, 9, .9f, 0, 0, 0, 10, 10, .7f, 0}};
  auto found = objects(manifest, {info("y", {1, 3, 6})}, {rows});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->size(), 1u);
  manifest.decoder.suppress = false;
  found = objects(manifest, {info("y", {1, 3, 6})}, {rows});
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 3u);
  EXPECT_FLOAT_EQ((*found)[0].score, .9f);
  EXPECT_FLOAT_EQ((*found)[2].score, .5f);
  found = objects(manifest, {info("y", {1, 3, 6})}, {rows}, {.min_score = .6f, .max_objects = 1});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->size(), 1u);
}

TEST(Decode, boxes_are_read_in_every_format_and_unit) {
  auto manifest = manifest_of(Decoder::boxes_scores, {"a", "b"});
  manifest.input.width = 200;
  const std::vector<TensorInfo> infos{info("boxes", {1, 1, 4}), info("scores", {1, 1, 2})};
  // 0.1, 0.2 to 0.5, 0.4 in an input of 200 × 100, and in a picture of 1000 × 2000.
  for (const auto& [format, numbers] : {std::pair{BoxFormat::xyxy, std::array{.1f, .2f, .5f, .4f}},
                                        {BoxFormat::yxyx, std::array{.2f, .1f, .4f, .5f}},
                                        {BoxFormat::cxcywh, std::array{.3f, .3f, .4f, .2f}},
                                        {BoxFormat::xywh, std::array{.1f, .2f, .4f, .2f}}}) {
    for (const auto& [units, width, height] : {std::tuple{BoxUnits::fraction, 1.0f, 1.0f},
                                               {BoxUnits::input_pixels, 200.0f, 100.0f},
                                               {BoxUnits::picture_pixels, 1000.0f, 2000.0f}}) {
      manifest.decoder.box_format = format;
      manifest.decoder.box_units = units;
      Values boxes{{1, 1, 4}, {}};
      for (size_t i = 0; i < 4; ++i) {
        const bool vertical = (i % 2 == 0) == (format == BoxFormat::yxyx);
        boxes.values.push_back(numbers[i] * (vertical ? height : width));
      }
      const auto decoder = OutputDecoder::create(manifest, infos, ".");
      ASSERT_TRUE(decoder) << decoder.error().message;
      const std::vector<Values> outputs{boxes, {{1, 1, 2}, {.9f, 0}}};
      const auto found = decoder->objects(views(outputs), {}, {0, 0, 200, 100, 1000, 2000});
      ASSERT_TRUE(found) << found.error().message;
      ASSERT_EQ(found->size(), 1u);
      EXPECT_NEAR((*found)[0].box.l, .1, 1e-5);
      EXPECT_NEAR((*found)[0].box.t, .2, 1e-5);
      EXPECT_NEAR((*found)[0].box.w, .4, 1e-5);
      EXPECT_NEAR((*found)[0].box.h, .2, 1e-5);
    }
  }
}

TEST(Decode, what_the_file_declares_tells_rows_from_planes) {
  // Six boxes of six values: as [?,6] rows are meant, as [6,?] planes.
  const auto manifest = rows_of_columns({"box", "score", "class"}, {"a", "b"});
  std::vector<float> rows(36);
  const std::array<float, 6> row{10, 20, 60, 40, .9f, 1};
  std::ranges::copy(row, rows.begin() + 6);
  std::vector<float> planes(36);
  for (size_t i = 0; i < 6; ++i) planes[6 * i + 1] = row[i];
  for (const auto& [declared, values] : {std::pair{info("y", {1, -1, 6}), rows},
                                         {info("y", {-1, -1, 6}), rows},
                                         {info("y", {1, 6, -1}), planes}}) {
    const auto found = objects(manifest, {declared}, {{{1, 6, 6}, values}});
    ASSERT_TRUE(found) << found.error().message;
    ASSERT_EQ(found->size(), 1u);
    EXPECT_NEAR((*found)[0].box.l, .1, 1e-6);
    EXPECT_EQ((*found)[0].class_index, 1);
  }
}

TEST(Decode, shapes_that_do_not_fit_are_refused_with_one_sentence) {
  const auto refusal = [](const Manifest& manifest, const std::vector<TensorInfo>& infos) {
    const auto result = OutputDecoder::create(manifest, infos, ".");
    return result ? "accepted" : result.error().message;
  };
  EXPECT_THAT(refusal(rows_of_columns({"box", "score", "class"}, {"a"}), {info("y", {1, 300, 7})}),
              testing::AllOf(HasSubstr("6 values"), HasSubstr("it has 7")));
  EXPECT_THAT(
      refusal(rows_of_columns({"box", "objectness", "scores"}, {"a"}), {info("y", {1, 25200, 85})}),
      testing::AllOf(HasSubstr("5 + 1 = 6"), HasSubstr("it has 85")));
  auto grid = manifest_of(Decoder::grid, {"a", "b"});
  grid.input.width = grid.input.height = 64;
  EXPECT_THAT(refusal(grid, {info("y", {1, 85, 7})}), HasSubstr("[1,84,7]"));
  EXPECT_EQ(refusal(grid, {info("y", {1, 84, 7})}), "accepted");
  EXPECT_EQ(refusal(grid, {info("y", {1, 84, 6})}), "accepted");  // no objectness
  auto maps = manifest_of(Decoder::anchor_grid, {"a", "b"});
  maps.input.width = maps.input.height = 64;
  maps.decoder.strides = {32};
  maps.decoder.anchor_sizes = {10, 10, 20, 20};
  EXPECT_THAT(refusal(maps, {info("y", {1, 255, 2, 2})}), HasSubstr("[1,14,2,2]"));
  EXPECT_EQ(refusal(maps, {info("y", {1, 14, -1, -1})}), "accepted");
  auto distances = manifest_of(Decoder::distances, {"a", "b"});
  EXPECT_THAT(refusal(distances, {info("y", {1, 84, 112})}), HasSubstr("34 values a grid point"));
  auto heat = manifest_of(Decoder::heatmap, {"a", "b", "c"});
  EXPECT_THAT(refusal(heat, {info("hm", {1, 80, 9, 9}), info("wh", {1, 2, 9, 9})}),
              HasSubstr("[1,3,H,W]"));
  auto detections = manifest_of(Decoder::detections, {"a", "b"});
  EXPECT_THAT(refusal(detections, {info("boxes", {9, 4}), info("scores", {9}), info("p", {9})}),
              HasSubstr("name it in decoder.classes"));
  detections.decoder.classes = "p";
  detections.decoder.scores = "p";
  EXPECT_THAT(refusal(detections, {info("boxes", {9, 4}), info("scores", {9}), info("p", {9})}),
              HasSubstr("'p' is named twice"));
  EXPECT_THAT(refusal(manifest_of(Decoder::boxes_scores, {"a"}),
                      {info("boxes", {1, -1, 4}), info("scores", {1, -1, 90})}),
              testing::AllOf(HasSubstr("1 label "), HasSubstr("90 classes")));
  TensorInfo text = info("y", {1, 300, 6});
  text.type = ElementType::text;
  EXPECT_THAT(refusal(rows_of_columns({"box", "score", "class"}, {"a"}), {text}),
              HasSubstr("does not hold numbers"));
}

TEST(Decode, classes_are_ranked_for_each_picture) {
  auto manifest = manifest_of(Decoder::classification, {"background", "cat", "", "dog"});
  manifest.decoder.background = 0;
  manifest.decoder.activation = Activation::softmax;
  const auto decoder = OutputDecoder::create(manifest, std::vector{info("y", {-1, 4})}, ".");
  ASSERT_TRUE(decoder);
  const std::vector<Values> outputs{{{2, 4}, {3, 1, 9, 2, 0, kNaN, 0, 0}}};
  const auto found = decoder->classes(views(outputs), 2, 5);
  ASSERT_TRUE(found);
  ASSERT_EQ((*found)[0].size(), 2u);
  EXPECT_EQ((*found)[0][0].class_index, 3);
  EXPECT_NEAR((*found)[0][0].score,
              std::exp(2) / (std::exp(3) + std::exp(1) + std::exp(9) + std::exp(2)), 1e-6);
  EXPECT_TRUE((*found)[1].empty());
  EXPECT_FALSE(decoder->classes(views(outputs), 3, 5));
}

TEST(Suppress, keeps_the_best_of_each_class_and_place) {
  const Corners here{0, 0, 1, 1};
  const Corners nearly{0, 0, 1, 0.9f};
  const Corners there{2, 2, 3, 3};
  const auto best = [](const std::vector<Candidate>& all, float max_iou, int max_objects) {
    return suppress(all, max_iou, max_objects);
  };
  const auto kept =
      best({{.5f, 0, here}, {.9f, 0, nearly}, {.6f, 1, here}, {.4f, 0, there}}, 0.6f, 100);
  ASSERT_EQ(kept.size(), 3u);
  EXPECT_FLOAT_EQ(kept[0].score, 0.9f);
  EXPECT_EQ(kept[1].class_index, 1);
  EXPECT_FLOAT_EQ(kept[2].score, 0.4f);
  EXPECT_EQ(best({{.5f, 0, here}, {.9f, 0, nearly}}, 0.95f, 100).size(), 2u);
  EXPECT_EQ(best({{.5f, 0, here}, {.9f, 0, there}}, 0.6f, 1).size(), 1u);
  EXPECT_TRUE(best({{.5f, 0, here}}, 0.6f, 0).empty());
}

}  // namespace
}  // namespace poss::infer
