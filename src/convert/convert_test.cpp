// Conversion of tiny TFLite files: the graph made, its manifest, and what is refused and how.
#include "convert/convert.h"

#include <numeric>

#include <flatbuffers/flexbuffers.h>
#include <gmock/gmock.h>
#include <onnx/onnx_pb.h>

#include "convert/tiny_model.h"

namespace poss::convert {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Op = TinyModel::Op;
using Options = TinyModel::Options;
using Type = TinyModel::Type;

ConvertOptions with_labels(size_t count) {
  ConvertOptions options;
  options.labels.emplace();
  for (size_t i = 0; i < count; ++i) options.labels->push_back("class " + std::to_string(i));
  return options;
}

onnx::ModelProto parsed(const ConvertedModel& model) {
  onnx::ModelProto proto;
  EXPECT_TRUE(proto.ParseFromString(model.onnx));
  return proto;
}

std::vector<std::string> op_types(const onnx::ModelProto& proto) {
  std::vector<std::string> out;
  for (const auto& node : proto.graph().node()) out.push_back(node.op_type());
  return out;
}

// A quantised classifier: convolution, ReLU6 that only the quantisation range holds, mean, dense,
// softmax.
std::string classifier() {
  TinyModel m;
  const int picture = m.tensor({1, 8, 8, 3}, Type::UINT8, {{0.0078125f}, {127}});
  std::vector<std::int8_t> filters(4 * 3 * 3 * 3);
  std::iota(filters.begin(), filters.end(), std::int8_t{-50});
  const int weights = m.constant({4, 3, 3, 3}, filters, Type::INT8,
                                 {{0.01f, 0.02f, 0.03f, 0.04f}, {0, 0, 0, 0}, 0});
  const int bias =
      m.constant({4}, std::vector<std::int32_t>{1, 2, 3, 4}, Type::INT32,
                 {{0.000078125f, 0.00015625f, 0.000234375f, 0.0003125f}, {0, 0, 0, 0}, 0});
  const int features = m.tensor({1, 4, 4, 4}, Type::UINT8, {{6.0f / 255}, {0}});
  m.op(Op::CONV_2D, {picture, weights, bias}, {features}, Options::Conv2DOptions,
       tflite::CreateConv2DOptions(m.builder, tflite::Padding::SAME, 2, 2).Union());
  const int mean = m.tensor({1, 4}, Type::UINT8, {{6.0f / 255}, {0}});
  m.op(Op::MEAN, {features, m.integers({1, 2})}, {mean}, Options::ReducerOptions,
       tflite::CreateReducerOptions(m.builder, false).Union());
  const int dense = m.constant({2, 4}, std::vector<std::int8_t>{1, 2, 3, 4, -1, -2, -3, -4},
                               Type::INT8, {{0.5f}, {0}});
  const int logits = m.tensor({1, 2}, Type::UINT8, {{0.1f}, {128}});
  m.op(Op::FULLY_CONNECTED, {mean, dense}, {logits}, Options::FullyConnectedOptions,
       tflite::CreateFullyConnectedOptions(m.builder).Union());
  const int scores = m.tensor({1, 2}, Type::UINT8, {{1.0f / 256}, {0}});
  m.op(Op::SOFTMAX, {logits}, {scores}, Options::SoftmaxOptions,
       tflite::CreateSoftmaxOptions(m.builder, 1).Union());
  return m.finish({picture}, {scores});
}

// Two anchors, three classes behind a background class.
std::string detector(double y_scale = 10) {
  TinyModel m;
  const int picture = m.tensor({1, 4, 4, 3});
  const int flat = m.row(picture, 48);
  const int start = m.integers({0, 0}), middle = m.integers({0, 8});
  const int boxes = m.tensor({1, 8}), scores = m.tensor({1, 8});
  m.op(Op::SLICE, {flat, start, m.integers({1, 8})}, {boxes});
  m.op(Op::SLICE, {flat, middle, m.integers({1, 8})}, {scores});
  const int box_rows = m.tensor({1, 2, 4}), score_rows = m.tensor({1, 2, 4});
  m.op(Op::RESHAPE, {boxes}, {box_rows});
  m.op(Op::RESHAPE, {scores}, {score_rows});
  const int anchors = m.floats({2, 4}, {.25f, .25f, .5f, .5f, .75f, .75f, .5f, .5f});
  flexbuffers::Builder settings;
  settings.Map([&] {
    settings.Float("y_scale", static_cast<float>(y_scale));
    settings.Float("x_scale", 10);
    settings.Float("h_scale", 5);
    settings.Float("w_scale", 5);
    settings.Int("num_classes", 3);
  });
  settings.Finish();
  std::vector<int> outputs;
  for (int i = 0; i < 4; ++i) outputs.push_back(m.tensor({}));
  m.custom("TFLite_Detection_PostProcess", {box_rows, score_rows, anchors}, outputs,
           settings.GetBuffer());
  return m.finish({picture}, outputs);
}

TEST(Convert, makes_a_classifier_with_its_manifest) {
  const auto model = convert_tflite(classifier(), with_labels(2));
  ASSERT_TRUE(model) << model.error().message;
  const auto& manifest = model->manifest;
  EXPECT_EQ(manifest.at("task"), "classification");
  EXPECT_EQ(manifest.at("input").at("width"), 8);
  EXPECT_EQ(manifest.at("input").at("mean"), (json::value{0.0, 0.0, 0.0}));
  EXPECT_EQ(manifest.at("decoder").at("activation"), "none");
  EXPECT_EQ(manifest.at("decoder").at("background"), -1);
  EXPECT_EQ(manifest.at("labels").as_array().size(), 2u);
  const auto proto = parsed(*model);
  EXPECT_THAT(op_types(proto),
              ElementsAre("Sub", "Mul", "Conv", "Clip", "GlobalAveragePool", "Transpose", "Reshape",
                          "Gemm", "Clip", "Softmax", "Identity"));
  EXPECT_EQ(proto.ir_version(), 7);
  EXPECT_EQ(proto.opset_import(0).version(), 13);
}

TEST(Convert, pads_a_letterbox_with_what_the_network_sees_as_zero) {
  auto options = with_labels(2);
  options.letterbox = "top_left";
  const auto model = convert_tflite(classifier(), options);
  ASSERT_TRUE(model);
  const auto& input = model->manifest.at("input");
  EXPECT_EQ(input.at("fit"), "letterbox");
  EXPECT_EQ(input.at("align"), "top_left");
  EXPECT_EQ(input.at("pad"), 127.0);
  options.letterbox = "left";
  EXPECT_FALSE(convert_tflite(classifier(), options));
}

TEST(Convert, gives_the_same_bytes_twice) {
  const auto file = classifier();
  const auto one = convert_tflite(file, with_labels(2));
  const auto two = convert_tflite(file, with_labels(2));
  ASSERT_TRUE(one && two);
  EXPECT_EQ(one->onnx, two->onnx);
  EXPECT_EQ(one->manifest, two->manifest);
}

TEST(Convert, pads_same_convolutions_behind) {
  const auto model = convert_tflite(classifier(), with_labels(2));
  ASSERT_TRUE(model);
  const auto proto = parsed(*model);
  for (const auto& node : proto.graph().node()) {
    if (node.op_type() != "Conv") continue;
    for (const auto& attribute : node.attribute()) {
      if (attribute.name() != "pads") continue;
      EXPECT_THAT(attribute.ints(), ElementsAre(0, 0, 1, 1));
    }
  }
}

TEST(Convert, takes_bytes_at_any_address) {
  const std::string shifted = "x" + classifier();
  EXPECT_TRUE(convert_tflite(std::string_view(shifted).substr(1), with_labels(2)));
}

TEST(Convert, decodes_detections_and_drops_the_background) {
  const auto model = convert_tflite(detector(), with_labels(3));
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->manifest.at("task"), "detection");
  EXPECT_EQ(model->manifest.at("decoder").at("type"), "boxes_scores");
  const auto proto = parsed(*model);
  ASSERT_EQ(proto.graph().output_size(), 2);
  const auto dims = [&](int output) {
    std::vector<std::int64_t> out;
    const auto& type = proto.graph().output(output).type().tensor_type();
    for (const auto& dim : type.shape().dim()) out.push_back(dim.dim_value());
    return out;
  };
  EXPECT_EQ(proto.graph().output(0).name(), "boxes");
  EXPECT_THAT(dims(0), ElementsAre(1, 2, 4));
  EXPECT_EQ(proto.graph().output(1).name(), "scores");
  EXPECT_THAT(dims(1), ElementsAre(1, 2, 3));
}

TEST(Convert, refuses_an_impossible_box_scale) {
  const auto model = convert_tflite(detector(0), with_labels(3));
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().message, HasSubstr("impossible box scale"));
}

TEST(Convert, asks_for_labels_where_the_file_has_none) {
  const auto model = convert_tflite(classifier());
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, Code::invalid_argument);
  EXPECT_THAT(model.error().message, HasSubstr("give a label file"));
}

TEST(Convert, refuses_labels_that_do_not_fit) {
  const auto model = convert_tflite(classifier(), with_labels(3));
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().message, HasSubstr("3 labels for 2 classes"));
}

TEST(Convert, leaves_a_background_class_out_by_name) {
  ConvertOptions options;
  options.labels = {{"background", "cat"}};
  const auto model = convert_tflite(classifier(), options);
  ASSERT_TRUE(model);
  EXPECT_EQ(model->manifest.at("decoder").at("background"), 0);
}

TEST(Convert, names_an_operator_it_cannot_convert) {
  TinyModel m;
  const int picture = m.tensor({1, 4, 4, 3});
  const int out = m.tensor({1, 4, 4, 3});
  m.op(Op::BATCH_MATMUL, {picture, picture}, {out});
  const auto model = convert_tflite(m.finish({picture}, {m.row(out, 48)}), with_labels(48));
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().message, HasSubstr("BATCH_MATMUL"));
}

TEST(Convert, names_a_custom_operator_it_cannot_convert) {
  TinyModel m;
  const int picture = m.tensor({1, 4, 4, 3});
  const int out = m.tensor({1, 4});
  m.custom("FlexErf", {picture}, {out}, {1});
  const auto model = convert_tflite(m.finish({picture}, {out}), with_labels(4));
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().message, HasSubstr("FlexErf"));
}

TEST(Convert, refuses_a_shape_that_the_operator_does_not_make) {
  TinyModel m;
  const int picture = m.tensor({1, 4, 4, 3});
  const int out = m.tensor({1, 4, 4, 2});
  m.op(Op::LOGISTIC, {picture}, {out});
  const auto model = convert_tflite(m.finish({picture}, {m.row(out, 32)}), with_labels(32));
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().message, HasSubstr("[1, 4, 4, 3] where the file says [1, 4, 4, 2]"));
}

TEST(Convert, refuses_shapes_whose_product_overflows) {
  TinyModel m;
  const int picture = m.tensor({1, 4, 4, 3});
  const int out = m.tensor({1 << 30, 1 << 30, 1 << 30, 3});
  m.op(Op::LOGISTIC, {picture}, {out});
  const auto model = convert_tflite(m.finish({picture}, {out}), with_labels(2));
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().message, HasSubstr("impossible shape"));
}

TEST(Convert, refuses_a_constant_with_too_few_bytes) {
  TinyModel m;
  const int picture = m.tensor({1, 4, 4, 3});
  const int short_one = m.floats({1, 4, 4, 3}, {1, 2, 3});
  const int out = m.tensor({1, 4, 4, 3});
  m.op(Op::ADD, {picture, short_one}, {out});
  const auto model = convert_tflite(m.finish({picture}, {m.row(out, 48)}), with_labels(48));
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().message, HasSubstr("holds 12 bytes"));
}

TEST(Convert, refuses_a_tensor_used_before_it_is_computed) {
  TinyModel m;
  const int picture = m.tensor({1, 4, 4, 3});
  const int later = m.tensor({1, 4, 4, 3});
  const int out = m.tensor({1, 4, 4, 3});
  m.op(Op::ADD, {picture, later}, {out});
  const auto model = convert_tflite(m.finish({picture}, {out}), with_labels(2));
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().message, HasSubstr("before it is computed"));
}

TEST(Convert, refuses_what_is_not_tflite) {
  for (const std::string text : {"", "TFL3", "this is some text and not a model"}) {
    const auto model = convert_tflite(text);
    ASSERT_FALSE(model);
    EXPECT_THAT(model.error().message, HasSubstr("not a TFLite file"));
  }
}

// xorshift64: the same mutations everywhere.
std::uint64_t next(std::uint64_t& state) {
  state ^= state << 13;
  state ^= state >> 7;
  return state ^= state << 17;
}

// What comes out must be a sentence or a model that parses.
void expect_error_or_model(const std::string& bytes) {
  // An allocation of its own, so that a sanitizer sees one byte too far.
  const std::vector<char> copy(bytes.begin(), bytes.end());
  auto options = with_labels(2);
  for (const auto precision : {Precision::float32, Precision::int8}) {
    options.precision = precision;
    const auto model = convert_tflite({copy.data(), copy.size()}, options);
    if (model) {
      EXPECT_GT(parsed(*model).graph().node_size(), 0);
    } else {
      EXPECT_FALSE(model.error().message.empty());
      EXPECT_NE(model.error().code, Code::internal);
    }
  }
}

TEST(ConvertHostile, survives_a_file_cut_at_every_byte) {
  for (const auto& file : {classifier(), detector()}) {
    for (size_t size = 0; size < file.size(); ++size) {
      expect_error_or_model(file.substr(0, size));
    }
  }
}

TEST(ConvertHostile, survives_flipped_bytes) {
  std::uint64_t random = 20260101;
  for (const auto& file : {classifier(), detector()}) {
    for (int round = 0; round < 3000; ++round) {
      std::string bytes = file;
      const auto flips = 1 + next(random) % 4;
      for (std::uint64_t i = 0; i < flips; ++i) {
        bytes[next(random) % bytes.size()] = static_cast<char>(next(random));
      }
      expect_error_or_model(bytes);
    }
  }
}

}  // namespace
}  // namespace poss::convert
