// Operators that work element by element or along one axis: sums, activations, reductions.
#include <algorithm>
#include <array>
#include <cmath>

#include "convert/operators.h"

namespace poss::convert {
namespace {

using Values = std::vector<Value>;
using Op = tflite::BuiltinOperator;

std::optional<Shape> broadcast(const Shape& a, const Shape& b) {
  Shape out(std::max(a.size(), b.size()), 1);
  for (size_t i = 0; i < out.size(); ++i) {
    const auto at = [&](const Shape& s) { return i < s.size() ? s[s.size() - 1 - i] : 1; };
    if (at(a) != at(b) && at(a) != 1 && at(b) != 1) return std::nullopt;
    out[out.size() - 1 - i] = std::max(at(a), at(b));
  }
  if (!element_count(out)) return std::nullopt;
  return out;
}

Result<Value> binary(Step& step, const char* op) {
  POSS_ASSIGN(const Value a, step.value(0));
  POSS_ASSIGN(const Value b, step.value(1));
  const auto shape = broadcast(a.shape, b.shape);
  if (!shape || a.type != b.type || a.type == Element::boolean) {
    return step.error("cannot combine " + shape_text(a.shape) + " with " + shape_text(b.shape));
  }
  return step.graph.binary(op, a, b, *shape);
}

template <class Options>
tflite::Activation activation_of(const Options* options) {
  return options ? options->activation() : tflite::Activation::NONE;
}

Result<Values> add(Step& step) {
  POSS_ASSIGN(const Value sum, binary(step, "Add"));
  POSS_ASSIGN(Value out, step.finish(sum, activation_of(step.table().options_as_AddOptions())));
  return Values{out};
}

Result<Values> subtract(Step& step) {
  POSS_ASSIGN(const Value difference, binary(step, "Sub"));
  POSS_ASSIGN(Value out,
              step.finish(difference, activation_of(step.table().options_as_SubOptions())));
  return Values{out};
}

Result<Values> multiply(Step& step) {
  POSS_ASSIGN(const Value product, binary(step, "Mul"));
  POSS_ASSIGN(Value out, step.finish(product, activation_of(step.table().options_as_MulOptions())));
  return Values{out};
}

Result<Values> divide(Step& step) {
  POSS_ASSIGN(const Value quotient, binary(step, "Div"));
  POSS_ASSIGN(Value out,
              step.finish(quotient, activation_of(step.table().options_as_DivOptions())));
  return Values{out};
}

Result<Values> maximum(Step& step) {
  POSS_ASSIGN(Value out, binary(step, "Max"));
  return Values{out};
}

Result<Values> minimum(Step& step) {
  POSS_ASSIGN(Value out, binary(step, "Min"));
  return Values{out};
}

Result<Values> squared_difference(Step& step) {
  POSS_ASSIGN(const Value difference, binary(step, "Sub"));
  return Values{step.graph.binary("Mul", difference, difference, difference.shape)};
}

// The real numbers are the same before and after.
Result<Values> same(Step& step) {
  POSS_ASSIGN(Value out, step.real(0));
  return Values{out};
}

template <class F>
Result<Values> with_real(Step& step, F make) {
  POSS_ASSIGN(const Value in, step.real(0));
  return Values{make(in)};
}

// TFLite operators that ONNX has under another name, float32 in and out.
template <Op code>
Result<Values> renamed(Step& step) {
  constexpr const char* kName = [] {
    switch (code) {
      case Op::LOGISTIC:
        return "Sigmoid";
      case Op::TANH:
        return "Tanh";
      case Op::EXP:
        return "Exp";
      case Op::LOG:
        return "Log";
      case Op::SQRT:
        return "Sqrt";
      case Op::ABS:
        return "Abs";
      case Op::NEG:
        return "Neg";
      case Op::FLOOR:
        return "Floor";
      case Op::CEIL:
        return "Ceil";
      case Op::ELU:
        return "Elu";
      default:
        return "";
    }
  }();
  static_assert(kName[0] != 0);
  return with_real(step, [&](const Value& in) { return step.graph.unary(kName, in); });
}

Result<Values> rsqrt(Step& step) {
  return with_real(step, [&](const Value& in) {
    return step.graph.unary("Reciprocal", step.graph.unary("Sqrt", in));
  });
}

Result<Values> square(Step& step) {
  return with_real(step,
                   [&](const Value& in) { return step.graph.binary("Mul", in, in, in.shape); });
}

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Result<Values> relu(Step& step) {
  return with_real(step, [&](const Value& in) { return step.graph.clip(in, 0, kInfinity); });
}

Result<Values> relu6(Step& step) {
  return with_real(step, [&](const Value& in) { return step.graph.clip(in, 0, 6); });
}

Result<Values> relu_n1_to_1(Step& step) {
  return with_real(step, [&](const Value& in) { return step.graph.clip(in, -1, 1); });
}

Result<Values> relu_0_to_1(Step& step) {
  return with_real(step, [&](const Value& in) { return step.graph.clip(in, 0, 1); });
}

Result<Values> leaky_relu(Step& step) {
  const auto* options = step.table().options_as_LeakyReluOptions();
  const float alpha = options ? options->alpha() : 0;
  return with_real(step, [&](const Value& in) {
    return step.graph.unary("LeakyRelu", in, {{"alpha", alpha}});
  });
}

// x · relu6(x + 3) / 6
Result<Values> hard_swish(Step& step) {
  return with_real(step, [&](const Value& in) {
    const Value gate =
        step.graph.unary("HardSigmoid", in, {{"alpha", 1.0f / 6.0f}, {"beta", 0.5f}});
    return step.graph.binary("Mul", in, gate, in.shape);
  });
}

Result<Values> prelu(Step& step) {
  POSS_ASSIGN(const Value in, step.real(0));
  POSS_ASSIGN(const Value slope, step.real(1));
  if (in.is_constant() || !slope.is_constant() || broadcast(in.shape, slope.shape) != in.shape) {
    return step.error("has slopes " + shape_text(slope.shape) + " for " + shape_text(in.shape));
  }
  return Values{step.graph.binary("PRelu", in, slope, in.shape)};
}

Result<Values> softmax(Step& step) {
  const auto* options = step.table().options_as_SoftmaxOptions();
  const float beta = options ? options->beta() : 1;
  POSS_ASSIGN(const Value in, step.real(0));
  if (in.rank() == 0) return step.error("has no axis");
  const Value scaled =
      beta == 1 ? in : step.graph.binary("Mul", in, OnnxGraph::constant({}, {beta}), in.shape);
  return Values{step.graph.unary("Softmax", scaled,
                                 {{"axis", std::int64_t{scaled.position(in.rank() - 1)}}})};
}

Result<Values> l2_normalization(Step& step) {
  POSS_ASSIGN(const Value in, step.real(0));
  if (in.rank() == 0) return step.error("has no axis");
  return Values{step.graph.unary(
      "LpNormalization", in,
      {{"axis", std::int64_t{in.position(in.rank() - 1)}}, {"p", std::int64_t{2}}})};
}

Result<Values> reduce(Step& step, const std::string& op) {
  const auto* options = step.table().options_as_ReducerOptions();
  const bool keep = options && options->keep_dims();
  POSS_ASSIGN(const Value in, step.real(0));
  POSS_ASSIGN(const auto written, step.integers(1));
  std::vector<bool> reduced(in.shape.size());
  for (const auto number : written) {
    POSS_ASSIGN(const int axis, step.axis(number, in.rank()));
    reduced[axis] = true;
  }
  Shape kept_shape = in.shape, short_shape;
  std::vector<std::int64_t> positions;
  for (int axis = 0; axis < in.rank(); ++axis) {
    if (reduced[axis]) {
      kept_shape[axis] = 1;
      positions.push_back(in.position(axis));
    } else {
      short_shape.push_back(in.shape[axis]);
    }
  }
  std::ranges::sort(positions);
  const auto name = step.graph.as(in, in.order);
  Value out;
  if (op == "ReduceMean" && in.order == kNchw && positions == std::vector<std::int64_t>{2, 3}) {
    out = step.graph.node("GlobalAveragePool", {name}, kept_shape, in.order);
  } else if (op == "ReduceSum") {  // takes its axes as an input since opset 13
    out = step.graph.node(op, {name, step.graph.integers(positions)}, kept_shape, in.order,
                          Element::f32, {{"keepdims", std::int64_t{1}}});
  } else {
    out = step.graph.node(op, {name}, kept_shape, in.order, Element::f32,
                          {{"axes", positions}, {"keepdims", std::int64_t{1}}});
  }
  return Values{keep ? out : step.graph.reshape(out, short_shape)};
}

Result<Values> mean(Step& step) { return reduce(step, "ReduceMean"); }
Result<Values> sum(Step& step) { return reduce(step, "ReduceSum"); }
Result<Values> reduce_max(Step& step) { return reduce(step, "ReduceMax"); }
Result<Values> reduce_min(Step& step) { return reduce(step, "ReduceMin"); }

Result<Values> cast(Step& step) {
  using enum tflite::TensorType;
  POSS_ASSIGN(const Value in, step.value(0));
  const auto to = step.output().type;
  const auto type = element_of(step.output());
  const bool real = to == FLOAT32 || to == FLOAT16;
  if (!type || (*type == Element::f32 && !real)) {
    return step.error(std::string("turns numbers into ") + tflite::EnumNameTensorType(to) +
                      ", which is not supported");
  }
  if (*type == in.type) return Values{in};
  const int onnx_type = *type == Element::f32   ? onnx::TensorProto::FLOAT
                        : *type == Element::i32 ? onnx::TensorProto::INT32
                        : *type == Element::i64 ? onnx::TensorProto::INT64
                                                : onnx::TensorProto::BOOL;
  return Values{step.graph.node("Cast", {step.graph.as(in, in.order)}, in.shape, in.order, *type,
                                {{"to", std::int64_t{onnx_type}}})};
}

constexpr auto kOperators = std::to_array<OperatorEntry>({
    {Op::ADD, add},
    {Op::SUB, subtract},
    {Op::MUL, multiply},
    {Op::DIV, divide},
    {Op::MAXIMUM, maximum},
    {Op::MINIMUM, minimum},
    {Op::SQUARED_DIFFERENCE, squared_difference},
    {Op::QUANTIZE, same},
    {Op::DEQUANTIZE, same},
    {Op::LOGISTIC, renamed<Op::LOGISTIC>},
    {Op::TANH, renamed<Op::TANH>},
    {Op::EXP, renamed<Op::EXP>},
    {Op::LOG, renamed<Op::LOG>},
    {Op::SQRT, renamed<Op::SQRT>},
    {Op::ABS, renamed<Op::ABS>},
    {Op::NEG, renamed<Op::NEG>},
    {Op::FLOOR, renamed<Op::FLOOR>},
    {Op::CEIL, renamed<Op::CEIL>},
    {Op::ELU, renamed<Op::ELU>},
    {Op::RSQRT, rsqrt},
    {Op::SQUARE, square},
    {Op::RELU, relu},
    {Op::RELU6, relu6},
    {Op::RELU_N1_TO_1, relu_n1_to_1},
    {Op::RELU_0_TO_1, relu_0_to_1},
    {Op::LEAKY_RELU, leaky_relu},
    {Op::HARD_SWISH, hard_swish},
    {Op::PRELU, prelu},
    {Op::SOFTMAX, softmax},
    {Op::L2_NORMALIZATION, l2_normalization},
    {Op::MEAN, mean},
    {Op::SUM, sum},
    {Op::REDUCE_MAX, reduce_max},
    {Op::REDUCE_MIN, reduce_min},
    {Op::CAST, cast},
});

}  // namespace

std::span<const OperatorEntry> arithmetic_operators() { return kOperators; }

}  // namespace poss::convert
