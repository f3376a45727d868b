// The operators of TensorFlow's formats (TFLite, TF.js) as ONNX nodes, with TensorFlow's rules for
// padding, broadcasting and slicing. Axes are logical (NHWC). What is constant is computed here.
//
// Each error completes a sentence about the operator ("cannot join …"); the reader of the format
// puts the operator's name in front.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "convert/onnx_graph.h"

namespace poss::convert {

using Values = std::vector<Value>;
using Ints = std::vector<std::int64_t>;

Error unfit(const std::string& what);

enum class Padding { same, valid };

// How a window slides over height and width.
struct Sliding {
  std::int64_t stride_h = 1, stride_w = 1;
  std::int64_t dilation_h = 1, dilation_w = 1;
  Padding padding = Padding::valid;
  std::optional<std::array<std::int64_t, 4>> borders;  // top, bottom, left, right: for `padding`
};

struct Resampling {
  bool nearest = false;
  bool align_corners = false;
  bool half_pixel = false;
};

// An axis written from the front or from the back, as 0 … rank − 1.
Result<int> axis_of(std::int64_t written, int rank);

// The shape of two values combined element by element; none when they do not fit.
std::optional<Shape> broadcast(const Shape& a, const Shape& b);

// `weights`: [output channels, height, width, input channels of a group], constant; `bias`: one a
// channel, constant. `weights_name` gets the initialiser's name.
Result<Value> convolution(OnnxGraph& graph, const Value& in, const Value& weights,
                          std::int64_t groups, const Sliding& sliding,
                          const std::optional<Value>& bias, std::string* weights_name = nullptr);
// `weights`: [output channels, height, width, input channels]; `shape` is the result's.
Result<Value> transposed_convolution(OnnxGraph& graph, const Value& in, const Value& weights,
                                     const Shape& shape, const Sliding& sliding,
                                     const std::optional<Value>& bias);
// `op`: MaxPool or AveragePool, which averages over what lies inside the picture.
Result<Value> pool(OnnxGraph& graph, const std::string& op, const Value& in, std::int64_t height,
                   std::int64_t width, const Sliding& sliding);
Result<Value> resize(OnnxGraph& graph, const Value& in, std::int64_t height, std::int64_t width,
                     const Resampling& resampling);
// `in` [rows, inputs] with `weights` [outputs, inputs], constant.
Result<Value> dense(OnnxGraph& graph, const Value& in, const Value& weights,
                    const std::optional<Value>& bias, std::string* weights_name = nullptr);

// Two values element by element, with broadcasting; `out` is the result's type where it is not
// theirs (comparisons).
Result<Value> combine(OnnxGraph& graph, const std::string& op, const Value& a, const Value& b,
                      std::optional<Element> out = {});
Result<Value> cast(OnnxGraph& graph, const Value& in, Element type);
Result<Value> prelu(OnnxGraph& graph, const Value& in, const Value& slope);
Value softmax(OnnxGraph& graph, const Value& in, int axis);
// `op`: ReduceMean, ReduceSum, ReduceMax, ReduceMin or ReduceProd.
Result<Value> reduce(OnnxGraph& graph, const std::string& op, const Value& in, const Ints& axes,
                     bool keep);

// A reshape that must not change the number of elements; one size may be −1.
Result<Value> reshape(OnnxGraph& graph, const Value& in, Shape shape);
Result<Value> transpose(OnnxGraph& graph, const Value& in, const Ints& permutation);
Result<Value> join(OnnxGraph& graph, const Values& values, std::int64_t axis);
// Joins along a new axis.
Result<Value> stack(OnnxGraph& graph, const Values& values, std::int64_t axis);
Result<Values> cut(OnnxGraph& graph, const Value& in, const Ints& sizes, std::int64_t axis);
// The opposite of stack().
Result<Values> unstack(OnnxGraph& graph, const Value& in, std::int64_t axis);
// `size` −1: to the end.
Result<Value> slice(OnnxGraph& graph, const Value& in, const Ints& begin, const Ints& size);

struct StridedSlice {
  Ints begin, end, strides;
  std::int64_t begin_mask = 0, end_mask = 0, shrink_axis_mask = 0, ellipsis_mask = 0,
               new_axis_mask = 0;
};
Result<Value> strided_slice(OnnxGraph& graph, const Value& in, const StridedSlice& range);

// `pads`: [rank, 2]; `mode`: constant or reflect.
Result<Value> pad(OnnxGraph& graph, const Value& in, const Ints& pads, const std::string& mode,
                  float fill = 0);
Result<Value> gather(OnnxGraph& graph, const Value& in, const Value& indices, std::int64_t axis);
// Block rearrangement: the depth of a block counts row, column, channel, as ONNX's DCR does.
Result<Value> blocks(OnnxGraph& graph, const Value& in, std::int64_t side, bool to_space);

}  // namespace poss::convert
