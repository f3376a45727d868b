// TF.js models converted and run: answers known in advance, and what is refused and how.
#include "convert/tfjs.h"

#include <cmath>

#include <gmock/gmock.h>

#include "convert/tiny_tfjs.h"
#include "oracle.h"

namespace poss::convert {
namespace {

using testing::ElementsAre;
using testing::FloatNear;
using testing::HasSubstr;
using testing::Pointwise;

// Attributes of a convolution: stride 1, SAME; `fused` in base64.
std::string conv(const std::string& fused) {
  return R"({"strides":{"list":{"i":["1","1","1","1"]}},"padding":{"s":"U0FNRQ=="},
             "data_format":{"s":"TkhXQw=="},"fused_ops":{"list":{"s":[)" +
         fused + "]}}}";
}
const std::string kBiasRelu = R"("Qmlhc0FkZA==","UmVsdQ==")";

using Outputs = std::map<std::string, std::vector<float>>;

Outputs answers(const TinyTfjs& model, int height, int width, const std::vector<float>& planes,
                const ConvertOptions& options = {}) {
  const auto made = convert_tfjs(model.json_text(), model.weights, options);
  if (!made) {
    ADD_FAILURE() << made.error().message;
    return {};
  }
  const auto outputs = run_onnx(made->onnx, height, width, planes);
  if (!outputs) ADD_FAILURE() << outputs.error().message;
  return outputs ? *outputs : Outputs();
}

std::string refusal(const TinyTfjs& model) {
  const auto made = convert_tfjs(model.json_text(), model.weights);
  EXPECT_FALSE(made);
  return made ? "" : made.error().message;
}

// Planes of 1 × 2 pixels: (1, 2, 3) and (4, 5, 6).
const std::vector<float> kPixels{1, 4, 2, 5, 3, 6};

TEST(TfjsGraph, runs_a_fused_convolution_with_half_precision_weights) {
  // Filters (1, 0, 0) and (0, −1, 0), bias 0.5 and 3, as float16.
  TinyTfjs model;
  model.picture("image", 1, 2)
      .weight("w", {1, 1, 3, 2}, std::vector<std::uint16_t>{0x3c00, 0, 0, 0xbc00, 0, 0}, "float32",
              R"({"dtype":"float16","original_dtype":"float32"})")
      .node("Const", "w")
      .floats("b", {2}, {0.5f, 3})
      .node("_FusedConv2D", "conv", {"image", "w", "b"}, conv(kBiasRelu))
      .node("Identity", "out", {"conv"});
  EXPECT_THAT(answers(model, 1, 2, kPixels)["out"], ElementsAre(1.5f, 1, 4.5f, 0));
}

TEST(TfjsGraph, reads_weights_of_8_and_16_bits) {
  TinyTfjs model;
  model.picture("image", 1, 2)
      .weight("factor", {3}, std::vector<std::uint8_t>{0, 2, 4}, "float32",
              R"({"dtype":"uint8","scale":0.5,"min":1})")
      .node("Const", "factor")
      .weight("offset", {3}, std::vector<std::uint16_t>{0, 10000, 20000}, "float32",
              R"({"dtype":"uint16","scale":0.001,"min":-10})")
      .node("Const", "offset")
      .node("Mul", "scaled", {"image", "factor"})
      .node("AddV2", "out", {"scaled", "offset"});
  // Factors 1, 2, 3 and offsets −10, 0, 10.
  EXPECT_THAT(answers(model, 1, 2, kPixels)["out"],
              Pointwise(FloatNear(1e-5f), {-9.0f, 4.0f, 19.0f, -6.0f, 10.0f, 28.0f}));
}

TEST(TfjsGraph, computes_shapes_that_the_graph_computes) {
  TinyTfjs model;
  model.picture("image", 1, 2)
      .node("Shape", "shape", {"image"})
      .integers("zero", {1}, {0})
      .integers("one", {1}, {1})
      .node("StridedSlice", "batch", {"shape", "zero", "one", "one"},
            R"({"shrink_axis_mask":{"i":"1"}})")
      .integers("six", {}, {6})
      .node("Pack", "target", {"batch", "six"}, R"({"axis":{"i":"0"}})")
      .node("Reshape", "row", {"image", "target"})
      .node("Softmax", "out", {"row"});
  ConvertOptions options;
  options.labels = std::vector<std::string>(6, "class");
  const auto made = convert_tfjs(model.json_text(), model.weights, options);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->manifest.at("task"), "classification");
  EXPECT_EQ(made->manifest.at("decoder").at("activation"), "none");
  const auto out = answers(model, 1, 2, kPixels, options)["out"];
  ASSERT_EQ(out.size(), 6u);
  EXPECT_NEAR(out[5] / out[4], std::exp(1), 1e-3);
}

TEST(TfjsGraph, takes_the_resizing_loop_of_a_detector_for_its_picture) {
  TinyTfjs model;
  model.picture("image_tensor", -1, -1, 4)
      .node("Cast", "ToFloat", {"image_tensor"}, R"({"DstT":{"type":1}})")
      .node("TensorArrayV3", "Preprocessor/map/TensorArray", {"ToFloat"})
      .integers("Preprocessor/map/while/size", {2}, {1, 2})
      .node("ResizeBilinear", "Preprocessor/map/while/Resize",
            {"Preprocessor/map/TensorArray", "Preprocessor/map/while/size"})
      .node("TensorArrayGatherV3", "Preprocessor/map/TensorArrayStack/TensorArrayGatherV3",
            {"Preprocessor/map/while/Resize"})
      .integers("shape", {3}, {1, 2, 3})
      .node("Reshape", "rows", {"Preprocessor/map/TensorArrayStack/TensorArrayGatherV3", "shape"})
      .integers("axis", {}, {2})
      .node("ConcatV2", "six", {"rows", "rows", "axis"})
      .integers("start", {3}, {0, 0, 0})
      .integers("size", {3}, {1, 2, 4})
      .node("Slice", "Postprocessor/boxes", {"six", "start", "size"})
      .node("Sigmoid", "Postprocessor/scores", {"rows"});
  const auto made = convert_tfjs(model.json_text(), model.weights);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->manifest.at("input").at("height"), 1);
  EXPECT_EQ(made->manifest.at("input").at("width"), 2);
  EXPECT_EQ(made->manifest.at("decoder").at("type"), "boxes_scores");
  EXPECT_EQ(made->manifest.at("decoder").at("box_format"), "yxyx");
  EXPECT_THAT(answers(model, 1, 2, kPixels)["Postprocessor/boxes"],
              ElementsAre(1, 2, 3, 1, 4, 5, 6, 4));
}

TEST(TfjsGraph, ends_in_front_of_non_maximum_suppression) {
  TinyTfjs model;
  model.picture("image", 1, 4)
      .integers("rows", {2}, {3, 4})
      .node("Reshape", "boxes_in", {"image", "rows"})
      .integers("axis", {1}, {1})
      .node("Mean", "scores_in", {"boxes_in", "axis"})
      .integers("count", {}, {10})
      .node("NonMaxSuppressionV5", "chosen", {"boxes_in", "scores_in", "count"})
      .node("Where", "out", {"chosen"});
  std::vector<float> planes(12);
  for (int i = 0; i < 12; ++i)
    planes[static_cast<size_t>(i % 3 * 4 + i / 3)] = static_cast<float>(i);
  const auto out = answers(model, 1, 4, planes);
  EXPECT_THAT(out.at("boxes"), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
  EXPECT_THAT(out.at("scores"), ElementsAre(1.5f, 5.5f, 9.5f));
}

TEST(TfjsGraph, asks_for_a_size_that_the_model_leaves_open) {
  TinyTfjs model;
  model.picture("image", -1, -1).node("Relu", "out", {"image"});
  EXPECT_THAT(refusal(model), HasSubstr("give a width and a height"));
  ConvertOptions options;
  options.width = 2;
  options.height = 1;
  EXPECT_EQ(answers(model, 1, 2, kPixels, options)["out"].size(), 6u);
}

TEST(TfjsGraph, names_what_it_cannot_convert) {
  TinyTfjs unknown;
  unknown.picture("image", 1, 2).node("CropAndResize", "crop", {"image"});
  EXPECT_THAT(refusal(unknown), HasSubstr("CropAndResize ('crop')"));
  TinyTfjs circle;
  circle.picture("image", 1, 2)
      .node("AddV2", "a", {"image", "b"})
      .node("Relu", "b", {"a"})
      .node("Relu", "out", {"b"});
  EXPECT_THAT(refusal(circle), HasSubstr("uses its own result"));
  TinyTfjs missing;
  missing.picture("image", 1, 2).node("AddV2", "out", {"image", "nothing"});
  EXPECT_THAT(refusal(missing), HasSubstr("'nothing', which is not there"));
}

TEST(TfjsWeights, are_checked_against_the_manifest) {
  TinyTfjs model;
  model.picture("image", 1, 2).floats("b", {3}, {1, 2, 3}).node("AddV2", "out", {"image", "b"});
  const auto json = model.json_text();
  const auto cut = convert_tfjs(json, model.weights.substr(0, 8));
  ASSERT_FALSE(cut);
  EXPECT_THAT(cut.error().message, HasSubstr("too few for weight 'b'"));
  EXPECT_FALSE(convert_tfjs(json, model.weights + "more"));
  const auto files = tfjs_weight_files(json);
  ASSERT_TRUE(files);
  EXPECT_THAT(*files, ElementsAre("group1-shard1of1.bin"));
  for (const std::string path : {"../x.bin", "/etc/passwd", "a/b.bin", ""}) {
    EXPECT_FALSE(tfjs_weight_files(R"({"modelTopology":{},"weightsManifest":[{"paths":[")" + path +
                                   R"("],"weights":[]}]})"));
  }
}

// Conv2D(2 filters) → BatchNormalization → ReLU → GlobalAveragePooling2D, as functional model
// `name`.
std::string features(const std::string& name) {
  return R"({"class_name":"Functional","config":{"name":")" + name + R"(","layers":[
    {"class_name":"InputLayer","name":"in","config":{"name":"in","batch_input_shape":[null,1,2,3]},
     "inbound_nodes":[]},
    {"class_name":"Activation","name":"act","config":{"name":"act","activation":"relu"},
     "inbound_nodes":[[["bn",0,0,{}]]]},
    {"class_name":"Conv2D","name":"conv","config":{"name":"conv","filters":2,"kernel_size":[1,1],
     "strides":[1,1],"padding":"same","data_format":"channels_last","activation":"linear",
     "use_bias":false},"inbound_nodes":[[["in",0,0,{}]]]},
    {"class_name":"BatchNormalization","name":"bn","config":{"name":"bn","axis":[3],
     "epsilon":0.0,"center":true,"scale":true},"inbound_nodes":[[["conv",0,0,{}]]]},
    {"class_name":"GlobalAveragePooling2D","name":"gap","config":{"name":"gap"},
     "inbound_nodes":[[["act",0,0,{}]]]}],
    "input_layers":[["in",0,0]],"output_layers":[["gap",0,0]]}})";
}

void feature_weights(TinyTfjs& model) {
  // Filters (1, 0, 0) and (0, 0, −1); then twice that less 1, and plus 20.
  model.weight("conv/kernel", {1, 1, 3, 2}, std::vector<float>{1, 0, 0, 0, 0, -1}, "float32")
      .weight("bn/gamma", {2}, std::vector<float>{4, 4}, "float32")
      .weight("bn/beta", {2}, std::vector<float>{-1, 20}, "float32")
      .weight("bn/moving_mean", {2}, std::vector<float>{0, 0}, "float32")
      .weight("bn/moving_variance", {2}, std::vector<float>{4, 4}, "float32");
}

TEST(TfjsLayers, runs_a_functional_model) {
  TinyTfjs model;
  model.layers(features("net"));
  feature_weights(model);
  // relu(2 · 1 − 1, 2 · 4 − 1) and relu(20 − 2 · 3, 20 − 2 · 6), averaged.
  EXPECT_THAT(answers(model, 1, 2, kPixels)["scores"], ElementsAre(4, 11));
}

TEST(TfjsLayers, runs_models_inside_of_models_as_teachable_machine_exports_them) {
  TinyTfjs model;
  model.layers(R"({"class_name":"Sequential","config":{"name":"all","layers":[
    {"class_name":"Sequential","config":{"name":"one","layers":[)" +
               features("net") + R"(]}},
    {"class_name":"Sequential","config":{"name":"two","layers":[
      {"class_name":"Dense","config":{"name":"dense","units":2,"activation":"relu",
       "use_bias":true,"batch_input_shape":[null,2]}},
      {"class_name":"Dropout","config":{"name":"drop","rate":0.5}},
      {"class_name":"Dense","config":{"name":"out","units":2,"activation":"softmax",
       "use_bias":false}}]}}]}})");
  feature_weights(model);
  model.weight("dense/kernel", {2, 2}, std::vector<float>{1, 0, 0, 1}, "float32")
      .weight("dense/bias", {2}, std::vector<float>{0, -11}, "float32")
      .weight("out/kernel", {2, 2}, std::vector<float>{.25f, 0, 0, 1}, "float32");
  ConvertOptions options;
  options.labels = {"left", "right"};
  const auto made = convert_tfjs(model.json_text(), model.weights, options);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->manifest.at("task"), "classification");
  EXPECT_EQ(made->manifest.at("decoder").at("activation"), "none");
  EXPECT_EQ(made->manifest.at("input").at("mean"), (json::value{127.5, 127.5, 127.5}));
  EXPECT_EQ(made->manifest.at("labels"), (json::value{"left", "right"}));
  // softmax(1, 0)
  const float one = std::exp(1.0f) / (std::exp(1.0f) + 1);
  EXPECT_THAT(answers(model, 1, 2, kPixels, options)["scores"],
              Pointwise(FloatNear(1e-5f), {one, 1 - one}));
  options.labels->push_back("third");
  const auto wrong = convert_tfjs(model.json_text(), model.weights, options);
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message, HasSubstr("3 labels for 2 classes"));
}

TEST(TfjsLayers, runs_every_kind_of_layer_in_a_sequence) {
  TinyTfjs model;
  model.layers(R"({"class_name":"Sequential","config":[
    {"class_name":"ZeroPadding2D","config":{"name":"pad","padding":[[0,1],[0,0]],
     "batch_input_shape":[null,1,2,3]}},
    {"class_name":"DepthwiseConv2D","config":{"name":"dw","kernel_size":[1,1],"strides":[1,1],
     "padding":"valid","use_bias":true,"activation":"linear"}},
    {"class_name":"SeparableConv2D","config":{"name":"sep","kernel_size":[1,1],"strides":[1,1],
     "padding":"valid","use_bias":false}},
    {"class_name":"LeakyReLU","config":{"name":"leak","alpha":0.5}},
    {"class_name":"ReLU","config":{"name":"relu","max_value":30}},
    {"class_name":"UpSampling2D","config":{"name":"up","size":[2,1],"interpolation":"nearest"}},
    {"class_name":"MaxPooling2D","config":{"name":"max","pool_size":[2,1],"strides":[2,1],
     "padding":"valid"}},
    {"class_name":"AveragePooling2D","config":{"name":"mean","pool_size":[1,2],
     "padding":"valid"}},
    {"class_name":"Flatten","config":{"name":"flat"}},
    {"class_name":"Reshape","config":{"name":"rows","target_shape":[2,1]}}]})");
  model.weight("dw/depthwise_kernel", {1, 1, 3, 1}, std::vector<float>{1, 2, 3}, "float32")
      .weight("dw/bias", {3}, std::vector<float>{0, 0, 1}, "float32")
      .weight("sep/depthwise_kernel", {1, 1, 3, 1}, std::vector<float>{1, 1, 1}, "float32")
      .weight("sep/pointwise_kernel", {1, 1, 3, 1}, std::vector<float>{1, 1, 1}, "float32");
  // 1 + 4 + 9 + 1 = 15 and 4 + 10 + 18 + 1 = 33, held at 30; then a row of padding: 1 and 1.
  EXPECT_THAT(answers(model, 1, 2, kPixels)["scores"], ElementsAre(22.5f, 1));
}

TEST(TfjsLayers, names_what_it_cannot_convert) {
  TinyTfjs model;
  model.layers(R"({"class_name":"Sequential","config":{"name":"m","layers":[
    {"class_name":"LSTM","config":{"name":"memory","batch_input_shape":[null,1,2,3]}}]}})");
  EXPECT_THAT(refusal(model), HasSubstr("layer LSTM ('memory') cannot be converted"));
  TinyTfjs lacking;
  lacking.layers(features("net"));
  EXPECT_THAT(refusal(lacking), HasSubstr("lacks its weight 'kernel'"));
}

}  // namespace
}  // namespace poss::convert
