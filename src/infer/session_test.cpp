// Tests of sessions: every number type, several inputs, sizes decided at run time.
#include "infer/session.h"

#include <cstring>
#include <limits>

#include <gmock/gmock.h>

#include "infer/half.h"
#include "infer/test_graph.h"

namespace poss::infer {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<std::unique_ptr<Session>> open(const TestFolder& folder, const TestGraph& graph) {
  folder.write("m.onnx", graph.bytes());
  return Session::open(folder.path() / "m.onnx", 1);
}

template <class T>
NamedTensor tensor_of(std::string name, ElementType type, std::vector<std::int64_t> shape,
                      const std::vector<T>& values) {
  NamedTensor out{std::move(name), {type, std::move(shape), {}, {}}};
  out.tensor.data.resize(values.size() * sizeof(T));
  if (!values.empty()) std::memcpy(out.tensor.data.data(), values.data(), out.tensor.data.size());
  return out;
}

template <class T>
std::vector<T> values_of(const AnyTensor& tensor) {
  std::vector<T> out(tensor.data.size() / sizeof(T));
  if (!out.empty()) std::memcpy(out.data(), tensor.data.data(), tensor.data.size());
  return out;
}

TEST(Half, every_half_survives_the_way_to_float_and_back) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const float value = half_to_float(half);
    if (std::isnan(value)) {
      EXPECT_GT(half & 0x7fff, 0x7c00);
      EXPECT_TRUE(std::isnan(half_to_float(float_to_half(value))));
    } else {
      ASSERT_EQ(float_to_half(value), half) << value;
    }
  }
  EXPECT_EQ(half_to_float(0x3c00), 1.0f);
  EXPECT_EQ(half_to_float(0x0001), std::ldexp(1.0f, -24));
  EXPECT_EQ(half_to_float(0xfbff), -65504.0f);
  EXPECT_EQ(float_to_half(65519.0f), 0x7bff);
  EXPECT_EQ(float_to_half(65520.0f), 0x7c00);
  EXPECT_EQ(float_to_half(-1e30f), 0xfc00);
  EXPECT_EQ(float_to_half(1e-30f), 0);
  EXPECT_EQ(float_to_half(1 + std::ldexp(1.0f, -11)), 0x3c00);      // to even
  EXPECT_EQ(float_to_half(1 + 3 * std::ldexp(1.0f, -11)), 0x3c02);  // to even
}

TEST(Session, reads_outputs_of_every_number_type_as_float) {
  TestGraph graph;
  graph.input("x", {1});
  const std::vector types{
      onnx::TensorProto::FLOAT,    onnx::TensorProto::FLOAT16, onnx::TensorProto::DOUBLE,
      onnx::TensorProto::BFLOAT16, onnx::TensorProto::INT8,    onnx::TensorProto::INT16,
      onnx::TensorProto::INT32,    onnx::TensorProto::INT64,   onnx::TensorProto::UINT8,
      onnx::TensorProto::UINT16,   onnx::TensorProto::UINT32,  onnx::TensorProto::UINT64};
  graph.opset(13);  // the first whose Cast knows bfloat16
  std::vector<size_t> wanted;
  for (size_t i = 0; i < types.size(); ++i) {
    graph.answer("y" + std::to_string(i), {1, 3}, {0, 1, 100}, types[i]);
    wanted.push_back(i);
  }
  graph.answer("yes", {2}, {0, 7}, onnx::TensorProto::BOOL);
  wanted.push_back(types.size());
  const TestFolder folder;
  const auto session = open(folder, graph);
  ASSERT_TRUE(session) << session.error().message;
  const float x = 0;
  const std::vector<std::int64_t> shape{1};
  const InputTensor input{0, std::as_bytes(std::span(&x, 1)), shape};
  const auto outputs = (*session)->run({&input, 1}, wanted);
  ASSERT_TRUE(outputs) << outputs.error().message;
  for (size_t i = 0; i < types.size(); ++i) {
    EXPECT_THAT(outputs->tensors[i].values, ElementsAre(0, 1, 100))
        << element_name((*session)->outputs()[i].type);
  }
  EXPECT_THAT(outputs->tensors.back().values, ElementsAre(0, 1));
}

TEST(Session, tensors_of_every_type_go_in_and_come_out_by_name) {
  TestGraph graph;
  const std::vector types{onnx::TensorProto::DOUBLE, onnx::TensorProto::INT64,
                          onnx::TensorProto::BOOL, onnx::TensorProto::FLOAT16,
                          onnx::TensorProto::STRING};
  for (size_t i = 0; i < types.size(); ++i) {
    const auto number = std::to_string(i);
    graph.input("x" + number, {-1, 2}, types[i]);
    graph.node("Identity", {"x" + number}, "y" + number);
    graph.output("y" + number, {-1, 2}, types[i]);
  }
  const TestFolder folder;
  const auto session = open(folder, graph);
  ASSERT_TRUE(session) << session.error().message;
  const std::vector<double> doubles{1e300, -2};
  const std::vector<std::int64_t> longs{std::numeric_limits<std::int64_t>::min(), 5, 6, 7};
  std::vector<NamedTensor> inputs{
      tensor_of("x0", ElementType::float64, {1, 2}, doubles),
      tensor_of("x1", ElementType::int64, {2, 2}, longs),
      tensor_of("x2", ElementType::boolean, {0, 2}, std::vector<std::uint8_t>{}),
      tensor_of("x3", ElementType::float16, {1, 2}, std::vector<std::uint16_t>{0x3c00, 0xc000}),
      {"x4", {ElementType::text, {1, 2}, {}, {"a label", "ü"}}}};
  const auto outputs = (*session)->run(inputs);
  ASSERT_TRUE(outputs) << outputs.error().message;
  ASSERT_EQ(outputs->size(), 5u);
  EXPECT_EQ((*outputs)[1].name, "y1");
  EXPECT_EQ(values_of<double>((*outputs)[0].tensor), doubles);
  EXPECT_EQ(values_of<std::int64_t>((*outputs)[1].tensor), longs);
  EXPECT_THAT((*outputs)[1].tensor.shape, ElementsAre(2, 2));
  EXPECT_THAT((*outputs)[2].tensor.shape, ElementsAre(0, 2));
  EXPECT_THAT(values_of<std::uint16_t>((*outputs)[3].tensor), ElementsAre(0x3c00, 0xc000));
  EXPECT_THAT((*outputs)[4].tensor.texts, ElementsAre("a label", "ü"));

  const std::vector<std::string> wanted{"y3"};
  const auto one = (*session)->run(inputs, wanted);
  ASSERT_TRUE(one) << one.error().message;
  EXPECT_EQ(one->size(), 1u);
}

TEST(Session, tensors_that_do_not_fit_are_refused_with_a_sentence) {
  TestGraph graph;
  graph.input("x", {-1, 2});
  graph.node("Identity", {"x"}, "y");
  graph.output("y", {-1, 2});
  const TestFolder folder;
  const auto session = open(folder, graph);
  ASSERT_TRUE(session) << session.error().message;
  const auto refusal = [&](NamedTensor tensor) {
    const std::vector inputs{std::move(tensor)};
    const auto outputs = (*session)->run(inputs);
    return outputs ? "accepted" : outputs.error().message;
  };
  const std::vector<float> values{1, 2};
  EXPECT_EQ(refusal(tensor_of("x", ElementType::float32, {1, 2}, values)), "accepted");
  EXPECT_THAT(refusal(tensor_of("x", ElementType::float32, {2, 2}, values)),
              HasSubstr("input 'x' is not [2,2] of float32"));
  EXPECT_THAT(refusal(tensor_of("x", ElementType::float32, {-1, 2}, values)), HasSubstr("[?,2]"));
  EXPECT_THAT(refusal(tensor_of("x", ElementType::float32, {1ll << 62, 1ll << 62}, values)),
              HasSubstr("is not"));
  EXPECT_THAT(refusal(tensor_of("x", ElementType::float64, {1, 1}, values)), HasSubstr("m.onnx"));
  EXPECT_THAT(refusal(tensor_of("z", ElementType::float32, {1, 2}, values)), HasSubstr("m.onnx"));
  EXPECT_THAT(refusal({"x", {ElementType::other, {}, {}, {}}}), HasSubstr("is not"));
}

}  // namespace
}  // namespace poss::infer
