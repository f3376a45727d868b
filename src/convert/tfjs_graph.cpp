// Graph models of TensorFlow.js: a TensorFlow GraphDef as JSON, converted backwards from its
// outputs.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>
#include <unordered_map>

#include "convert/tfjs_model.h"

namespace poss::convert {
namespace {

constexpr size_t kMostNodes = 100'000;
constexpr size_t kMostValues = 500'000;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct GraphNode {
  std::string name, op;
  std::vector<std::string> inputs;  // "node" or "node:output"; without control inputs
  const json::object* attributes = nullptr;
  bool used = false;  // as an input of another node
};

std::string node_of(const std::string& input) { return input.substr(0, input.rfind(':')); }

size_t output_of(const std::string& input) {
  const auto colon = input.rfind(':');
  if (colon == std::string::npos) return 0;
  return static_cast<size_t>(
      std::clamp<std::int64_t>(as_integer(json::value(input.substr(colon + 1))).value_or(0), 0,
                               static_cast<std::int64_t>(kMostNodes)));
}

// "s" of an attribute: base64 text, or an array of bytes.
std::string text_of(const json::value& value) {
  std::string out;
  if (const auto* bytes = value.if_array()) {
    for (const auto& byte : *bytes) out += static_cast<char>(as_integer(byte).value_or('?'));
    return out;
  }
  const auto* text = value.if_string();
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text ? std::string_view(*text) : std::string_view()) {
    constexpr std::string_view kDigits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const auto digit = kDigits.find(c);
    if (digit == std::string_view::npos) break;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count & 0xff);
    }
  }
  return out;
}

std::optional<Element> element_of_type(const json::object& attribute) {
  const auto name = text_at(attribute, "type");
  const auto number = integer_at(attribute, "type", 0);
  if (name == "DT_FLOAT" || number == 1) return Element::f32;
  // TF.js computes all whole numbers with 32 bits.
  if (name == "DT_INT32" || name == "DT_INT64" || name == "DT_UINT8" || number == 3 ||
      number == 9 || number == 4) {
    return Element::i32;
  }
  if (name == "DT_BOOL" || number == 10) return Element::boolean;
  return std::nullopt;
}

// The conversion of one node: its inputs as values, its attributes. Thread-bound.
struct GraphStep {
  OnnxGraph& graph;
  const GraphNode& node;
  Values inputs;

  Error error(const std::string& what) const {
    return {Code::invalid_argument, "operator " + clean_text(node.op, 60) + " ('" +
                                        clean_text(node.name, 200) + "') " + what};
  }
  const json::object* attribute(std::string_view name) const {
    return node.attributes ? object_at(*node.attributes, name) : nullptr;
  }
  std::int64_t integer(std::string_view name, std::int64_t otherwise) const {
    const auto* found = attribute(name);
    return found ? integer_at(*found, "i", otherwise) : otherwise;
  }
  float real(std::string_view name, double otherwise) const {
    const auto* found = attribute(name);
    return static_cast<float>(found ? number_at(*found, "f", otherwise) : otherwise);
  }
  bool flag(std::string_view name) const {
    const auto* found = attribute(name);
    return found && flag_at(*found, "b", false);
  }
  std::string text(std::string_view name) const {
    const auto* found = attribute(name);
    const auto* value = found ? found->if_contains("s") : nullptr;
    return value ? text_of(*value) : "";
  }
  Ints integers(std::string_view name) const {
    Ints out;
    const auto* found = attribute(name);
    const auto* list = found ? object_at(*found, "list") : nullptr;
    const auto* numbers = list ? array_at(*list, "i") : nullptr;
    if (numbers) {
      for (const auto& number : *numbers) out.push_back(as_integer(number).value_or(0));
    }
    return out;
  }
  std::vector<std::string> texts(std::string_view name) const {
    std::vector<std::string> out;
    const auto* found = attribute(name);
    const auto* list = found ? object_at(*found, "list") : nullptr;
    const auto* all = list ? array_at(*list, "s") : nullptr;
    if (all) {
      for (const auto& one : *all) out.push_back(text_of(one));
    }
    return out;
  }

  Result<Value> input(size_t index) const {
    if (index >= inputs.size()) return error("lacks its input " + std::to_string(index));
    return inputs[index];
  }
  // The elements of a constant input of whole numbers.
  Result<Ints> constant(size_t index) const {
    POSS_ASSIGN(const Value value, input(index));
    if (!value.is_constant() || value.type == Element::f32) {
      return error("computes its input " + std::to_string(index) +
                   ", which must be constant whole numbers");
    }
    return value.constant->integers;
  }
  Result<std::int64_t> constant_number(size_t index) const {
    POSS_ASSIGN(const Ints numbers, constant(index));
    if (numbers.size() != 1) return error("expects one number");
    return numbers[0];
  }
  Result<std::vector<float>> constant_floats(size_t index) const {
    POSS_ASSIGN(const Value value, input(index));
    if (!value.is_constant() || value.type != Element::f32) {
      return error("computes its input " + std::to_string(index) + ", which must be constant");
    }
    return value.constant->floats;
  }

  template <class T>
  Result<T> named(Result<T> made) const {
    if (made) return made;
    return error(made.error().message);
  }
};

using Convert = Result<Values> (*)(GraphStep& step);

Result<Values> one(GraphStep& step, Result<Value> made) {
  POSS_ASSIGN(Value out, step.named(std::move(made)));
  return Values{out};
}

Result<Values> pass(GraphStep& step) { return one(step, step.input(0)); }

// What is fused behind a convolution or a matrix product.
Result<Values> fused(GraphStep& step, Value value) {
  size_t next = 2;
  for (const auto& op : step.texts("fused_ops")) {
    if (op == "BiasAdd") {
      ++next;  // taken by the convolution itself
    } else if (op == "Relu") {
      value = step.graph.clip(value, 0, kInfinity);
    } else if (op == "Relu6") {
      value = step.graph.clip(value, 0, 6);
    } else if (op == "LeakyRelu") {
      value = step.graph.unary("LeakyRelu", value, {{"alpha", step.real("leakyrelu_alpha", 0.2)}});
    } else if (op == "Elu" || op == "Sigmoid" || op == "Tanh") {
      value = step.graph.unary(op, value);
    } else if (op == "Prelu") {
      POSS_ASSIGN(const Value slope, step.input(next++));
      POSS_ASSIGN(value, step.named(prelu(step.graph, value, slope)));
    } else {
      return step.error("is fused with '" + clean_text(op, 40) + "', which is not supported");
    }
  }
  return Values{value};
}

Result<std::optional<Value>> fused_bias(GraphStep& step) {
  const auto ops = step.texts("fused_ops");
  if (ops.empty() || ops[0] != "BiasAdd") return std::nullopt;
  POSS_ASSIGN(Value bias, step.input(2));
  return bias;
}

Result<Sliding> sliding_of(GraphStep& step) {
  const auto format = step.text("data_format");
  if (!format.empty() && format != "NHWC") {
    return step.error("stores pictures as " + clean_text(format, 20) + "; only NHWC is supported");
  }
  const auto strides = step.integers("strides"), dilations = step.integers("dilations");
  const auto padding = step.text("padding");
  Sliding out;
  if (strides.size() == 4) {
    out.stride_h = strides[1];
    out.stride_w = strides[2];
  }
  if (dilations.size() == 4) {
    out.dilation_h = dilations[1];
    out.dilation_w = dilations[2];
  }
  if (padding == "SAME") {
    out.padding = Padding::same;
  } else if (padding == "EXPLICIT") {
    const auto borders = step.integers("explicit_paddings");
    if (borders.size() != 8) return step.error("has damaged borders");
    out.borders = {borders[2], borders[3], borders[4], borders[5]};
  } else if (padding != "VALID") {
    return step.error("has the padding '" + clean_text(padding, 20) + "'");
  }
  return out;
}

Result<Values> conv_2d(GraphStep& step) {
  POSS_ASSIGN(const Value in, step.input(0));
  POSS_ASSIGN(const Value weights, step.input(1));  // [kh, kw, inputs of a group, outputs]
  POSS_ASSIGN(const Sliding sliding, sliding_of(step));
  POSS_ASSIGN(const auto bias, fused_bias(step));
  if (in.rank() != 4 || weights.rank() != 4 || in.shape[3] % weights.shape[2] != 0) {
    return step.error("has filters " + shape_text(weights.shape) + " for " + shape_text(in.shape));
  }
  POSS_ASSIGN(Value out,
              step.named(convolution(step.graph, in, step.graph.transpose(weights, {3, 0, 1, 2}),
                                     in.shape[3] / weights.shape[2], sliding, bias)));
  return fused(step, out);
}

Result<Values> depthwise_conv_2d(GraphStep& step) {
  POSS_ASSIGN(const Value in, step.input(0));
  POSS_ASSIGN(const Value weights, step.input(1));  // [kh, kw, inputs, multiplier]
  POSS_ASSIGN(const Sliding sliding, sliding_of(step));
  POSS_ASSIGN(const auto bias, fused_bias(step));
  if (in.rank() != 4 || weights.rank() != 4 || !weights.is_constant()) {
    return step.error("has filters " + shape_text(weights.shape) + " for " + shape_text(in.shape));
  }
  const auto& s = weights.shape;
  const Value each =
      step.graph.reshape(step.graph.transpose(weights, {2, 3, 0, 1}), {s[2] * s[3], s[0], s[1], 1});
  POSS_ASSIGN(Value out, step.named(convolution(step.graph, in, each, in.shape[3], sliding, bias)));
  return fused(step, out);
}

Result<Values> conv_2d_backprop(GraphStep& step) {
  POSS_ASSIGN(const Ints shape, step.constant(0));
  POSS_ASSIGN(const Value weights, step.input(1));  // [kh, kw, outputs, inputs]
  POSS_ASSIGN(const Value in, step.input(2));
  POSS_ASSIGN(const Sliding sliding, sliding_of(step));
  if (weights.rank() != 4) return step.error("has filters " + shape_text(weights.shape));
  return one(step,
             transposed_convolution(step.graph, in, step.graph.transpose(weights, {2, 0, 1, 3}),
                                    shape, sliding, std::nullopt));
}

Result<Values> batch_norm(GraphStep& step) {
  POSS_ASSIGN(const Value in, step.input(0));
  std::array<std::vector<float>, 4> numbers;  // scale, offset, mean, variance
  for (size_t i = 0; i < 4; ++i) {
    POSS_ASSIGN(numbers[i], step.constant_floats(i + 1));
    if (numbers[i].size() != numbers[0].size()) return step.error("has numbers that do not fit");
  }
  const double epsilon = step.real("epsilon", 1e-4);
  std::vector<float> factor, offset;
  for (size_t i = 0; i < numbers[0].size(); ++i) {
    const double by = numbers[0][i] / std::sqrt(numbers[3][i] + epsilon);
    factor.push_back(static_cast<float>(by));
    offset.push_back(static_cast<float>(numbers[1][i] - numbers[2][i] * by));
  }
  const Shape shape{static_cast<std::int64_t>(factor.size())};
  POSS_ASSIGN(const Value scaled,
              step.named(combine(step.graph, "Mul", in, OnnxGraph::constant(shape, factor))));
  return one(step, combine(step.graph, "Add", scaled, OnnxGraph::constant(shape, offset)));
}

Result<Values> pool_2d(GraphStep& step, const char* op) {
  POSS_ASSIGN(const Value in, step.input(0));
  POSS_ASSIGN(const Sliding sliding, sliding_of(step));
  const auto size = step.integers("ksize");
  if (size.size() != 4) return step.error("has a damaged window");
  return one(step, pool(step.graph, op, in, size[1], size[2], sliding));
}
Result<Values> max_pool(GraphStep& step) { return pool_2d(step, "MaxPool"); }
Result<Values> average_pool(GraphStep& step) { return pool_2d(step, "AveragePool"); }

Result<Values> resized(GraphStep& step, bool nearest) {
  POSS_ASSIGN(const Value in, step.input(0));
  POSS_ASSIGN(const Ints size, step.constant(1));
  if (size.size() != 2) return step.error("needs a height and a width");
  POSS_ASSIGN(const Value real, step.named(cast(step.graph, in, Element::f32)));
  return one(step, resize(step.graph, real, size[0], size[1],
                          {nearest, step.flag("align_corners"), step.flag("half_pixel_centers")}));
}
Result<Values> resize_bilinear(GraphStep& step) { return resized(step, false); }
Result<Values> resize_nearest(GraphStep& step) { return resized(step, true); }

Result<Values> mat_mul(GraphStep& step) {
  POSS_ASSIGN(Value a, step.input(0));
  POSS_ASSIGN(Value b, step.input(1));
  const bool flip_a = step.flag("transpose_a") || step.flag("adj_x");
  const bool flip_b = step.flag("transpose_b") || step.flag("adj_y");
  const auto flipped = [&](const Value& value) {
    Order order = plain_order(value.shape.size());
    std::swap(order[order.size() - 1], order[order.size() - 2]);
    return step.graph.transpose(value, order);
  };
  if (a.rank() < 2 || b.rank() < 2) return step.error("needs matrices");
  if (flip_a) a = flipped(a);
  POSS_ASSIGN(const auto bias, fused_bias(step));
  if (a.rank() == 2 && b.rank() == 2 && b.is_constant() && !a.is_constant()) {
    POSS_ASSIGN(Value out, step.named(dense(step.graph, a, flip_b ? b : flipped(b), bias)));
    return fused(step, out);
  }
  if (flip_b) b = flipped(b);
  const auto rows = a.shape[a.rank() - 2], inner = a.shape[a.rank() - 1];
  const auto columns = b.shape[b.rank() - 1];
  const auto batch =
      broadcast({a.shape.begin(), a.shape.end() - 2}, {b.shape.begin(), b.shape.end() - 2});
  if (inner != b.shape[b.rank() - 2] || !batch) {
    return step.error("cannot multiply " + shape_text(a.shape) + " with " + shape_text(b.shape));
  }
  Shape shape = *batch;
  shape.push_back(rows);
  shape.push_back(columns);
  if (!element_count(shape)) return step.error("makes too large a tensor " + shape_text(shape));
  Value out = step.graph.node("MatMul", {step.graph.plain(a), step.graph.plain(b)}, shape,
                              plain_order(shape.size()));
  if (bias) {
    POSS_ASSIGN(out, step.named(combine(step.graph, "Add", out, *bias)));
  }
  return fused(step, out);
}

template <const char* const* Name>
Result<Values> combined(GraphStep& step) {
  POSS_ASSIGN(const Value a, step.input(0));
  POSS_ASSIGN(const Value b, step.input(1));
  return one(step, combine(step.graph, *Name, a, b));
}
template <const char* const* Name>
Result<Values> compared(GraphStep& step) {
  POSS_ASSIGN(const Value a, step.input(0));
  POSS_ASSIGN(const Value b, step.input(1));
  return one(step, combine(step.graph, *Name, a, b, Element::boolean));
}
template <const char* const* Name>
Result<Values> mapped(GraphStep& step) {
  POSS_ASSIGN(const Value in, step.input(0));
  const bool logical = std::string_view(*Name) == "Not";
  if ((in.type == Element::boolean) != logical) return step.error("has numbers of the wrong kind");
  return Values{step.graph.unary(*Name, in)};
}
template <const char* const* Name>
Result<Values> reduced(GraphStep& step) {
  POSS_ASSIGN(const Value in, step.input(0));
  POSS_ASSIGN(const Ints axes, step.constant(1));
  const bool keep = step.flag("keep_dims");
  return one(step, reduce(step.graph, *Name, in, axes, keep));
}

Result<Values> add_n(GraphStep& step) {
  POSS_ASSIGN(Value sum, step.input(0));
  for (size_t i = 1; i < step.inputs.size(); ++i) {
    POSS_ASSIGN(sum, step.named(combine(step.graph, "Add", sum, step.inputs[i])));
  }
  return Values{sum};
}

Result<Values> floor_div(GraphStep& step) {
  POSS_ASSIGN(const Value a, step.input(0));
  POSS_ASSIGN(const Value b, step.input(1));
  POSS_ASSIGN(const Value quotient, step.named(combine(step.graph, "Div", a, b)));
  if (a.type != Element::f32 || quotient.is_constant()) return Values{quotient};
  return Values{step.graph.unary("Floor", quotient)};
}

Result<Values> floor_mod(GraphStep& step) {
  POSS_ASSIGN(const Value a, step.input(0));
  POSS_ASSIGN(const Value b, step.input(1));
  if (a.type != Element::f32) return one(step, combine(step.graph, "Mod", a, b));
  POSS_ASSIGN(const Value quotient, step.named(combine(step.graph, "Div", a, b)));
  const Value whole = quotient.is_constant() ? quotient : step.graph.unary("Floor", quotient);
  POSS_ASSIGN(const Value taken, step.named(combine(step.graph, "Mul", whole, b)));
  return one(step, combine(step.graph, "Sub", a, taken));
}

Result<Values> squared_difference(GraphStep& step) {
  POSS_ASSIGN(const Value a, step.input(0));
  POSS_ASSIGN(const Value b, step.input(1));
  POSS_ASSIGN(const Value d, step.named(combine(step.graph, "Sub", a, b)));
  return one(step, combine(step.graph, "Mul", d, d));
}

Result<Values> square(GraphStep& step) {
  POSS_ASSIGN(const Value in, step.input(0));
  return one(step, combine(step.graph, "Mul", in, in));
}

Result<Values> rsqrt(GraphStep& step) {
  POSS_ASSIGN(const Value in, step.input(0));
  return Values{step.graph.unary("Reciprocal", step.graph.unary("Sqrt", in))};
}

Result<Values> relu(GraphStep& step) {
  POSS_ASSIGN(const Value in, step.input(0));
  return Values{step.graph.clip(in, 0, kInfinity)};
}
Result<Values> relu6(GraphStep& step) {
  POSS_ASSIGN(const Value in, step.input(0));
  return Values{step.graph.clip(in, 0, 6)};
}
Result<Values> leaky_relu(GraphStep& step) {
  POSS_ASSIGN(const Value in, step.input(0));
  return Values{step.graph.unary("LeakyRelu", in, {{"alpha", step.real("alpha", 0.2)}})};
}
Result<Values> sloped(GraphStep& step) {
  POSS_ASSIGN(const Value in, step.input(0));
  POSS_ASSIGN(const Value slope, step.input(1));
  return one(step, prelu(step.graph, in, slope));
}
Result<Values> softmax_of(GraphStep& step) {
  POSS_ASSIGN(const Value in, step.input(0));
  if (in.rank() == 0) return step.error("has no axis");
  return Values{softmax(step.graph, in, in.rank() - 1)};
}

Result<Values> reshaped(GraphStep& step) {
  POSS_ASSIGN(const Value in, step.input(0));
  POSS_ASSIGN(const Ints shape, step.constant(1));
  return one(step, reshape(step.graph, in, shape));
}

Result<Values> squeezed(GraphStep& step) {
  POSS_ASSIGN(const Value in, step.input(0));
  Ints axes = step.integers("squeeze_dims");
  if (axes.empty()) axes = step.integers("axis");
  std::vector<bool> dropped(in.shape.size());
  for (const auto written : axes) {
    POSS_ASSIGN(const int axis, step.named(axis_of(written, in.rank())));
    dropped[axis] = true;
  }
  Shape shape;
  for (int axis = 0; axis < in.rank(); ++axis) {
    if (!(axes.empty() ? in.shape[axis] == 1 : dropped[axis])) shape.push_back(in.shape[axis]);
  }
  return one(step, reshape(step.graph, in, shape));
}

Result<Values> expanded(GraphStep& step) {
  POSS_ASSIGN(const Value in, step.input(0));
  POSS_ASSIGN(const auto written, step.constant_number(1));
  POSS_ASSIGN(const int axis, step.named(axis_of(written, in.rank() + 1)));
  Shape shape = in.shape;
  shape.insert(shape.begin() + axis, 1);
  return one(step, reshape(step.graph, in, shape));
}

Result<Values> transposed(GraphStep& step) {
  POSS_ASSIGN(const Value in, step.input(0));
  POSS_ASSIGN(const Ints permutation, step.constant(1));
  return one(step, transpose(step.graph, in, permutation));
}

Result<Values> joined(GraphStep& step) {
  if (step.inputs.size() < 2) return step.error("joins nothing");
  POSS_ASSIGN(const auto axis, step.constant_number(step.inputs.size() - 1));
  return one(step, join(step.graph, Values(step.inputs.begin(), step.inputs.end() - 1), axis));
}

Result<Values> packed(GraphStep& step) {
  return one(step, stack(step.graph, step.inputs, step.integer("axis", 0)));
}

Result<Values> unpacked(GraphStep& step) {
  POSS_ASSIGN(const Value in, step.input(0));
  return step.named(unstack(step.graph, in, step.integer("axis", 0)));
}

Result<Values> split(GraphStep& step) {
  POSS_ASSIGN(const auto written, step.constant_number(0));
  POSS_ASSIGN(const Value in, step.input(1));
  POSS_ASSIGN(const int axis, step.named(axis_of(written, in.rank())));
  const auto parts = step.integer("num_split", 1);
  if (parts < 1 || parts > in.shape[axis]) return step.error("cannot cut so often");
  return step.named(
      cut(step.graph, in, Ints(static_cast<size_t>(parts), in.shape[axis] / parts), axis));
}

Result<Values> split_v(GraphStep& step) {
  POSS_ASSIGN(const Value in, step.input(0));
  POSS_ASSIGN(Ints sizes, step.constant(1));
  POSS_ASSIGN(const auto written, step.constant_number(2));
  POSS_ASSIGN(const int axis, step.named(axis_of(written, in.rank())));
  std::int64_t rest = in.shape[axis];
  for (const auto size : sizes) rest -= size == -1 ? 0 : size;
  for (auto& size : sizes) size = size == -1 ? rest : size;
  return step.named(cut(step.graph, in, sizes, axis));
}

Result<Values> sliced(GraphStep& step) {
  POSS_ASSIGN(const Value in, step.input(0));
  POSS_ASSIGN(const Ints begin, step.constant(1));
  POSS_ASSIGN(const Ints size, step.constant(2));
  return one(step, slice(step.graph, in, begin, size));
}

Result<Values> sliced_with_strides(GraphStep& step) {
  POSS_ASSIGN(const Value in, step.input(0));
  StridedSlice range;
  POSS_ASSIGN(range.begin, step.constant(1));
  POSS_ASSIGN(range.end, step.constant(2));
  POSS_ASSIGN(range.strides, step.constant(3));
  range.begin_mask = step.integer("begin_mask", 0);
  range.end_mask = step.integer("end_mask", 0);
  range.shrink_axis_mask = step.integer("shrink_axis_mask", 0);
  range.ellipsis_mask = step.integer("ellipsis_mask", 0);
  range.new_axis_mask = step.integer("new_axis_mask", 0);
  return one(step, strided_slice(step.graph, in, range));
}

Result<Values> padded(GraphStep& step) {
  POSS_ASSIGN(const Value in, step.input(0));
  POSS_ASSIGN(const Ints pads, step.constant(1));
  float fill = 0;
  if (step.inputs.size() > 2) {
    POSS_ASSIGN(const auto value, step.constant_floats(2));
    if (value.size() != 1) return step.error("has a damaged border");
    fill = value[0];
  }
  return one(step, pad(step.graph, in, pads, "constant", fill));
}

Result<Values> mirror_padded(GraphStep& step) {
  POSS_ASSIGN(const Value in, step.input(0));
  POSS_ASSIGN(const Ints pads, step.constant(1));
  if (step.text("mode") != "REFLECT") {
    return step.error("repeats the border's own pixels, which is not supported");
  }
  return one(step, pad(step.graph, in, pads, "reflect"));
}

Result<Values> gathered(GraphStep& step) {
  POSS_ASSIGN(const Value in, step.input(0));
  POSS_ASSIGN(const Value indices, step.input(1));
  std::int64_t axis = 0;
  if (step.inputs.size() > 2) {
    POSS_ASSIGN(axis, step.constant_number(2));
  }
  if (step.integer("batch_dims", 0) != 0) {
    return step.error("gathers by batch, which is not supported");
  }
  return one(step, gather(step.graph, in, indices, axis));
}

Result<Values> gathered_nd(GraphStep& step) {
  POSS_ASSIGN(const Value in, step.input(0));
  POSS_ASSIGN(const Value written, step.input(1));
  const auto depth = written.shape.empty() ? 0 : written.shape.back();
  if (depth < 1 || depth > in.rank() || written.type == Element::f32) {
    return step.error("gathers outside of " + shape_text(in.shape));
  }
  POSS_ASSIGN(const Value indices, step.named(cast(step.graph, written, Element::i64)));
  Shape shape(indices.shape.begin(), indices.shape.end() - 1);
  shape.insert(shape.end(), in.shape.begin() + depth, in.shape.end());
  if (!element_count(shape)) return step.error("makes too large a tensor " + shape_text(shape));
  return Values{step.graph.node("GatherND", {step.graph.plain(in), step.graph.plain(indices)},
                                shape, plain_order(shape.size()), in.type)};
}

Result<Values> tiled(GraphStep& step) {
  POSS_ASSIGN(const Value in, step.input(0));
  POSS_ASSIGN(const Ints times, step.constant(1));
  if (times.size() != in.shape.size()) return step.error("does not fit " + shape_text(in.shape));
  Shape shape = in.shape;
  bool same = true;
  for (size_t i = 0; i < times.size(); ++i) {
    if (times[i] < 1 || times[i] > 1 << 20) return step.error("repeats impossibly often");
    shape[i] *= times[i];
    same = same && times[i] == 1;
  }
  if (same) return Values{in};
  if (!element_count(shape)) return step.error("makes too large a tensor " + shape_text(shape));
  return Values{step.graph.node("Tile", {step.graph.plain(in), step.graph.integers(times)}, shape,
                                plain_order(shape.size()), in.type)};
}

Value filled(const Shape& shape, Element type, double number) {
  const auto count = static_cast<size_t>(*element_count(shape));
  if (type == Element::f32) {
    return OnnxGraph::constant(shape, std::vector<float>(count, static_cast<float>(number)));
  }
  return OnnxGraph::constant(shape, type, Ints(count, static_cast<std::int64_t>(number)));
}

Result<Values> fill(GraphStep& step) {
  POSS_ASSIGN(const Ints shape, step.constant(0));
  POSS_ASSIGN(const Value value, step.input(1));
  const auto count = element_count(shape);
  if (!count || !value.is_constant() || *element_count(value.shape) != 1 ||
      !step.graph.afford(*count)) {
    return step.error("cannot fill " + shape_text(shape));
  }
  return Values{filled(shape, value.type,
                       value.type == Element::f32
                           ? static_cast<double>(value.constant->floats[0])
                           : static_cast<double>(value.constant->integers[0]))};
}

Result<Values> zeros_like(GraphStep& step) {
  POSS_ASSIGN(const Value in, step.input(0));
  if (!step.graph.afford(*element_count(in.shape))) return step.error("makes too large a tensor");
  return Values{filled(in.shape, in.type, 0)};
}

Result<Values> ones_like(GraphStep& step) {
  POSS_ASSIGN(const Value in, step.input(0));
  if (!step.graph.afford(*element_count(in.shape))) return step.error("makes too large a tensor");
  return Values{filled(in.shape, in.type, 1)};
}

Result<Values> range(GraphStep& step) {
  POSS_ASSIGN(const auto start, step.constant_number(0));
  POSS_ASSIGN(const auto limit, step.constant_number(1));
  POSS_ASSIGN(const auto delta, step.constant_number(2));
  if (delta == 0 || !step.graph.afford(std::abs(limit - start) / std::abs(delta))) {
    return step.error("counts too far");
  }
  Ints numbers;
  for (auto at = start; delta > 0 ? at < limit : at > limit; at += delta) numbers.push_back(at);
  if (numbers.empty()) return step.error("counts nothing");
  return Values{
      OnnxGraph::constant({static_cast<std::int64_t>(numbers.size())}, Element::i32, numbers)};
}

Result<Values> shape_of(GraphStep& step) {
  POSS_ASSIGN(const Value in, step.input(0));
  if (in.shape.empty()) return step.error("asks a number for its shape");
  return Values{OnnxGraph::constant({in.rank()}, Element::i32, in.shape)};
}

Result<Values> size_of(GraphStep& step) {
  POSS_ASSIGN(const Value in, step.input(0));
  return Values{OnnxGraph::constant({}, Element::i32, {*element_count(in.shape)})};
}

Result<Values> cast_to(GraphStep& step) {
  POSS_ASSIGN(const Value in, step.input(0));
  const auto* to = step.attribute("DstT");
  const auto type = to ? element_of_type(*to) : std::nullopt;
  if (!type) return step.error("turns numbers into a type that is not supported");
  return one(step, cast(step.graph, in, *type));
}

Result<Values> arg_max(GraphStep& step) {
  POSS_ASSIGN(const Value in, step.input(0));
  POSS_ASSIGN(const auto written, step.constant_number(1));
  POSS_ASSIGN(const int axis, step.named(axis_of(written, in.rank())));
  Shape shape = in.shape;
  shape.erase(shape.begin() + axis);
  const Value found =
      step.graph.node("ArgMax", {step.graph.plain(in)}, shape, plain_order(shape.size()),
                      Element::i64, {{"axis", std::int64_t{axis}}, {"keepdims", std::int64_t{0}}});
  return one(step, cast(step.graph, found, Element::i32));
}

Result<Values> top_k(GraphStep& step) {
  POSS_ASSIGN(const Value in, step.input(0));
  POSS_ASSIGN(const auto count, step.constant_number(1));
  if (in.shape.empty() || count < 1 || count > in.shape.back()) {
    return step.error("cannot choose " + std::to_string(count) + " of " + shape_text(in.shape));
  }
  Shape shape = in.shape;
  shape.back() = count;
  const auto names =
      step.graph.nodes("TopK", {step.graph.plain(in), step.graph.integers(Ints{count})}, 2,
                       {{"axis", std::int64_t{-1}}});
  const Order order = plain_order(shape.size());
  const Value best{names[0], shape, in.type, order, nullptr};
  POSS_ASSIGN(
      const Value places,
      step.named(cast(step.graph, {names[1], shape, Element::i64, order, nullptr}, Element::i32)));
  return Values{best, places};
}

// Where a condition holds one, elsewhere the other.
Result<Values> select(GraphStep& step) {
  POSS_ASSIGN(const Value condition, step.input(0));
  POSS_ASSIGN(const Value a, step.input(1));
  POSS_ASSIGN(const Value b, step.input(2));
  const auto either = broadcast(a.shape, b.shape);
  const auto shape = either ? broadcast(*either, condition.shape) : std::nullopt;
  if (condition.type != Element::boolean || a.type != b.type || !shape) {
    return step.error("cannot choose between " + shape_text(a.shape) + " and " +
                      shape_text(b.shape));
  }
  return Values{step.graph.node(
      "Where", {step.graph.plain(condition), step.graph.plain(a), step.graph.plain(b)}, *shape,
      plain_order(shape->size()), a.type)};
}

Result<Values> sparse_to_dense(GraphStep& step) {
  POSS_ASSIGN(const Value places, step.input(0));
  POSS_ASSIGN(const Ints at, step.constant(0));
  POSS_ASSIGN(const Ints shape, step.constant(1));
  POSS_ASSIGN(const Value values, step.input(2));
  const auto size_of_all = element_count(shape);
  if (!values.is_constant() || !size_of_all || shape.empty() || at.size() % shape.size() != 0 ||
      !step.graph.afford(*size_of_all)) {
    return step.error("cannot fill " + shape_text(shape));
  }
  double rest = 0;
  if (step.inputs.size() > 3 && step.inputs[3].is_constant()) {
    const auto& other = *step.inputs[3].constant;
    if (!other.floats.empty()) rest = other.floats[0];
    if (!other.integers.empty()) rest = static_cast<double>(other.integers[0]);
  }
  Value out = filled(shape, values.type, rest);
  Constant data = *out.constant;
  const size_t count = at.size() / shape.size();
  for (size_t i = 0; i < count; ++i) {
    std::int64_t index = 0;
    for (size_t k = 0; k < shape.size(); ++k) {
      const auto place = at[i * shape.size() + k];
      if (place < 0 || place >= shape[k]) return step.error("fills outside of its shape");
      index = index * shape[k] + place;
    }
    const auto& from = *values.constant;
    const auto size = std::max(from.floats.size(), from.integers.size());
    if (size != 1 && size != count) return step.error("has values that do not fit");
    if (!data.floats.empty()) data.floats[index] = from.floats[size == 1 ? 0 : i];
    if (!data.integers.empty()) data.integers[index] = from.integers[size == 1 ? 0 : i];
  }
  out.constant = std::make_shared<Constant>(std::move(data));
  return Values{out};
}

Result<Values> broadcast_to(GraphStep& step) {
  POSS_ASSIGN(const Value in, step.input(0));
  POSS_ASSIGN(const Ints shape, step.constant(1));
  if (shape == in.shape) return Values{in};
  if (!element_count(shape)) return step.error("cannot make " + shape_text(shape));
  return Values{step.graph.node("Expand", {step.graph.plain(in), step.graph.integers(shape)}, shape,
                                plain_order(shape.size()), in.type)};
}

Result<Values> depth_to_space(GraphStep& step) {
  POSS_ASSIGN(const Value in, step.input(0));
  return one(step, blocks(step.graph, in, step.integer("block_size", 0), true));
}
Result<Values> space_to_depth(GraphStep& step) {
  POSS_ASSIGN(const Value in, step.input(0));
  return one(step, blocks(step.graph, in, step.integer("block_size", 0), false));
}

// The names of ONNX, to be template arguments.
constexpr const char* kAdd = "Add";
constexpr const char* kSub = "Sub";
constexpr const char* kMul = "Mul";
constexpr const char* kDiv = "Div";
constexpr const char* kMax = "Max";
constexpr const char* kMin = "Min";
constexpr const char* kPow = "Pow";
constexpr const char* kAnd = "And";
constexpr const char* kOr = "Or";
constexpr const char* kNot = "Not";
constexpr const char* kEqual = "Equal";
constexpr const char* kLess = "Less";
constexpr const char* kGreater = "Greater";
constexpr const char* kLessOrEqual = "LessOrEqual";
constexpr const char* kGreaterOrEqual = "GreaterOrEqual";
constexpr const char* kSigmoid = "Sigmoid";
constexpr const char* kTanh = "Tanh";
constexpr const char* kExp = "Exp";
constexpr const char* kLog = "Log";
constexpr const char* kSqrt = "Sqrt";
constexpr const char* kAbs = "Abs";
constexpr const char* kNeg = "Neg";
constexpr const char* kFloor = "Floor";
constexpr const char* kCeil = "Ceil";
constexpr const char* kRound = "Round";
constexpr const char* kElu = "Elu";
constexpr const char* kSelu = "Selu";
constexpr const char* kSoftplus = "Softplus";
constexpr const char* kReciprocal = "Reciprocal";
constexpr const char* kSin = "Sin";
constexpr const char* kCos = "Cos";
constexpr const char* kErf = "Erf";
constexpr const char* kReduceMean = "ReduceMean";
constexpr const char* kReduceSum = "ReduceSum";
constexpr const char* kReduceMax = "ReduceMax";
constexpr const char* kReduceMin = "ReduceMin";
constexpr const char* kReduceProd = "ReduceProd";

const std::unordered_map<std::string_view, Convert>& operators() {
  static const std::unordered_map<std::string_view, Convert> kTable{
      {"Identity", pass},
      {"StopGradient", pass},
      {"Snapshot", pass},
      {"PlaceholderWithDefault", pass},
      {"Conv2D", conv_2d},
      {"_FusedConv2D", conv_2d},
      {"DepthwiseConv2dNative", depthwise_conv_2d},
      {"DepthwiseConv2d", depthwise_conv_2d},
      {"FusedDepthwiseConv2dNative", depthwise_conv_2d},
      {"Conv2DBackpropInput", conv_2d_backprop},
      {"FusedBatchNorm", batch_norm},
      {"FusedBatchNormV2", batch_norm},
      {"FusedBatchNormV3", batch_norm},
      {"MaxPool", max_pool},
      {"AvgPool", average_pool},
      {"ResizeBilinear", resize_bilinear},
      {"ResizeNearestNeighbor", resize_nearest},
      {"MatMul", mat_mul},
      {"_FusedMatMul", mat_mul},
      {"BatchMatMul", mat_mul},
      {"BatchMatMulV2", mat_mul},
      {"Add", combined<&kAdd>},
      {"AddV2", combined<&kAdd>},
      {"BiasAdd", combined<&kAdd>},
      {"AddN", add_n},
      {"Sub", combined<&kSub>},
      {"Mul", combined<&kMul>},
      {"Div", combined<&kDiv>},
      {"RealDiv", combined<&kDiv>},
      {"FloorDiv", floor_div},
      {"FloorMod", floor_mod},
      {"Mod", floor_mod},
      {"Maximum", combined<&kMax>},
      {"Minimum", combined<&kMin>},
      {"Pow", combined<&kPow>},
      {"SquaredDifference", squared_difference},
      {"Equal", compared<&kEqual>},
      {"Less", compared<&kLess>},
      {"LessEqual", compared<&kLessOrEqual>},
      {"Greater", compared<&kGreater>},
      {"GreaterEqual", compared<&kGreaterOrEqual>},
      {"LogicalAnd", compared<&kAnd>},
      {"LogicalOr", compared<&kOr>},
      {"LogicalNot", mapped<&kNot>},
      {"Sigmoid", mapped<&kSigmoid>},
      {"Tanh", mapped<&kTanh>},
      {"Exp", mapped<&kExp>},
      {"Log", mapped<&kLog>},
      {"Sqrt", mapped<&kSqrt>},
      {"Abs", mapped<&kAbs>},
      {"Neg", mapped<&kNeg>},
      {"Floor", mapped<&kFloor>},
      {"Ceil", mapped<&kCeil>},
      {"Round", mapped<&kRound>},
      {"Elu", mapped<&kElu>},
      {"Selu", mapped<&kSelu>},
      {"Softplus", mapped<&kSoftplus>},
      {"Reciprocal", mapped<&kReciprocal>},
      {"Inv", mapped<&kReciprocal>},
      {"Sin", mapped<&kSin>},
      {"Cos", mapped<&kCos>},
      {"Erf", mapped<&kErf>},
      {"Square", square},
      {"Rsqrt", rsqrt},
      {"Relu", relu},
      {"Relu6", relu6},
      {"LeakyRelu", leaky_relu},
      {"Prelu", sloped},
      {"Softmax", softmax_of},
      {"Mean", reduced<&kReduceMean>},
      {"Sum", reduced<&kReduceSum>},
      {"Max", reduced<&kReduceMax>},
      {"Min", reduced<&kReduceMin>},
      {"Prod", reduced<&kReduceProd>},
      {"Reshape", reshaped},
      {"Squeeze", squeezed},
      {"ExpandDims", expanded},
      {"Transpose", transposed},
      {"ConcatV2", joined},
      {"Pack", packed},
      {"Unpack", unpacked},
      {"Split", split},
      {"SplitV", split_v},
      {"Slice", sliced},
      {"StridedSlice", sliced_with_strides},
      {"Pad", padded},
      {"PadV2", padded},
      {"MirrorPad", mirror_padded},
      {"GatherV2", gathered},
      {"Gather", gathered},
      {"GatherNd", gathered_nd},
      {"Tile", tiled},
      {"Fill", fill},
      {"ZerosLike", zeros_like},
      {"OnesLike", ones_like},
      {"Range", range},
      {"Shape", shape_of},
      {"Size", size_of},
      {"Cast", cast_to},
      {"ArgMax", arg_max},
      {"TopKV2", top_k},
      {"Select", select},
      {"SelectV2", select},
      {"SparseToDense", sparse_to_dense},
      {"BroadcastTo", broadcast_to},
      {"DepthToSpace", depth_to_space},
      {"SpaceToDepth", space_to_depth},
  };
  return kTable;
}

class GraphReader {
 public:
  GraphReader(const TfjsWeights& weights, const ConvertOptions& options, TfjsModel& out)
      : weights_(weights), options_(options), out_(out) {}

  Result<void> read(const json::object& topology, const json::object& model) {
    POSS_TRY(read_nodes(topology));
    std::vector<std::string> wanted = signature_outputs(model);
    if (wanted.empty()) {
      for (const auto& node : order_) {
        const auto& at = nodes_.at(node);
        if (!at.used && at.op != "Const" && at.op != "NoOp" && at.op != "Placeholder") {
          wanted.push_back(node);
        }
      }
    }
    if (wanted.empty()) return unfit("the graph has no output");
    for (const auto& name : wanted) out_.graph.reserve(node_of(name));
    const auto made = outputs(wanted);
    if (made) return {};
    // What chooses among boxes is not part of the network: the graph can end in front of it.
    const auto cut = cut_suppression();
    return cut && *cut ? Result<void>() : made;
  }

 private:
  Result<void> read_nodes(const json::object& topology) {
    const auto& list = *array_at(topology, "node");
    if (list.size() > kMostNodes) return unfit("the graph claims too many operators");
    for (const auto& entry : list) {
      if (!entry.is_object()) return unfit("a node of the graph is no object");
      const auto& object = entry.as_object();
      GraphNode node{text_at(object, "name"), text_at(object, "op"), {}, object_at(object, "attr")};
      if (const auto* inputs = array_at(object, "input")) {
        for (const auto& input : *inputs) {
          const std::string name = input.is_string() ? std::string(input.as_string()) : "";
          if (!name.starts_with('^')) node.inputs.push_back(name);
        }
      }
      const auto [at, added] = nodes_.try_emplace(node.name, node);
      if (!added) return unfit("two nodes have the name '" + clean_text(node.name, 200) + "'");
      order_.push_back(node.name);
    }
    for (const auto& name : order_) {
      for (const auto& input : nodes_.at(name).inputs) {
        const auto found = nodes_.find(node_of(input));
        if (found != nodes_.end()) found->second.used = true;
      }
    }
    return {};
  }

  // What the model itself names as its outputs, in order.
  static std::vector<std::string> signature_outputs(const json::object& model) {
    std::vector<std::string> out;
    const auto* signature = object_at(model, "signature");
    if (!signature) {
      const auto* user = object_at(model, "userDefinedMetadata");
      signature = user ? object_at(*user, "signature") : nullptr;
    }
    const auto* outputs = signature ? object_at(*signature, "outputs") : nullptr;
    if (!outputs) return out;
    for (const auto& [key, value] : *outputs) {
      const auto name = value.is_object() ? text_at(value.as_object(), "name") : "";
      out.push_back(name.empty() ? std::string(key) : name);
    }
    return out;
  }

  Result<void> outputs(const std::vector<std::string>& wanted) {
    std::vector<TfjsOutput> made;
    for (const auto& name : wanted) {
      POSS_ASSIGN(const Value value, evaluate(name));
      std::string shown = output_of(name) == 0 ? node_of(name) : name;
      made.push_back({shown, value, activated(node_of(name))});
    }
    out_.outputs = std::move(made);
    return {};
  }

  // Whether the output comes out of a softmax or sigmoid.
  bool activated(std::string name) const {
    for (int steps = 0; steps < 16; ++steps) {
      const auto found = nodes_.find(name);
      if (found == nodes_.end()) return false;
      const auto& node = found->second;
      if (node.op == "Softmax" || node.op == "Sigmoid") return true;
      const bool passes = node.op == "Identity" || node.op == "Reshape" || node.op == "Squeeze" ||
                          node.op == "ExpandDims";
      if (!passes || node.inputs.empty()) return false;
      name = node_of(node.inputs[0]);
    }
    return false;
  }

  // Ends the graph with the inputs of its non-maximum suppressions: boxes [N, 4], and scores [N]
  // of one class each. False when it has none.
  Result<bool> cut_suppression() {
    std::vector<std::string> boxes, scores;
    for (const auto& name : order_) {
      const auto& node = nodes_.at(name);
      if (!node.op.starts_with("NonMaxSuppressionV") || node.inputs.size() < 2) continue;
      if (boxes.empty() || boxes[0] != node.inputs[0]) boxes.push_back(node.inputs[0]);
      scores.push_back(node.inputs[1]);
    }
    if (boxes.size() != 1) return false;
    POSS_ASSIGN(const Value box, evaluate(boxes[0]));
    Values columns;
    for (const auto& name : scores) {
      POSS_ASSIGN(const Value column, evaluate(name));
      POSS_ASSIGN(columns.emplace_back(),
                  reshape(out_.graph, column, {1, *element_count(column.shape), 1}));
    }
    POSS_ASSIGN(const Value all, join(out_.graph, columns, 2));
    POSS_ASSIGN(const Value row, reshape(out_.graph, box, {1, -1, 4}));
    out_.outputs = {{"boxes", row, false}, {"scores", all, true}};
    return true;
  }

  // The value of "node:output", with everything that it needs, without recursion.
  Result<Value> evaluate(const std::string& wanted) {
    std::vector<std::string> stack{node_of(wanted)};
    std::set<std::string> open;
    while (!stack.empty()) {
      const std::string name = stack.back();
      if (values_.contains(name)) {
        stack.pop_back();
        continue;
      }
      const auto found = nodes_.find(name);
      if (found == nodes_.end()) {
        return unfit("the graph uses '" + clean_text(name, 200) + "', which is not there");
      }
      const GraphNode& node = found->second;
      const auto known = operators().find(node.op);
      const bool own =
          node.op == "Const" || node.op == "Placeholder" || node.op == "TensorArrayGatherV3";
      if (known == operators().end() && !own) {
        return Error{Code::invalid_argument,
                     "the model uses the operator " + clean_text(node.op, 60) + " ('" +
                         clean_text(name, 200) +
                         "'), which cannot be converted; export the model to ONNX from where it "
                         "was made instead"};
      }
      if (own) {
        POSS_ASSIGN(values_[name], source(node));
        continue;
      }
      bool ready = true;
      for (const auto& input : node.inputs) {
        if (values_.contains(node_of(input))) continue;
        ready = false;
        stack.push_back(node_of(input));
      }
      if (!ready) {
        if (!open.insert(name).second) {
          return unfit("operator '" + clean_text(name, 200) + "' uses its own result");
        }
        continue;
      }
      GraphStep step{out_.graph, node, {}};
      for (const auto& input : node.inputs) {
        const auto& outputs = values_.at(node_of(input));
        if (output_of(input) >= outputs.size()) {
          return step.error("uses an output that is not there: " + clean_text(input, 200));
        }
        step.inputs.push_back(outputs[output_of(input)]);
        if (!element_count(step.inputs.back().shape) && node.op != "SparseToDense") {
          return step.error("uses '" + clean_text(input, 200) + "', which is empty");
        }
      }
      POSS_ASSIGN(auto made, known->second(step));
      made_ += made.size();
      if (made_ > kMostValues) return unfit("the graph computes too many tensors");
      values_[name] = std::move(made);
    }
    const auto& outputs = values_.at(node_of(wanted));
    if (output_of(wanted) >= outputs.size()) {
      return unfit("the graph has no output '" + clean_text(wanted, 200) + "'");
    }
    return outputs[output_of(wanted)];
  }

  Result<Values> source(const GraphNode& node) {
    if (node.op == "Const") {
      const auto weight = weights_.find(node.name);
      if (weight == weights_.end()) {
        return unfit("the weight '" + clean_text(node.name, 200) + "' is missing");
      }
      return Values{weight->second};
    }
    if (node.op == "Placeholder") return placeholder(node);
    return resized_picture(node);
  }

  Result<Values> placeholder(const GraphNode& node) {
    const GraphStep step{out_.graph, node, {}};
    const auto* attribute = step.attribute("shape");
    const auto* shape = attribute ? object_at(*attribute, "shape") : nullptr;
    const auto* dims = shape ? array_at(*shape, "dim") : nullptr;
    Shape sizes;
    if (dims) {
      for (const auto& dim : *dims) {
        sizes.push_back(dim.is_object() ? integer_at(dim.as_object(), "size", -1) : -1);
      }
    }
    return picture(node, sizes);
  }

  Result<Values> picture(const GraphNode& placeholder, const Shape& sizes) {
    POSS_ASSIGN(Value picture,
                out_.picture(sizes, options_).with("'" + clean_text(placeholder.name, 200) + "'"));
    const GraphStep step{out_.graph, placeholder, {}};
    const auto* type = step.attribute("dtype");
    if (type && element_of_type(*type) == Element::i32) {
      out_.bytes = true;
      POSS_ASSIGN(picture, cast(out_.graph, picture, Element::i32));
    }
    return Values{picture};
  }

  // TensorFlow's detectors resize each picture of a batch in a loop, whose result is gathered
  // here: the picture is asked for in that size instead.
  Result<Values> resized_picture(const GraphNode& gather) {
    const auto scope = gather.name.substr(0, gather.name.find("TensorArrayStack"));
    for (const auto& name : order_) {
      const auto& node = nodes_.at(name);
      if (node.op != "ResizeBilinear" || !name.starts_with(scope) || node.inputs.size() < 2) {
        continue;
      }
      const auto weight = weights_.find(node_of(node.inputs[1]));
      if (weight == weights_.end() || weight->second.type == Element::f32 ||
          weight->second.constant->integers.size() != 2) {
        continue;
      }
      const auto& size = weight->second.constant->integers;
      POSS_ASSIGN(const Value real, out_.picture({1, size[0], size[1], 3}, options_));
      out_.bytes = true;
      return Values{real};
    }
    return Error{Code::invalid_argument,
                 "the model uses the operator " + gather.op + " ('" + clean_text(gather.name, 200) +
                     "'), which cannot be converted; export the model to ONNX from where it was "
                     "made instead"};
  }

  const TfjsWeights& weights_;
  const ConvertOptions& options_;
  TfjsModel& out_;
  std::map<std::string, GraphNode> nodes_;
  std::vector<std::string> order_;
  std::map<std::string, Values> values_;
  size_t made_ = 0;
};

}  // namespace

Result<void> build_graph_model(const json::object& topology, const json::object& model,
                               const TfjsWeights& weights, const ConvertOptions& options,
                               TfjsModel& out) {
  return GraphReader(weights, options, out).read(topology, model);
}

}  // namespace poss::convert
