// The INT8 form of quantised TFLite files: its numbers, its weights' bound, and that the runtime
// can fuse all of it.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <set>

#include <gmock/gmock.h>
#include <onnx/onnx_pb.h>

#include "base/file.h"
#include "convert/convert.h"
#include "convert/tiny_model.h"
#include "oracle.h"

namespace poss::convert {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using Op = TinyModel::Op;
using Options = TinyModel::Options;
using Type = TinyModel::Type;

ConvertOptions int8_with_labels(size_t count) {
  ConvertOptions options;
  options.precision = Precision::int8;
  options.labels.emplace(count, "class");
  return options;
}

onnx::ModelProto parsed(const std::string& onnx) {
  onnx::ModelProto proto;
  EXPECT_TRUE(proto.ParseFromString(onnx));
  return proto;
}

// A picture of 1 × 2 pixels, whose numbers are its bytes, and one 1 × 1 convolution to `weights`
// (as many filters as there are groups of three) stored with the scale `out`.
std::string one_convolution(const std::vector<std::int8_t>& weights,
                            const std::vector<float>& scales,
                            const std::vector<std::int32_t>& biases, const TinyScale& out,
                            Type type = Type::UINT8) {
  TinyModel m;
  const bool is_signed = type == Type::INT8;
  const int filters = static_cast<int>(scales.size());
  const int picture = m.tensor({1, 1, 2, 3}, type, {{1.0f}, {is_signed ? -128 : 0}});
  const std::vector<std::int64_t> zeros(scales.size());
  const int weight = m.constant({filters, 1, 1, 3}, weights, Type::INT8, {scales, zeros, 0});
  const int bias = m.constant({filters}, biases, Type::INT32, {scales, zeros, 0});
  const int features = m.tensor({1, 1, 2, filters}, type, out);
  m.op(Op::CONV_2D, {picture, weight, bias}, {features}, Options::Conv2DOptions,
       tflite::CreateConv2DOptions(m.builder, tflite::Padding::SAME, 1, 1).Union());
  return m.finish({picture}, {m.row(features, 2 * filters, type, out)});
}

std::vector<float> scores(const std::string& onnx, int height, int width,
                          const std::vector<float>& planes) {
  const auto outputs = run_onnx(onnx, height, width, planes);
  EXPECT_TRUE(outputs) << (outputs ? "" : outputs.error().message);
  return outputs ? outputs->at("scores") : std::vector<float>();
}

// Planes of two pixels: (10, 20, 30) and (255, 255, 255).
const std::vector<float> kPixels{10, 255, 20, 255, 30, 255};

TEST(Int8, computes_what_the_files_own_bytes_say) {
  for (const Type type : {Type::UINT8, Type::INT8}) {
    // Filters (1, 2, 3) · 0.5 + 4 · 0.5 and (−1, 0, 1) · 0.25, stored in steps of 2.
    const auto file = one_convolution({1, 2, 3, -1, 0, 1}, {0.5f, 0.25f}, {4, 0},
                                      {{2.0f}, {type == Type::INT8 ? -118 : 10}}, type);
    const auto model = convert_tflite(file, int8_with_labels(4));
    ASSERT_TRUE(model) << model.error().message;
    // 72 and 5 (stored as 2.5 steps, rounded to even), then 767 beyond the largest byte, and 0.
    EXPECT_THAT(scores(model->onnx, 1, 2, kPixels), ElementsAre(72, 4, 490, 0));
  }
}

TEST(Int8, keeps_weights_and_scales_of_the_file) {
  const auto file = one_convolution({1, 2, 3, -7, 0, 100}, {0.5f, 0.25f}, {4, -9}, {{2.0f}, {10}});
  const auto model = convert_tflite(file, int8_with_labels(4));
  ASSERT_TRUE(model);
  std::set<std::string> bytes;
  const auto proto = parsed(model->onnx);
  for (const auto& tensor : proto.graph().initializer()) {
    if (tensor.data_type() == onnx::TensorProto::INT8 && tensor.dims_size() == 4) {
      bytes.insert(tensor.raw_data());
    }
  }
  EXPECT_THAT(bytes, ElementsAre(std::string("\x01\x02\x03\xf9\x00\x64", 6)));
}

TEST(Int8, halves_weights_whose_products_could_overflow_16_bits) {
  // 255 · 127 · 2 does not fit; 255 · (127 + 1) does.
  const auto file = one_convolution({127, 127, 0, 127, 1, -128 + 1}, {1, 1}, {3, 3}, {{400}, {0}});
  const auto model = convert_tflite(file, int8_with_labels(4));
  ASSERT_TRUE(model);
  const auto proto = parsed(model->onnx);
  std::vector<int> weights;
  for (const auto& tensor : proto.graph().initializer()) {
    if (tensor.data_type() != onnx::TensorProto::INT8 || tensor.dims_size() != 4) continue;
    for (const char byte : tensor.raw_data()) weights.push_back(byte);
  }
  EXPECT_THAT(weights, ElementsAre(64, 64, 0, 127, 1, -127));
  const auto answer = scores(model->onnx, 1, 2, kPixels);
  ASSERT_EQ(answer.size(), 4u);
  EXPECT_EQ(answer[2], std::nearbyint(2 * (255 * 128 + 2) / 400.0) * 400);
}

TEST(Int8, holds_activations_that_only_the_quantisation_knows) {
  const auto file = one_convolution({1, 1, 1}, {1}, {0}, {{6.0f / 255}, {0}});
  const auto model = convert_tflite(file, int8_with_labels(2));
  ASSERT_TRUE(model);
  const auto proto = parsed(model->onnx);
  for (const auto& node : proto.graph().node()) EXPECT_NE(node.op_type(), "Clip");
  EXPECT_THAT(scores(model->onnx, 1, 2, kPixels), Each(testing::FloatEq(6)));
}

TEST(Int8, moves_bytes_without_turning_them_into_numbers) {
  TinyModel m;
  const TinyScale scale{{0.5f}, {3}};
  const int picture = m.tensor({1, 2, 2, 3}, Type::UINT8, scale);
  const int weight = m.constant({3, 1, 1, 3}, std::vector<std::int8_t>{1, 0, 0, 0, 1, 0, 0, 0, 1},
                                Type::INT8, {{1, 1, 1}, {0, 0, 0}, 0});
  const int bias = m.constant({3}, std::vector<std::int32_t>{0, 0, 0}, Type::INT32,
                              {{.5f, .5f, .5f}, {0, 0, 0}, 0});
  const int same = m.tensor({1, 2, 2, 3}, Type::UINT8, scale);
  m.op(Op::CONV_2D, {picture, weight, bias}, {same}, Options::Conv2DOptions,
       tflite::CreateConv2DOptions(m.builder, tflite::Padding::SAME, 1, 1).Union());
  const int pooled = m.tensor({1, 1, 1, 3}, Type::UINT8, scale);
  m.op(Op::MAX_POOL_2D, {same}, {pooled}, Options::Pool2DOptions,
       tflite::CreatePool2DOptions(m.builder, tflite::Padding::SAME, 2, 2, 2, 2).Union());
  const int large = m.tensor({1, 2, 2, 3}, Type::UINT8, scale);
  m.op(Op::RESIZE_NEAREST_NEIGHBOR, {pooled, m.integers({2, 2})}, {large},
       Options::ResizeNearestNeighborOptions,
       tflite::CreateResizeNearestNeighborOptions(m.builder).Union());
  const int joined = m.tensor({1, 2, 2, 6}, Type::UINT8, scale);
  m.op(Op::CONCATENATION, {large, same}, {joined}, Options::ConcatenationOptions,
       tflite::CreateConcatenationOptions(m.builder, 3).Union());
  const int padded = m.tensor({1, 2, 3, 6}, Type::UINT8, scale);
  m.op(Op::PAD,
       {joined, m.constant({4, 2}, std::vector<std::int32_t>{0, 0, 0, 0, 0, 1, 0, 0}, Type::INT32)},
       {padded});
  const auto file = m.finish({picture}, {m.row(padded, 36, Type::UINT8, scale)});
  const auto real = convert_tflite(file, [] {
    auto options = int8_with_labels(36);
    options.precision = Precision::float32;
    return options;
  }());
  const auto fast = convert_tflite(file, int8_with_labels(36));
  ASSERT_TRUE(real && fast);
  std::vector<float> planes;
  for (int i = 0; i < 12; ++i) planes.push_back(static_cast<float>(20 * i));
  EXPECT_EQ(scores(fast->onnx, 2, 2, planes), scores(real->onnx, 2, 2, planes));
  int stored = 0, real_again = 0;
  const auto proto = parsed(fast->onnx);
  for (const auto& node : proto.graph().node()) {
    stored += node.op_type() == "QuantizeLinear";
    real_again += node.op_type() == "DequantizeLinear";
  }
  EXPECT_EQ(stored, 2);      // the picture and the convolution
  EXPECT_EQ(real_again, 4);  // the convolution's three inputs and the answer
}

TEST(Int8, refuses_files_that_are_not_quantised) {
  TinyModel m;
  const int picture = m.tensor({1, 1, 2, 3});
  const int weight = m.floats({1, 1, 1, 3}, {1, 2, 3});
  const int features = m.tensor({1, 1, 2, 1});
  m.op(Op::CONV_2D, {picture, weight}, {features}, Options::Conv2DOptions,
       tflite::CreateConv2DOptions(m.builder, tflite::Padding::SAME, 1, 1).Union());
  const auto model = convert_tflite(m.finish({picture}, {m.row(features, 2)}), int8_with_labels(2));
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().message, HasSubstr("not quantised throughout"));
}

TEST(Int8, gives_the_same_bytes_twice) {
  const auto file = one_convolution({1, 2, 3}, {0.5f}, {4}, {{2.0f}, {10}});
  const auto one = convert_tflite(file, int8_with_labels(2));
  const auto two = convert_tflite(file, int8_with_labels(2));
  ASSERT_TRUE(one && two);
  EXPECT_EQ(one->onnx, two->onnx);
}

class ZooInt8 : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const auto file = std::string("build/downloads/originals/") + GetParam() + ".tflite";
    if (!std::filesystem::exists(file)) GTEST_SKIP() << "scripts/fetch_zoo gets " << file;
    const auto bytes = read_file(file, 1 << 30);
    ASSERT_TRUE(bytes);
    ConvertOptions options;
    options.precision = Precision::int8;
    const auto model = convert_tflite(*bytes, options);
    ASSERT_TRUE(model) << model.error().message;
    proto_ = parsed(model->onnx);
    for (const auto& node : proto_.graph().node()) {
      for (const auto& output : node.output()) producers_[output] = &node;
    }
  }
  onnx::ModelProto proto_;
  std::map<std::string, const onnx::NodeProto*> producers_;
};

TEST_P(ZooInt8, has_no_weights_that_overflow_16_bits) {
  std::map<std::string, const onnx::TensorProto*> constants;
  for (const auto& tensor : proto_.graph().initializer()) constants[tensor.name()] = &tensor;
  int checked = 0;
  for (const auto& node : proto_.graph().node()) {
    if (node.op_type() != "Conv") continue;
    const auto& tensor = *constants.at(producers_.at(node.input(1))->input(0));
    ASSERT_EQ(tensor.data_type(), onnx::TensorProto::INT8);
    const auto outputs = tensor.dims(0), inputs = tensor.dims(1);
    const auto plane = tensor.dims(2) * tensor.dims(3);
    if (inputs == 1) continue;  // depthwise: nothing is added in pairs
    for (std::int64_t o = 0; o < outputs; ++o) {
      std::vector<int> row;  // as the runtime adds: channel by channel at each place
      for (std::int64_t p = 0; p < plane; ++p) {
        for (std::int64_t i = 0; i < inputs; ++i) {
          row.push_back(static_cast<signed char>(
              tensor.raw_data()[static_cast<size_t>((o * inputs + i) * plane + p)]));
        }
      }
      for (size_t k = 1; k < row.size(); ++k) {
        const int most = std::max(row[k - 1], 0) + std::max(row[k], 0);
        const int least = std::min(row[k - 1], 0) + std::min(row[k], 0);
        ASSERT_LE(255 * most, 32767) << node.name();
        ASSERT_GE(255 * least, -32768) << node.name();
      }
      ++checked;
    }
  }
  EXPECT_GT(checked, 1000);
}

TEST_P(ZooInt8, leaves_no_convolution_that_the_runtime_cannot_fuse) {
  std::map<std::string, std::vector<std::string>> consumers;
  for (const auto& node : proto_.graph().node()) {
    for (const auto& input : node.input()) consumers[input].push_back(node.op_type());
  }
  int convolutions = 0;
  for (const auto& node : proto_.graph().node()) {
    if (node.op_type() != "Conv") continue;
    ++convolutions;
    for (const auto& input : node.input()) {
      EXPECT_EQ(producers_.at(input)->op_type(), "DequantizeLinear") << node.name();
      EXPECT_EQ(consumers[input].size(), 1u) << input;
    }
    EXPECT_THAT(consumers[node.output(0)], ElementsAre("QuantizeLinear")) << node.name();
  }
  EXPECT_GE(convolutions, 182);
}

INSTANTIATE_TEST_SUITE_P(Zoo, ZooInt8,
                         testing::Values("efficientdet_lite0", "efficientdet_lite1",
                                         "efficientdet_lite2"),
                         [](const auto& tested) { return std::string(tested.param); });

}  // namespace
}  // namespace poss::convert
