// Operators over the picture's plane: convolutions, pools and resizing; and the fully connected
// layer.
#include <algorithm>
#include <array>

#include "convert/operators.h"

namespace poss::convert {
namespace {

using Values = std::vector<Value>;
using Ints = std::vector<std::int64_t>;
using Op = tflite::BuiltinOperator;

// A window that slides over one axis.
struct Window {
  std::int64_t size = 0;
  std::int64_t stride = 0;
  std::int64_t dilation = 1;
  std::int64_t output = 0;  // number of places
  std::int64_t before = 0;  // padding
  std::int64_t after = 0;
};

// SAME and VALID as TensorFlow defines them: SAME makes ceil(input / stride) places and puts the
// odd element of padding behind.
bool place(Window& window, std::int64_t input, tflite::Padding padding) {
  constexpr std::int64_t kMost = 1 << 16;
  for (const auto number : {window.size, window.stride, window.dilation}) {
    if (number < 1 || number > kMost) return false;
  }
  const auto extent = (window.size - 1) * window.dilation + 1;
  if (padding == tflite::Padding::SAME) {
    window.output = (input + window.stride - 1) / window.stride;
    const auto total =
        std::max<std::int64_t>(0, (window.output - 1) * window.stride + extent - input);
    window.before = total / 2;
    window.after = total - total / 2;
  } else {
    window.output = input < extent ? 0 : (input - extent) / window.stride + 1;
  }
  return window.output >= 1;
}

std::vector<Attribute> attributes(const Window& h, const Window& w) {
  return {{"kernel_shape", Ints{h.size, w.size}},
          {"strides", Ints{h.stride, w.stride}},
          {"pads", Ints{h.before, w.before, h.after, w.after}}};
}

// The bias (input 2) as an initialiser; "" when there is none.
Result<std::string> bias(Step& step, size_t input, std::int64_t channels) {
  if (!step.has(input)) return std::string();
  POSS_ASSIGN(const Value value, step.weights(input, 1));
  if (value.shape[0] != channels) {
    return step.error("has " + std::to_string(value.shape[0]) + " biases for " +
                      std::to_string(channels) + " channels");
  }
  return step.graph.floats(value.shape, value.constant->floats);
}

struct Filter {
  Value weights;  // [output channels, kh, kw, input channels of a group]
  std::int64_t groups = 1;
  Window h, w;
};

Result<Values> convolve(Step& step, const Value& in, Filter filter, tflite::Padding padding,
                        tflite::Activation activation) {
  filter.h.size = filter.weights.shape[1];
  filter.w.size = filter.weights.shape[2];
  if (!place(filter.h, in.shape[1], padding) || !place(filter.w, in.shape[2], padding)) {
    return step.error("cannot slide a window " + shape_text(filter.weights.shape) + " over " +
                      shape_text(in.shape));
  }
  const auto channels = filter.weights.shape[0];
  const Shape shape{in.shape[0], filter.h.output, filter.w.output, channels};
  if (!element_count(shape)) return step.error("makes too large a tensor " + shape_text(shape));
  std::vector<std::string> inputs{step.graph.as(in, kNchw), step.graph.as(filter.weights, kNchw)};
  step.keep_scales(inputs[1]);
  POSS_ASSIGN(const auto bias_name, bias(step, 2, channels));
  if (!bias_name.empty()) inputs.push_back(bias_name);
  auto options = attributes(filter.h, filter.w);
  options.push_back({"dilations", Ints{filter.h.dilation, filter.w.dilation}});
  options.push_back({"group", filter.groups});
  const Value out = step.graph.node("Conv", inputs, shape, kNchw, Element::f32, options);
  POSS_ASSIGN(Value finished, step.finish(out, activation));
  return Values{finished};
}

Result<Values> conv_2d(Step& step) {
  const auto* options = step.table().options_as_Conv2DOptions();
  if (!options) return step.missing_options();
  POSS_ASSIGN(const Value in, step.real(0, 4));
  Filter filter;
  POSS_ASSIGN(filter.weights, step.weights(1, 4));
  const auto channels = in.shape[3], each = filter.weights.shape[3];
  filter.groups = channels / each;
  if (channels % each != 0 || filter.weights.shape[0] % filter.groups != 0) {
    return step.error("has filters " + shape_text(filter.weights.shape) + " for " +
                      std::to_string(channels) + " channels");
  }
  filter.h = {0, options->stride_h(), options->dilation_h()};
  filter.w = {0, options->stride_w(), options->dilation_w()};
  return convolve(step, in, filter, options->padding(), options->activation());
}

Result<Values> depthwise_conv_2d(Step& step) {
  const auto* options = step.table().options_as_DepthwiseConv2DOptions();
  if (!options) return step.missing_options();
  POSS_ASSIGN(const Value in, step.real(0, 4));
  POSS_ASSIGN(const Value weights, step.weights(1, 4));  // [1, kh, kw, channels · multiplier]
  if (weights.shape[0] != 1 || weights.shape[3] % in.shape[3] != 0) {
    return step.error("has filters " + shape_text(weights.shape) + " for " +
                      std::to_string(in.shape[3]) + " channels");
  }
  Filter filter;
  filter.weights = step.graph.transpose(weights, {3, 1, 2, 0});
  filter.groups = in.shape[3];
  filter.h = {0, options->stride_h(), options->dilation_h()};
  filter.w = {0, options->stride_w(), options->dilation_w()};
  return convolve(step, in, filter, options->padding(), options->activation());
}

Result<Values> transpose_conv(Step& step) {
  const auto* options = step.table().options_as_TransposeConvOptions();
  if (!options) return step.missing_options();
  const Shape shape = step.output().shape;
  POSS_ASSIGN(const Value weights, step.weights(1, 4));  // [outputs, kh, kw, inputs]
  POSS_ASSIGN(const Value in, step.real(2, 4));
  Window h{weights.shape[1], options->stride_h()};
  Window w{weights.shape[2], options->stride_w()};
  // It is the gradient of a convolution from the output's size to the input's.
  const bool fits = shape.size() == 4 && shape[0] == in.shape[0] && shape[3] == weights.shape[0] &&
                    in.shape[3] == weights.shape[3] && place(h, shape[1], options->padding()) &&
                    h.output == in.shape[1] && place(w, shape[2], options->padding()) &&
                    w.output == in.shape[2];
  if (!fits) {
    return step.error("cannot make " + shape_text(shape) + " from " + shape_text(in.shape) +
                      " with filters " + shape_text(weights.shape));
  }
  // Rows that no window reaches lie behind the others.
  const auto beyond = [](const Window& window, std::int64_t size) {
    return size -
           ((window.output - 1) * window.stride + window.size - window.before - window.after);
  };
  std::vector<std::string> inputs{step.graph.as(in, kNchw), step.graph.as(weights, {3, 0, 1, 2})};
  POSS_ASSIGN(const auto bias_name, bias(step, 3, shape[3]));
  if (!bias_name.empty()) inputs.push_back(bias_name);
  auto list = attributes(h, w);
  list.push_back({"output_padding", Ints{beyond(h, shape[1]), beyond(w, shape[2])}});
  const Value out = step.graph.node("ConvTranspose", inputs, shape, kNchw, Element::f32, list);
  POSS_ASSIGN(Value finished, step.finish(out, options->activation()));
  return Values{finished};
}

Result<Values> pool(Step& step, const char* op) {
  const auto* options = step.table().options_as_Pool2DOptions();
  if (!options) return step.missing_options();
  POSS_ASSIGN(const Value in, step.real(0, 4));
  Window h{options->filter_h(), options->stride_h()};
  Window w{options->filter_w(), options->stride_w()};
  if (!place(h, in.shape[1], options->padding()) || !place(w, in.shape[2], options->padding())) {
    return step.error("cannot slide its window over " + shape_text(in.shape));
  }
  const Shape shape{in.shape[0], h.output, w.output, in.shape[3]};
  const Value out =
      step.graph.node(op, {step.graph.as(in, kNchw)}, shape, kNchw, Element::f32, attributes(h, w));
  POSS_ASSIGN(Value finished, step.finish(out, options->activation()));
  return Values{finished};
}

Result<Values> max_pool(Step& step) { return pool(step, "MaxPool"); }
// Both average over what lies inside the picture: ONNX does not count padding unless told.
Result<Values> average_pool(Step& step) { return pool(step, "AveragePool"); }

Result<Values> resize(Step& step, bool align_corners, bool half_pixel, bool nearest) {
  POSS_ASSIGN(const Value in, step.real(0, 4));
  POSS_ASSIGN(const auto size, step.integers(1));
  if (size.size() != 2) return step.error("needs a height and a width");
  const Shape shape{in.shape[0], size[0], size[1], in.shape[3]};
  if (!element_count(shape)) return step.error("cannot resize to " + shape_text(shape));
  if (shape == in.shape) return Values{in};
  std::vector<Attribute> list{
      {"mode", std::string(nearest ? "nearest" : "linear")},
      {"coordinate_transformation_mode", std::string(align_corners ? "align_corners"
                                                     : half_pixel  ? "half_pixel"
                                                                   : "asymmetric")}};
  // TFLite rounds to the nearest with aligned corners; with half pixels it floors x + 0.5, which
  // is the same rounding; else it floors.
  if (nearest) {
    list.push_back(
        {"nearest_mode", std::string(align_corners || half_pixel ? "round_prefer_ceil" : "floor")});
  }
  const auto sizes = step.graph.integers(Ints{shape[0], shape[3], shape[1], shape[2]});
  return Values{step.graph.node("Resize", {step.graph.as(in, kNchw), "", "", sizes}, shape, kNchw,
                                Element::f32, list)};
}

Result<Values> resize_bilinear(Step& step) {
  const auto* options = step.table().options_as_ResizeBilinearOptions();
  return resize(step, options && options->align_corners(), options && options->half_pixel_centers(),
                false);
}

Result<Values> resize_nearest(Step& step) {
  const auto* options = step.table().options_as_ResizeNearestNeighborOptions();
  return resize(step, options && options->align_corners(), options && options->half_pixel_centers(),
                true);
}

Result<Values> fully_connected(Step& step) {
  const auto* options = step.table().options_as_FullyConnectedOptions();
  if (!options) return step.missing_options();
  if (options->weights_format() != 0) return step.error("has shuffled weights");
  POSS_ASSIGN(const Value in, step.real(0));
  POSS_ASSIGN(const Value weights, step.weights(1, 2));  // [outputs, inputs]
  const auto outputs = weights.shape[0], inputs = weights.shape[1];
  const auto count = *element_count(in.shape);
  if (count % inputs != 0 ||
      (options->keep_num_dims() && (in.shape.empty() || in.shape.back() != inputs))) {
    return step.error("has weights " + shape_text(weights.shape) + " for " + shape_text(in.shape));
  }
  const auto rows = count / inputs;
  Shape shape{rows, outputs};
  if (!element_count(shape)) return step.error("makes too large a tensor " + shape_text(shape));
  std::vector<std::string> names{step.graph.plain(step.graph.reshape(in, {rows, inputs})),
                                 step.graph.plain(weights)};
  step.keep_scales(names[1]);
  POSS_ASSIGN(const auto bias_name, bias(step, 2, outputs));
  if (!bias_name.empty()) names.push_back(bias_name);
  const Value out = step.graph.node("Gemm", names, shape, plain_order(2), Element::f32,
                                    {{"transB", std::int64_t{1}}});
  POSS_ASSIGN(const Value finished, step.finish(out, options->activation()));
  if (options->keep_num_dims()) {
    shape = in.shape;
    shape.back() = outputs;
  }
  return Values{step.graph.reshape(finished, shape)};
}

constexpr auto kOperators = std::to_array<OperatorEntry>({
    {Op::CONV_2D, conv_2d},
    {Op::DEPTHWISE_CONV_2D, depthwise_conv_2d},
    {Op::TRANSPOSE_CONV, transpose_conv},
    {Op::MAX_POOL_2D, max_pool},
    {Op::AVERAGE_POOL_2D, average_pool},
    {Op::RESIZE_BILINEAR, resize_bilinear},
    {Op::RESIZE_NEAREST_NEIGHBOR, resize_nearest},
    {Op::FULLY_CONNECTED, fully_connected},
});

}  // namespace

std::span<const OperatorEntry> convolution_operators() { return kOperators; }

}  // namespace poss::convert
