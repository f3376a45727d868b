// Operators over the picture's plane: convolutions, pools and resizing; and the fully connected
// layer.
#include <array>

#include "convert/operators.h"

namespace poss::convert {
namespace {

using Op = tflite::BuiltinOperator;

template <class Options>
Sliding sliding_of(const Options& options) {
  Sliding out;
  out.stride_h = options.stride_h();
  out.stride_w = options.stride_w();
  out.padding = options.padding() == tflite::Padding::SAME ? Padding::same : Padding::valid;
  return out;
}

// The bias, where there is one.
Result<std::optional<Value>> bias(Step& step, size_t input) {
  if (!step.has(input)) return std::nullopt;
  POSS_ASSIGN(Value value, step.weights(input, 1));
  return value;
}

Result<Values> convolve(Step& step, const Value& in, const Value& weights, std::int64_t groups,
                        const Sliding& sliding, tflite::Activation activation) {
  POSS_ASSIGN(const auto biases, bias(step, 2));
  std::string name;
  POSS_ASSIGN(const Value out,
              step.named(convolution(step.graph, in, weights, groups, sliding, biases, &name)));
  step.keep_scales(name);
  return step.finished(out, activation);
}

Result<Values> conv_2d(Step& step) {
  const auto* options = step.table().options_as_Conv2DOptions();
  if (!options) return step.missing_options();
  POSS_ASSIGN(const Value in, step.real(0, 4));
  POSS_ASSIGN(const Value weights, step.weights(1, 4));  // [outputs, kh, kw, inputs of a group]
  Sliding sliding = sliding_of(*options);
  sliding.dilation_h = options->dilation_h();
  sliding.dilation_w = options->dilation_w();
  return convolve(step, in, weights, in.shape[3] / weights.shape[3], sliding,
                  options->activation());
}

Result<Values> depthwise_conv_2d(Step& step) {
  const auto* options = step.table().options_as_DepthwiseConv2DOptions();
  if (!options) return step.missing_options();
  POSS_ASSIGN(const Value in, step.real(0, 4));
  POSS_ASSIGN(const Value weights, step.weights(1, 4));  // [1, kh, kw, channels · multiplier]
  if (weights.shape[0] != 1) {
    return step.error("has filters " + shape_text(weights.shape) + " for " +
                      std::to_string(in.shape[3]) + " channels");
  }
  Sliding sliding = sliding_of(*options);
  sliding.dilation_h = options->dilation_h();
  sliding.dilation_w = options->dilation_w();
  return convolve(step, in, step.graph.transpose(weights, {3, 1, 2, 0}), in.shape[3], sliding,
                  options->activation());
}

Result<Values> transpose_conv(Step& step) {
  const auto* options = step.table().options_as_TransposeConvOptions();
  if (!options) return step.missing_options();
  POSS_ASSIGN(const Value weights, step.weights(1, 4));  // [outputs, kh, kw, inputs]
  POSS_ASSIGN(const Value in, step.real(2, 4));
  POSS_ASSIGN(const auto biases, bias(step, 3));
  POSS_ASSIGN(const Value out,
              step.named(transposed_convolution(step.graph, in, weights, step.output().shape,
                                                sliding_of(*options), biases)));
  return step.finished(out, options->activation());
}

Result<Values> pool_2d(Step& step, const char* op) {
  const auto* options = step.table().options_as_Pool2DOptions();
  if (!options) return step.missing_options();
  POSS_ASSIGN(const Value in, step.real(0, 4));
  POSS_ASSIGN(const Value out, step.named(pool(step.graph, op, in, options->filter_h(),
                                               options->filter_w(), sliding_of(*options))));
  return step.finished(out, options->activation());
}

Result<Values> max_pool(Step& step) { return pool_2d(step, "MaxPool"); }
Result<Values> average_pool(Step& step) { return pool_2d(step, "AveragePool"); }

template <class Options>
Result<Values> resize_to(Step& step, const Options* options, bool nearest) {
  POSS_ASSIGN(const Value in, step.real(0, 4));
  POSS_ASSIGN(const auto size, step.integers(1));
  if (size.size() != 2) return step.error("needs a height and a width");
  Resampling resampling{nearest};
  if (options) {
    resampling.align_corners = options->align_corners();
    resampling.half_pixel = options->half_pixel_centers();
  }
  POSS_ASSIGN(Value out, step.named(resize(step.graph, in, size[0], size[1], resampling)));
  return Values{out};
}

Result<Values> resize_bilinear(Step& step) {
  return resize_to(step, step.table().options_as_ResizeBilinearOptions(), false);
}

Result<Values> resize_nearest(Step& step) {
  return resize_to(step, step.table().options_as_ResizeNearestNeighborOptions(), true);
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
  POSS_ASSIGN(const auto biases, bias(step, 2));
  std::string name;
  POSS_ASSIGN(const Value out,
              step.named(dense(step.graph, step.graph.reshape(in, {count / inputs, inputs}),
                               weights, biases, &name)));
  step.keep_scales(name);
  POSS_ASSIGN(Values made, step.finished(out, options->activation()));
  if (options->keep_num_dims()) {
    Shape shape = in.shape;
    shape.back() = outputs;
    made[0] = step.graph.reshape(made[0], shape);
  }
  return made;
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
