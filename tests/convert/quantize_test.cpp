// Static INT8 of float models, end to end: observed, run on pictures, quantised, run again.
#include "convert/quantize.h"

#include <cmath>
#include <set>

#include <gmock/gmock.h>
#include <onnx/onnx_pb.h>

#include "infer/session.h"
#include "infer/test_graph.h"

namespace poss::convert {
namespace {

using infer::NamedTensor;
using infer::TestFolder;
using infer::TestGraph;
using testing::HasSubstr;

// All outputs of the model on the picture [1, 3, 4, 4], by name.
std::map<std::string, std::vector<float>> run(const std::string& onnx,
                                              const std::vector<float>& picture) {
  const TestFolder folder;
  folder.write("model.onnx", onnx);
  const auto session = infer::Session::open(folder.path() / "model.onnx", 1);
  std::map<std::string, std::vector<float>> out;
  if (!session) {
    ADD_FAILURE() << session.error().message;
    return out;
  }
  const std::vector<std::int64_t> shape{1, 3, 4, 4};
  const infer::InputTensor input{0, std::as_bytes(std::span(picture)), shape};
  std::vector<size_t> wanted;
  for (size_t i = 0; i < (*session)->outputs().size(); ++i) wanted.push_back(i);
  const auto outputs = (*session)->run(std::span(&input, 1), wanted);
  if (!outputs) {
    ADD_FAILURE() << outputs.error().message;
    return out;
  }
  for (const size_t i : wanted) {
    const auto values = outputs->tensors[i].values;
    out[(*session)->outputs()[i].name].assign(values.begin(), values.end());
  }
  return out;
}

std::vector<float> picture(int seed) {
  std::vector<float> out(48);
  for (size_t i = 0; i < out.size(); ++i) {
    out[i] = 0.5f + 0.5f * std::sin(static_cast<float>(i * i) * 0.37f + static_cast<float>(seed));
  }
  return out;
}

std::vector<float> weights(int count, int seed) {
  std::vector<float> out;
  for (int i = 0; i < count; ++i) {
    out.push_back(std::sin(static_cast<float>(i) * 1.7f + static_cast<float>(seed)));
  }
  return out;
}

// Conv → BatchNormalization → Relu, then Conv → Sigmoid · itself, added to the first, Conv →
// Reshape → Sigmoid → Exp. Opset 11.
std::string network() {
  TestGraph g;
  g.input("x", {1, 3, 4, 4})
      .constant("w1", {4, 3, 1, 1}, weights(12, 1))
      .constant("scale", {4}, {1, 2, 0.5f, 1})
      .constant("bias", {4}, {0.1f, 0, -0.1f, 0.2f})
      .constant("mean", {4}, {0, 0.1f, 0.2f, 0})
      .constant("variance", {4}, {1, 1, 2, 0.5f})
      .constant("w2", {4, 4, 1, 1}, weights(16, 2))
      .constant("b2", {4}, weights(4, 3))
      .constant("w3", {2, 4, 1, 1}, weights(8, 4));
  g.node("Conv", {"x", "w1"}, "c1");
  g.node("BatchNormalization", {"c1", "scale", "bias", "mean", "variance"}, "n1");
  g.node("Relu", {"n1"}, "r1");
  g.node("Conv", {"r1", "w2", "b2"}, "c2");
  g.node("Sigmoid", {"c2"}, "s2");
  g.node("Mul", {"c2", "s2"}, "m2");
  g.node("Add", {"m2", "r1"}, "a2");
  g.node("Conv", {"a2", "w3"}, "c3");
  g.node("Sigmoid", {"c3"}, "s3");
  g.node("Exp", {"s3"}, "out");
  g.output("out", {1, 2, 4, 4});
  return g.bytes();
}

Result<QuantizedModel> quantised(const std::string& onnx) {
  POSS_ASSIGN(const auto observed, observe(onnx));
  RangeCollector collector(100);
  for (int seed = 0; seed < 8; ++seed) {
    const auto shown = run(observed.onnx, picture(seed));
    for (const auto& tensor : observed.tensors) {
      if (tensor == "x") {
        collector.add(tensor, picture(seed));
      } else {
        collector.add(tensor, shown.at(tensor));
      }
    }
  }
  return quantize_onnx(onnx, collector.ranges());
}

TEST(Quantize, computes_nearly_the_same_as_the_float_model) {
  const auto onnx = network();
  const auto made = quantised(onnx);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->quantized, 3);
  EXPECT_EQ(made->left, 0);
  for (int seed = 20; seed < 24; ++seed) {
    const auto real = run(onnx, picture(seed)).at("out");
    const auto fast = run(made->onnx, picture(seed)).at("out");
    ASSERT_EQ(real.size(), fast.size());
    for (size_t i = 0; i < real.size(); ++i) EXPECT_NEAR(fast[i], real[i], 0.06) << i;
  }
}

TEST(Quantize, folds_what_follows_a_convolution_and_leaves_the_decoding_in_float) {
  const auto made = quantised(network());
  ASSERT_TRUE(made);
  onnx::ModelProto model;
  ASSERT_TRUE(model.ParseFromString(made->onnx));
  std::map<std::string, const onnx::NodeProto*> producers;
  for (const auto& node : model.graph().node()) {
    EXPECT_NE(node.op_type(), "BatchNormalization");
    EXPECT_NE(node.op_type(), "Relu");  // the bytes behind it hold nothing below 0
    for (const auto& output : node.output()) producers[output] = &node;
  }
  const auto& last = *producers.at("out");
  EXPECT_EQ(last.op_type(), "Exp");
  EXPECT_EQ(producers.at(last.input(0))->op_type(), "Sigmoid");
}

TEST(Quantize, gives_the_same_bytes_twice) {
  const auto one = quantised(network()), two = quantised(network());
  ASSERT_TRUE(one && two);
  EXPECT_EQ(one->onnx, two->onnx);
}

TEST(Quantize, refuses_what_it_cannot_keep_right) {
  EXPECT_THAT(observe("not a model").error().message, HasSubstr("not an ONNX file"));
  const auto made = quantised(network());
  ASSERT_TRUE(made);
  EXPECT_THAT(observe(made->onnx).error().message, HasSubstr("quantised already"));
  EXPECT_THAT(quantize_onnx(network(), {}).error().message, HasSubstr("known range"));
  TestGraph old;
  old.input("x", {1, 3, 4, 4}).output("y", {1, 3, 4, 4});
  old.node("Relu", {"x"}, "y");
  onnx::ModelProto model;
  ASSERT_TRUE(model.ParseFromString(old.bytes()));
  model.mutable_opset_import(0)->set_version(9);
  EXPECT_THAT(observe(model.SerializeAsString()).error().message, HasSubstr("opset 9"));
}

TEST(RangeCollector, covers_all_pictures_and_leaves_out_the_rarest_values) {
  RangeCollector all(100);
  all.add("t", std::vector<float>{-1, 0, 5});
  all.add("t", std::vector<float>{-3, 0, 7, INFINITY});
  EXPECT_EQ(all.ranges().at("t").least, -3);
  EXPECT_EQ(all.ranges().at("t").most, 7);
  EXPECT_EQ(all.ranges().at("t").lowest, -3);
  EXPECT_EQ(all.ranges().at("t").highest, 7);
  RangeCollector most(99);
  std::vector<float> values(1000, 1);
  for (size_t i = 0; i < 5; ++i) values[i * 100] = 1000;
  most.add("t", values);
  EXPECT_EQ(most.ranges().at("t").most, 1);
  EXPECT_EQ(most.ranges().at("t").highest, 1000);
}

}  // namespace
}  // namespace poss::convert
